/* See share.h. */
#include "mapserver/share.h"

#include <pthread.h>
#include <stdlib.h>

#define BUCKETS 4096 /* a power of two */

struct share {
	struct share *next;
	uint64_t party; /* a hash of whose it is already */
	size_t count;
};

struct shares {
	pthread_mutex_t lock;
	struct share *buckets[BUCKETS];
};

struct shares *shares_new(void)
{
	struct shares *s = calloc(1, sizeof(*s));

	if (s)
		pthread_mutex_init(&s->lock, NULL);
	return s;
}

void shares_free(struct shares *s)
{
	if (!s)
		return;
	for (unsigned int i = 0; i < BUCKETS; i++)
		while (s->buckets[i]) {
			struct share *gone = s->buckets[i];

			s->buckets[i] = gone->next;
			free(gone);
		}
	pthread_mutex_destroy(&s->lock);
	free(s);
}

/* Where @party's is linked, or would be. */
static struct share **place(struct shares *s, uint64_t party)
{
	struct share **link = &s->buckets[party & (BUCKETS - 1)];

	while (*link && (*link)->party != party)
		link = &(*link)->next;
	return link;
}

static bool below(size_t count, size_t room)
{
	return count / SHARE_MULTIPLE < room;
}

size_t shares_count(struct shares *s, uint64_t party)
{
	struct share **link;
	size_t count;

	pthread_mutex_lock(&s->lock);
	link = place(s, party);
	count = *link ? (*link)->count : 0;
	pthread_mutex_unlock(&s->lock);
	return count;
}

bool shares_allow(struct shares *s, uint64_t party, size_t room)
{
	return below(shares_count(s, party), room);
}

bool shares_take(struct shares *s, uint64_t party, size_t room)
{
	struct share **link;
	bool taken = false;

	pthread_mutex_lock(&s->lock);
	link = place(s, party);
	if (!*link) {
		*link = calloc(1, sizeof(**link));
		if (*link)
			(*link)->party = party;
	}
	if (*link && below((*link)->count, room)) {
		(*link)->count++;
		taken = true;
	}
	if (*link && !(*link)->count) {
		free(*link);
		*link = NULL; /* it was the last of its chain */
	}
	pthread_mutex_unlock(&s->lock);
	return taken;
}

void shares_return(struct shares *s, uint64_t party)
{
	struct share **link, *gone;

	pthread_mutex_lock(&s->lock);
	link = place(s, party);
	gone = *link;
	if (gone && --gone->count == 0) {
		*link = gone->next;
		free(gone);
	}
	pthread_mutex_unlock(&s->lock);
}
