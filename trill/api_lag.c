/* Bonds whose links go to several RBridges (RFC 7781): who serves each of ours, and how. */
#include "trill/api_internal.h"

static struct json_object *member_rows(
	const struct trill_shell *s, const struct active_active_laalp *l)
{
	struct json_object *rows = json_object_new_array();
	struct label_set missing;

	for (unsigned int i = 0; i < l->member_count; i++) {
		struct json_object *o = json_object_new_object();

		trill_json_system(o, "system_id", &l->members[i]);
		json_add_bool(o, "serves", l->member_count == 1 || i < l->serving);
		rbridge_active_active_missing(s->rb, l, &l->members[i], &missing);
		trill_json_labels(o, "vlans_missing", "fgls_missing", s, &missing);
		json_object_array_add(rows, o);
	}
	return rows;
}

static struct json_object *tree_rows(const struct active_active_laalp *l)
{
	struct json_object *rows = json_object_new_array();

	for (unsigned int t = 1; t < 32; t++)
		if (l->trees >> t & 1)
			json_object_array_add(rows, json_object_new_int((int)t));
	return rows;
}

static struct json_object *lag_row(const struct trill_shell *s, const struct active_active_laalp *l)
{
	const struct active_active *a = rbridge_active_active(s->rb);
	struct json_object *o = json_object_new_object();
	char text[LAALP_ID_TEXT];

	laalp_id_text(&l->id, text);
	json_add(o, "id", text);
	trill_json_port(o, "port", s, l->port);
	json_add(o, "state", active_active_state_name(l->state));
	json_add_bool(o, "serves", active_active_serves(l));
	if (l->nickname)
		trill_json_nickname(o, "nickname", l->nickname);
	else
		json_add(o, "nickname", NULL);
	json_add_bool(o, "allots", active_active_is_vdrb(a, l));
	json_add_bool(o, "exclusive", l->apart);
	json_take(o, "members", member_rows(s, l));
	json_take(o, "trees", tree_rows(l));
	return o;
}

struct json_object *trill_api_lags(const struct trill_shell *s)
{
	const struct active_active *a = rbridge_active_active(s->rb);
	struct json_object *rows = json_object_new_array();

	for (unsigned int i = 0; i < a->count; i++)
		json_object_array_add(rows, lag_row(s, &a->laalps[i]));
	return rows;
}
