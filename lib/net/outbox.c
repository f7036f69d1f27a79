/* See outbox.h. Storage is taken once; datagrams lie one behind the other in it. */
#include "lib/net/outbox.h"

#include <stdlib.h>

struct outbox *outbox_new(uint32_t datagrams, uint32_t bytes)
{
	struct outbox *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->bytes = malloc(bytes ? bytes : 1);
	o->list = calloc(datagrams ? datagrams : 1, sizeof(*o->list));
	if (!o->bytes || !o->list) {
		outbox_free(o);
		return NULL;
	}
	o->bytes_cap = bytes;
	o->cap = datagrams;
	return o;
}

void outbox_free(struct outbox *o)
{
	if (!o)
		return;
	free(o->bytes);
	free(o->list);
	free(o);
}

uint8_t *outbox_begin(struct outbox *o, uint32_t max)
{
	if (o->count == o->cap || max > o->bytes_cap - o->bytes_used) {
		o->refused++;
		return NULL;
	}
	return o->bytes + o->bytes_used;
}

void outbox_commit(
	struct outbox *o, uint32_t len, const struct endpoint *to, const struct address *from)
{
	struct outbox_datagram *d = &o->list[o->count];

	if (o->count == o->cap || len > o->bytes_cap - o->bytes_used)
		abort(); /* more than outbox_begin lent: memory behind it is gone already */
	d->to = *to;
	if (from)
		d->from = *from;
	else
		d->from = (struct address){.afi = AFI_NONE};
	d->offset = o->bytes_used;
	d->len = len;
	o->bytes_used += len;
	o->count++;
}

void outbox_clear(struct outbox *o)
{
	o->count = 0;
	o->bytes_used = 0;
}
