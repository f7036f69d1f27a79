/* lig_show: lig's answer for people (as in RFC 6835 section 4.2), for scripts (KEY=VALUE) and as
 * JSON. */
#include "cli/lig.h"

#include <json.h>
#include <string.h>

#include "cli/writer.h"

static const struct column locator_view[] = {
	COLUMN("address", "Locator", TEXT),
	COLUMN("state", "State", TEXT),
	COLUMN("pair", "Priority/Weight", TEXT),
	{0},
};

/* What a locator comes to as text: its address, or the kind of LCAF that it is. */
static const char *locator_text(const struct lisp_rloc *l, char *text, size_t size)
{
	struct address a;

	if (lisp_field_locator(&l->field, &a))
		return address_format(&a, text, size);
	snprintf(text, size, "lcaf-%u", l->field.lcaf);
	return text;
}

static struct json_object *locator_object(const struct lisp_rloc *l)
{
	struct json_object *o = json_object_new_object();
	char text[ADDRESS_TEXT];
	struct address a;
	bool plain = lisp_field_locator(&l->field, &a);

	json_object_object_add(o, "address",
		plain ? json_object_new_string(address_format(&a, text, sizeof(text))) : NULL);
	json_object_object_add(
		o, "lcaf", l->field.afi == AFI_LCAF ? json_object_new_int(l->field.lcaf) : NULL);
	json_object_object_add(o, "state", json_object_new_string(l->reachable ? "up" : "down"));
	json_object_object_add(o, "priority", json_object_new_int(l->priority));
	json_object_object_add(o, "weight", json_object_new_int(l->weight));
	json_object_object_add(o, "mpriority", json_object_new_int(l->mpriority));
	json_object_object_add(o, "mweight", json_object_new_int(l->mweight));
	json_object_object_add(o, "local", json_object_new_boolean(l->local));
	return o;
}

/* The record's EID as text; @size EID_TEXT. */
static const char *record_eid(const struct lisp_record *r, char *text, size_t size)
{
	if (r->eid.plain)
		return eid_format(&r->eid.eid, text, size);
	snprintf(text, size, "lcaf-%u/%u", r->eid.field.lcaf, r->plen);
	return text;
}

static const char *act_text(enum lisp_act act)
{
	return act < LISP_ACT_COUNT ? lisp_act_words[act] : "unassigned";
}

static struct json_object *record_object(struct lisp_record *r)
{
	struct json_object *o = json_object_new_object(), *locators = json_object_new_array();
	struct lisp_rloc rloc;
	char text[EID_TEXT];

	json_object_object_add(o, "eid", json_object_new_string(record_eid(r, text, sizeof(text))));
	json_object_object_add(o, "ttl_min", json_object_new_int64(r->ttl_min));
	json_object_object_add(o, "authoritative", json_object_new_boolean(r->authoritative));
	json_object_object_add(o, "map_version", json_object_new_int(r->map_version));
	json_object_object_add(o, "action",
		r->locator_count == 0 ? json_object_new_string(act_text(r->act)) : NULL);
	json_object_object_add(o, "locators", locators);
	while (lisp_rloc_next(r, &rloc))
		json_object_array_add(locators, locator_object(&rloc));
	return o;
}

static void show_json(const struct cli *cli, const struct lig_query *q, const struct lig_answer *a)
{
	struct json_object *o = json_object_new_object(), *records = json_object_new_array();
	struct lisp_records it = a->reply.records;
	struct lisp_record record;
	char text[ENDPOINT_TEXT + EID_TEXT];

	json_object_object_add(
		o, "eid", json_object_new_string(eid_format(&q->eid, text, sizeof(text))));
	json_object_object_add(o, "map_resolver",
		json_object_new_string(endpoint_format(&q->resolver, text, sizeof(text))));
	json_object_object_add(o, "replied_from",
		json_object_new_string(endpoint_format(&a->from, text, sizeof(text))));
	json_object_object_add(o, "rtt_us", json_object_new_int64((int64_t)a->rtt_us));
	json_object_object_add(o, "map_requests", json_object_new_int((int)a->sent));
	json_object_object_add(o, "records", records);
	while (lisp_records_next(&it, &record))
		json_object_array_add(records, record_object(&record));
	writer_document(&(struct writer){cli->out, true}, o);
}

