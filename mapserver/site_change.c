/* See site_change.h. */
#include "mapserver/site_change.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void drop_spare(struct site_change *c)
{
	site_table_free(c->spare);
	c->spare = NULL;
}

/* @s, which stays the caller's too; NULL: nothing. */
static int add(struct site_table *t, struct site *s, const struct site **holder)
{
	if (!s)
		return 0;
	site_ref(s);
	return site_table_add(t, s, holder);
}

/* The change, to @t. After -ENOMEM @t is to be thrown away, after any other error it is as it was.
 */
static int make(struct site_table *t, struct site_change *c, const struct site **holder)
{
	const struct site *other;
	int err;

	site_unref(c->was);
	c->was = site_table_take(t, c->name);
	err = add(t, c->is, holder);
	if (err && err != -ENOMEM && add(t, c->was, &other))
		return -ENOMEM;
	return err;
}

static void end(struct site_change *c)
{
	site_unref(c->is);
	site_unref(c->was);
	c->is = c->was = NULL;
	c->name[0] = '\0';
}

/* To the spare, or a new one; one that has no memory left is none. */
static int try_spare(
	struct site_change *c, const struct site_table *now, const struct site **holder)
{
	int err;

	if (!c->spare)
		c->spare = site_table_copy(now);
	err = c->spare ? make(c->spare, c, holder) : -ENOMEM;
	if (err == -ENOMEM)
		drop_spare(c);
	return err;
}

int site_change_begin(struct site_change *c, const struct site_table *now, const char *name,
	struct site *s, const struct site **holder)
{
	bool is_old = c->spare != NULL;
	int err;

	*holder = NULL;
	snprintf(c->name, sizeof(c->name), "%s", name);
	c->is = s;
	err = try_spare(c, now, holder);
	/* Instances that it has had and has no more take room in a table, and none in a copy. */
	if (err == -ENOMEM && is_old)
		err = try_spare(c, now, holder);
	if (err)
		end(c);
	return err;
}

void site_change_undo(struct site_change *c)
{
	const struct site *holder;

	site_unref(site_table_take(c->spare, c->name));
	if (add(c->spare, c->was, &holder))
		drop_spare(c);
	end(c);
}

struct site_table *site_change_table(struct site_change *c)
{
	struct site_table *t = c->spare;

	c->spare = NULL;
	return t;
}

void site_change_follow(struct site_change *c, struct site_table *before)
{
	const struct site *holder;

	c->spare = before;
	if (make(before, c, &holder))
		drop_spare(c);
	end(c);
}

void site_change_forget(struct site_change *c)
{
	if (c->spare)
		drop_spare(c);
}
