/* See agent_recall.h. A record stands under "guest/" and its guest's UUID. */
#include "vmmobility/agent_recall.h"

#include <string.h>

#include "common/state.h"
#include "vmmobility/agent.h"
#include "vmmobility/guest_uuid.h"
#include "vmmobility/recall.h"

#define PREFIX     "guest/"
#define PREFIX_LEN (sizeof(PREFIX) - 1)
#define KEY_LEN    (PREFIX_LEN + sizeof(struct handover_id))

static void write_key(uint8_t key[KEY_LEN], const struct handover_id *uuid)
{
	memcpy(key, PREFIX, PREFIX_LEN);
	memcpy(key + PREFIX_LEN, uuid, sizeof(*uuid));
}

static void put(struct agent *a, const struct handover_id *uuid, const uint8_t *value, size_t len)
{
	char text[GUEST_UUID_TEXT];
	uint8_t key[KEY_LEN];
	int rc;

	write_key(key, uuid);
	rc = state_keep(a->state, key, sizeof(key), value, len);
	if (!rc)
		return;
	vm_count(&a->env, VM_NOT_KEPT);
	log_limited(a->log, &a->keep_log, a->env.now, LOG_LEVEL_ERROR,
		"state-dir %s: guest %s cannot be %s there: %s; should it go while the agent is down, nobody will say so",
		a->config->state_dir, guest_uuid_format(uuid, text), value ? "kept" : "forgotten",
		strerror(-rc));
}

void agent_recall_keep(void *arg, const struct guest *guest)
{
	uint8_t bytes[RECALL_BYTES];

	put(arg, &guest->report.content.guest, bytes, recall_write(guest, bytes));
}

void agent_recall_forget(void *arg, const struct handover_id *uuid)
{
	put(arg, uuid, NULL, 0);
}

static bool on_record(
	void *arg, const void *key, size_t key_len, const void *value, size_t value_len)
{
	struct agent *a = arg;
	struct recalled r;
	char why[160];

	if (!recall_read(value, value_len, &r, why, sizeof(why)))
		log_warning(a->log, "state-dir %s: a guest's record is left out: %s",
			a->config->state_dir, why);
	else
		guests_recall(
			a->guests, r.name, &r.uuid, r.told_by, r.snooped, r.hosts, r.host_count);
	return true;
}

void agent_recall_load(struct agent *a)
{
	int rc = state_kept(a->state, PREFIX, on_record, a);

	if (rc)
		log_error(a->log,
			"state-dir %s: the guests of the last run cannot be read: %s; nobody will say which of them went",
			a->config->state_dir, strerror(-rc));
}

/* One of the sources that there are tells what became of it. */
static bool will_be_told(const struct agent *a, const struct guest *guest)
{
	if (guest->told_by & (GUEST_OF_LIBVIRT | GUEST_OF_HOOK) && a->libvirt)
		return true;
	if (guest->told_by & GUEST_OF_HOOK && a->hooks)
		return true;
	if (guest->told_by & GUEST_OF_SNOOP && a->snoop)
		return true;
	for (unsigned int i = 0; i < a->qmp_count; i++)
		if (qmp_source_guest(a->qmp[i]) == guest)
			return true;
	return false;
}

void agent_recall_sort(struct agent *a)
{
	struct guest *next;

	for (struct guest *g = guests_first(a->guests); g; g = next) {
		next = g->next;
		if (g->place != GUEST_RECALLED || will_be_told(a, g))
			continue;
		log_warning(a->log,
			"guest %s: it was told of before this start, by a source that is not configured any more; nothing is told of it",
			g->name);
		guests_disregard(a->guests, g);
	}
}

bool agent_recall_of_libvirt(const struct guest *guest)
{
	return (guest->told_by | guest->origins) & GUEST_OF_LIBVIRT ||
	       (guest->place == GUEST_RECALLED && guest->told_by & GUEST_OF_HOOK);
}