static void show_locators(const struct cli *cli, struct lisp_record *r)
{
	struct json_object *rows = json_object_new_array();
	struct lisp_rloc rloc;
	char text[ADDRESS_TEXT];

	while (lisp_rloc_next(r, &rloc)) {
		struct json_object *row = json_object_new_object();

		json_object_object_add(row, "address",
			json_object_new_string(locator_text(&rloc, text, sizeof(text))));
		json_object_object_add(
			row, "state", json_object_new_string(rloc.reachable ? "up" : "down"));
		snprintf(text, sizeof(text), "%u/%u", rloc.priority, rloc.weight);
		json_object_object_add(row, "pair", json_object_new_string(text));
		json_object_array_add(rows, row);
	}
	writer_table(&(struct writer){cli->out, false}, "locators", locator_view, rows, "");
	json_object_put(rows);
}

static void show_text(const struct cli *cli, const struct lig_query *q, const struct lig_answer *a)
{
	struct lisp_records it = a->reply.records;
	struct lisp_record record;
	char text[ENDPOINT_TEXT + EID_TEXT];

	fprintf(cli->out, "Received map-reply from %s with rtt %u.%06u secs\n",
		address_format(&a->from.addr, text, sizeof(text)),
		(unsigned int)(a->rtt_us / 1000000), (unsigned int)(a->rtt_us % 1000000));
	fprintf(cli->out, "\nMapping entry for EID %s:\n", eid_format(&q->eid, text, sizeof(text)));
	while (lisp_records_next(&it, &record)) {
		fprintf(cli->out, "%s, record ttl: %u%s\n", record_eid(&record, text, sizeof(text)),
			record.ttl_min, record.authoritative ? ", auth" : "");
		if (record.locator_count == 0)
			fprintf(cli->out, "negative: %s\n", act_text(record.act));
		else
			show_locators(cli, &record);
	}
}

static void show_batch(const struct cli *cli, const struct lig_query *q, const struct lig_answer *a)
{
	struct lisp_records it = a->reply.records;
	struct lisp_record record;
	struct lisp_rloc rloc;
	char text[ENDPOINT_TEXT + EID_TEXT];

	fprintf(cli->out, "MAPRESOLVER=%s\n", endpoint_format(&q->resolver, text, sizeof(text)));
	fprintf(cli->out, "EID=%s\n", eid_format(&q->eid, text, sizeof(text)));
	fprintf(cli->out, "REPLIED_FROM=%s\n", address_format(&a->from.addr, text, sizeof(text)));
	fprintf(cli->out, "RTT=%u.%06u\n", (unsigned int)(a->rtt_us / 1000000),
		(unsigned int)(a->rtt_us % 1000000));
	while (lisp_records_next(&it, &record)) {
		fprintf(cli->out, "RECORD_EID=%s\n", record_eid(&record, text, sizeof(text)));
		fprintf(cli->out, "RECORD_TTL=%u\n", record.ttl_min);
		fprintf(cli->out, "RECORD_AUTH=%d\n", record.authoritative);
		if (record.locator_count == 0)
			fprintf(cli->out, "RECORD_ACTION=%s\n", act_text(record.act));
		for (unsigned int i = 0; lisp_rloc_next(&record, &rloc); i++) {
			locator_text(&rloc, text, sizeof(text));
			fprintf(cli->out, "LOCATOR_%u=%s\nLOCATOR_%u_STATE=%s\n", i, text, i,
				rloc.reachable ? "up" : "down");
			fprintf(cli->out, "LOCATOR_%u_PRIORITY=%u\nLOCATOR_%u_WEIGHT=%u\n", i,
				rloc.priority, i, rloc.weight);
		}
	}
}

int lig_show(const struct cli *cli, const struct lig_query *q, const struct lig_answer *a)
{
	struct lisp_records it = a->reply.records;
	struct lisp_record record;
	int code = CLI_NO_MAPPING;

	if (cli->json)
		show_json(cli, q, a);
	else if (q->batch)
		show_batch(cli, q, a);
	else
		show_text(cli, q, a);
	while (lisp_records_next(&it, &record))
		if (record.locator_count > 0)
			code = CLI_OK;
	return code;
}
