/* See guest_index.h. */
#include "vmmobility/guest_index.h"

#include <string.h>

#include "lib/base/hash.h"
#include "vmmobility/guest_uuid.h"
#include "vmmobility/guests.h"

static size_t bucket_of(const void *bytes, size_t len)
{
	static const struct hash_key key;

	return hash_bytes(&key, bytes, len) % GUEST_INDEX_BUCKETS;
}

static size_t of_name(const char *name)
{
	return bucket_of(name, strlen(name));
}

static size_t of_uuid(const struct handover_id *uuid)
{
	return bucket_of(uuid->bytes, sizeof(uuid->bytes));
}

static void uuid_add(struct guest_index *x, struct guest *guest)
{
	const struct handover_id *uuid = &guest->report.content.guest;
	struct guest **head = &x->uuids[of_uuid(uuid)];

	if (guest_uuid_is_zero(uuid))
		return;
	guest->same_uuid = *head;
	*head = guest;
}

static void uuid_remove(struct guest_index *x, struct guest *guest)
{
	struct guest **link = &x->uuids[of_uuid(&guest->report.content.guest)];

	while (*link && *link != guest)
		link = &(*link)->same_uuid;
	if (*link)
		*link = guest->same_uuid;
	guest->same_uuid = NULL;
}

void guest_index_add(struct guest_index *x, struct guest *guest)
{
	struct guest **head = &x->names[of_name(guest->name)];

	guest->same_name = *head;
	*head = guest;
	uuid_add(x, guest);
}

void guest_index_remove(struct guest_index *x, struct guest *guest)
{
	struct guest **link = &x->names[of_name(guest->name)];

	while (*link && *link != guest)
		link = &(*link)->same_name;
	if (*link)
		*link = guest->same_name;
	uuid_remove(x, guest);
}

void guest_index_identify(
	struct guest_index *x, struct guest *guest, const struct handover_id *uuid)
{
	uuid_remove(x, guest);
	guest->report.content.guest = *uuid;
	uuid_add(x, guest);
}

struct guest *guest_index_by_name(const struct guest_index *x, const char *name)
{
	struct guest *guest = x->names[of_name(name)];

	while (guest && strcmp(guest->name, name) != 0)
		guest = guest->same_name;
	return guest;
}

struct guest *guest_index_by_uuid(const struct guest_index *x, const struct handover_id *uuid)
{
	struct guest *guest = guest_uuid_is_zero(uuid) ? NULL : x->uuids[of_uuid(uuid)];

	while (guest && memcmp(&guest->report.content.guest, uuid, sizeof(*uuid)) != 0)
		guest = guest->same_uuid;
	return guest;
}
