/* See answer.h. */
#include "mapserver/answer.h"

void answer_write_mapping(
	struct wire_writer *w, const struct mapping *m, const struct eid *prefix, uint32_t ttl_min)
{
	/* A stays clear: only an ETR is authoritative; L is clear in the kept form (section 5.4).
	 */
	lisp_record_write(
		w, prefix, ttl_min, m->locators->count, mapping_act(m), false, m->map_version);
	wire_put_bytes(w, m->locators->wire, m->locators->wire_len);
}

unsigned int answer_write(struct wire_writer *w, const struct answer *a)
{
	if (a->kind == ANSWER_NEGATIVE) {
		lisp_record_write(w, &a->prefix, a->ttl_min, 0, a->act, false, 0);
		return 1;
	}
	for (unsigned int i = 0; i < a->count; i++) {
		struct eid eid = i ? mapping_eid(a->mappings[i]) : a->prefix;

		answer_write_mapping(w, a->mappings[i], &eid, a->ttl_min);
	}
	return a->count;
}
