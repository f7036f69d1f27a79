/* See agent_moves.h. */
#include "vmmobility/agent_moves.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/service/api.h"
#include "lib/service/json.h"
#include "lisp/handover_reason.h"
#include "vmmobility/agent.h"
#include "vmmobility/agent_api.h"
#include "vmmobility/guest_uuid.h"
#include "vmmobility/libvirt_mover.h"
#include "vmmobility/libvirt_source.h"

#define COUNT(a)     (sizeof(a) / sizeof((a)[0]))
#define DETAIL_MAX   512
#define DEADLINE_MAX (24u * 3600 * 1000) /* ms */
#define URI_MAX      255

/* ---- a move as JSON ---- */

static void add_ms(struct json_object *o, const char *key, struct mono from, struct mono to)
{
	if (to.ns == MONO_NEVER.ns)
		json_add_null(o, key);
	else
		json_add_u64(o, key, mono_since_ms(from, to));
}

static struct json_object *move_json(const struct move *m)
{
	struct json_object *o = json_object_new_object();
	char text[GUEST_UUID_TEXT], id[17];

	snprintf(id, sizeof(id), "%016" PRIx64, m->why.move);
	json_add(o, "id", id);
	json_add(o, "guest", m->guest);
	json_add(o, "uuid", guest_uuid_format(&m->uuid, text));
	json_add(o, "to", m->to);
	json_add(o, "by", m->by == MOVE_BY_LIBVIRT ? "libvirt" : "qmp");
	json_add(o, "reason", handover_reason_name(m->why.reason));
	if (m->why.deadline_ms)
		json_add_u64(o, "deadline_ms", m->why.deadline_ms);
	else
		json_add_null(o, "deadline_ms");
	json_add(o, "state", move_state_name(m->state));
	json_add(o, "error", m->state == MOVE_FAILED ? m->error : NULL);
	json_add_u64(o, "age_ms", mono_since_ms(m->asked, mono_now()));
	add_ms(o, "copying_ms", m->asked, m->copying);
	add_ms(o, "paused_ms", m->asked, m->paused);
	add_ms(o, "ended_ms", m->asked, m->ended);
	return o;
}

/* ---- what is asked ---- */

struct wish {
	struct guest *guest;
	const char *to, *uri;
	struct report_why why;
	bool dry_run;
	/* Found by the checks. */
	const struct vm_config_destination *destination; /* NULL: there is none of that name */
	struct qmp_source *qmp;                          /* NULL: by libvirt */
};

static bool read_reason(struct json_object *body, struct wish *w, char *why, size_t size)
{
	const char *word = "none";

	if (!json_get_text(body, "reason", 16, &word, NULL, why, size))
		return false;
	if (handover_reason_parse(word, &w->why.reason))
		return true;
	snprintf(why, size, "reason is \"%s\"; want " HANDOVER_REASON_WORDS, word);
	return false;
}

static bool read_uri(struct json_object *body, struct wish *w, char *why, size_t size)
{
	const char *fault;

	if (!json_get_text(body, "uri", URI_MAX, &w->uri, NULL, why, size))
		return false;
	fault = w->uri ? qmp_uri_fault(w->uri) : NULL;
	if (fault)
		snprintf(why, size, "uri is \"%s\"; want %s", w->uri, fault);
	return !fault;
}

/* False: answered. */
static bool read_wish(struct api_request *req, struct agent *a, struct wish *w)
{
	static const char *const known[] = {
		"guest", "to", "reason", "deadline_ms", "uri", "dry_run", NULL};
	struct json_object *body = api_body(req);
	const char *guest = NULL;
	struct handover_id uuid;
	uint64_t deadline = 0;
	char why[DETAIL_MAX];

	*w = (struct wish){0};
	if (!body)
		return false;
	if (!json_only(body, known, why, sizeof(why)) ||
		!json_get_text(body, "guest", GUEST_NAME_MAX, &guest, NULL, why, sizeof(why)) ||
		!json_get_text(body, "to", MOVE_TO_MAX, &w->to, NULL, why, sizeof(why)) ||
		!json_get_u64(
			body, "deadline_ms", 0, DEADLINE_MAX, &deadline, NULL, why, sizeof(why)) ||
		!json_get_bool(body, "dry_run", &w->dry_run, NULL, why, sizeof(why)) ||
		!read_reason(body, w, why, sizeof(why)) || !read_uri(body, w, why, sizeof(why))) {
		api_problem(req, 400, "%s", why);
		return false;
	}
	if (!guest || !w->to) {
		api_problem(req, 400, "%s is missing: which guest is to go where",
			guest ? "to" : "guest");
		return false;
	}
	w->why.deadline_ms = (uint32_t)deadline;
	w->guest = guest_uuid_parse(&uuid, guest) ? guests_by_uuid(a->guests, &uuid) : NULL;
	if (!w->guest)
		w->guest = guests_by_name(a->guests, guest);
	if (!w->guest)
		api_problem(
			req, 404, "no guest here is called %s; GET /v1/guests lists them", guest);
	return w->guest != NULL;
}

/* ---- the checks ---- */

struct checks {
	struct json_object *array;
	char first[DETAIL_MAX]; /* that is not good; "": all are */
};

static void check(struct checks *c, const char *name, bool good, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
static void check(struct checks *c, const char *name, bool good, const char *format, ...)
{
	struct json_object *o = json_object_new_object();
	char detail[DETAIL_MAX];
	va_list ap;

	va_start(ap, format);
	vsnprintf(detail, sizeof(detail), format, ap);
	va_end(ap);
	json_add(o, "check", name);
	json_add_bool(o, "good", good);
	json_add(o, "detail", detail);
	json_object_array_add(c->array, o);
	if (!good && !c->first[0])
		snprintf(c->first, sizeof(c->first), "%s", detail);
}

static void check_guest(struct agent *a, const struct wish *w, struct checks *c)
{
	const struct report_content *said = &w->guest->report.content;
	const struct move *other = moves_of(a->moves, &said->guest);

	check(c, "guest", w->guest->place == GUEST_RUNNING, "%s is %s here", w->guest->name,
		guest_state_name(said->state));
	if (other)
		check(c, "move", false, "%s is on its way to %s already (move %016" PRIx64 ")",
			w->guest->name, other->to, other->why.move);
	else if (w->guest->departs)
		check(c, "move", false, "%s migrates already, and not because this agent was asked",
			w->guest->name);
	else
		check(c, "move", true, "no other migration of it is under way");
	check(c, "addresses", said->host_count > 0, "%u of its addresses are known%s",
		said->host_count, said->host_count ? " and go with it" : ": none would follow it");
}

static void check_xtrs(struct agent *a, const struct wish *w, struct checks *c)
{
	const struct vm_policy *p = &a->config->policy;
	char at[ENDPOINT_TEXT], text[DETAIL_MAX / 2] = "";
	size_t len = 0;
	bool taken = false;

	for (unsigned int i = 0; i < p->xtr_count; i++) {
		int answer = reporter_answer(&w->guest->report, i);
		const char *word = agent_answer_name(answer);

		taken |= answer == HANDOVER_TAKEN;
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s: %s", len ? ", " : "",
			endpoint_format(&p->xtrs[i].at, at, sizeof(at)), word ? word : "silent");
		if (len >= sizeof(text))
			break;
	}
	check(c, "xtrs", taken, taken ? "%s" : "no xTR of this site has taken its state: %s", text);
}

static void check_destination(struct agent *a, struct wish *w, struct checks *c)
{
	char names[DETAIL_MAX / 2] = "none";
	size_t len = 0;

	for (unsigned int i = 0; i < a->config->destination_count; i++) {
		const struct vm_config_destination *d = &a->config->destinations[i];

		if (!strcmp(d->name, w->to))
			w->destination = d;
		if (len < sizeof(names))
			len += (size_t)snprintf(
				names + len, sizeof(names) - len, "%s%s", len ? ", " : "", d->name);
	}
	if (w->destination)
		check(c, "destination", true, "%s is one of the agent's destinations", w->to);
	else
		check(c, "destination", false,
			"no destination \"%s\" in the agent's configuration; it has: %s", w->to,
			names);
}

static struct qmp_source *qmp_of(const struct agent *a, const struct guest *guest)
{
	for (unsigned int i = 0; i < a->qmp_count; i++)
		if (qmp_source_guest(a->qmp[i]) == guest &&
			!strcmp(qmp_source_state(a->qmp[i]), "connected"))
			return a->qmp[i];
	return NULL;
}

/* Who would do it, and where to. */
static void check_way(struct agent *a, struct wish *w, struct checks *c)
{
	const struct vm_config_destination *d = w->destination;

	w->qmp = qmp_of(a, w->guest);
	if (w->qmp && !w->uri)
		w->uri = d ? d->qemu : NULL;
	if (w->qmp)
		check(c, "way", w->uri != NULL,
			w->uri ? "by QMP, to %s"
			       : "%s is a bare QEMU's: say where one waits for it, as tcp:ADDRESS:PORT",
			w->uri ? w->uri : w->guest->name);
	else if (!a->mover || !libvirt_source_connected(a->libvirt))
		check(c, "way", false, "neither its QEMU nor a libvirtd answers the agent");
	else if (d && !d->libvirt)
		check(c, "way", false, "destination %s has no libvirt, which %s is moved by",
			d->name, w->guest->name);
	else if (d)
		check(c, "way", true, "by libvirt, to %s", d->libvirt);
}

static void check_all(struct agent *a, struct wish *w, struct checks *c)
{
	*c = (struct checks){.array = json_object_new_array()};
	check_guest(a, w, c);
	check_xtrs(a, w, c);
	check_destination(a, w, c);
	check_way(a, w, c);
}

/* ---- a dry run ---- */

struct trial {
	struct api_request *req;
	struct checks checks;
	char guest[GUEST_NAME_MAX + 1], to[MOVE_TO_MAX + 1];
	bool by_qmp;
};

static void reply_trial(struct trial *t)
{
	struct json_object *o = json_object_new_object();

	json_add(o, "guest", t->guest);
	json_add(o, "to", t->to);
	json_add(o, "by", t->by_qmp ? "qmp" : "libvirt");
	json_add_bool(o, "possible", !t->checks.first[0]);
	json_take(o, "checks", t->checks.array);
	api_reply(t->req, 200, o);
	free(t);
}

static void on_tried(void *arg, const char *error)
{
	struct trial *t = arg;

	check(&t->checks, "libvirt", !error, "%s",
		error ? error : "both libvirtd answer, and the destination has it not");
	reply_trial(t);
}

static void try(struct agent *a, struct api_request *req, const struct wish *w, struct checks *c)
{
	struct trial *t = calloc(1, sizeof(*t));

	if (!t) {
		json_object_put(c->array);
		api_problem(req, 503, "out of memory");
		return;
	}
	t->req = req;
	t->checks = *c;
	t->by_qmp = w->qmp;
	snprintf(t->guest, sizeof(t->guest), "%s", w->guest->name);
	snprintf(t->to, sizeof(t->to), "%s", w->to);
	if (!w->qmp && !c->first[0]) {
		const struct mover_errand e = {
			.uuid = w->guest->report.content.guest, .to = w->destination->libvirt};

		int rc = libvirt_mover_try(a->mover, &e, on_tried, t);

		if (!rc)
			return;
		if (rc == -EAGAIN)
			check(&t->checks, "libvirt", false,
				"%d dry runs are under way already, which is the most; try again when one has ended",
				MOVER_TRIES_MAX);
		else
			check(&t->checks, "libvirt", false, "no thread can be had");
	}
	reply_trial(t);
}

/* ---- a move ---- */

static void on_moved(void *arg, const char *error)
{
	struct move *m = arg;
	struct agent *a = moves_arg(m->moves);

	agent_begin(a);
	moves_end(a->moves, m, error);
	agent_settle(a);
}

void agent_moves_migrated(void *arg, struct guest *guest, const char *error)
{
	struct agent *a = arg;
	struct move *m = moves_of(a->moves, &guest->report.content.guest);

	if (m && m->by == MOVE_BY_QMP)
		moves_end(a->moves, m, error);
}

void agent_moves_guest(struct agent *a, const struct guest *guest)
{
	struct move *m = moves_of(a->moves, &guest->report.content.guest);

	moves_guest(a->moves, guest);
	if (m && m->by == MOVE_BY_QMP && guest->report.content.state == HANDOVER_GONE)
		moves_end(a->moves, m, "its QEMU has ended without a word of the migration");
}

static void on_give_up(void *arg, struct move *m)
{
	struct agent *a = arg;
	const struct guest *guest = guests_by_uuid(a->guests, &m->uuid);
	struct qmp_source *q = guest ? qmp_of(a, guest) : NULL;

	log_warning(a->log, "move of guest %s to %s: not over within %u ms, and given up", m->guest,
		m->to, m->why.deadline_ms);
	if (m->by == MOVE_BY_LIBVIRT)
		libvirt_mover_give_up(a->mover, &m->uuid);
	else if (q)
		qmp_source_cancel(q);
}

static void on_move_changed(void *arg, const struct move *m)
{
	struct agent *a = arg;

	if (move_is_over(m))
		log_info(a->log, "move of guest %s to %s: %s%s%s", m->guest, m->to,
			move_state_name(m->state), m->error[0] ? ": " : "", m->error);
	if (a->api)
		api_event(a->api, "move", move_json(m));
}

static bool set_off(struct agent *a, const struct wish *w, struct move *m)
{
	const struct mover_errand e = {.uuid = m->uuid,
		.to = w->destination->libvirt,
		.migrate = w->destination->migrate,
		.why = m->why};

	return m->by == MOVE_BY_QMP ? qmp_source_migrate(w->qmp, w->uri)
				    : libvirt_mover_move(a->mover, &e, on_moved, m);
}

static void begin(struct agent *a, struct api_request *req, const struct wish *w)
{
	struct move *m = moves_begin(a->moves, a->guests, w->guest, w->to,
		w->qmp ? MOVE_BY_QMP : MOVE_BY_LIBVIRT, w->why);

	if (!m) {
		api_problem(req, 503,
			"%u moves are under way, and no more at once; wait for one to end",
			moves_under_way(a->moves));
		return;
	}
	log_info(a->log, "move of guest %s to %s: asked for by %s", m->guest, m->to, api_peer(req));
	if (!set_off(a, w, m))
		moves_end(a->moves, m, "it could not be begun: no thread, or no QEMU, is there");
	api_reply(req, 202, move_json(m));
}

static void post_move(struct api_request *req, void *arg)
{
	struct agent *a = arg;
	struct checks c;
	struct wish w;

	agent_begin(a);
	if (!read_wish(req, a, &w))
		return;
	check_all(a, &w, &c);
	if (w.dry_run) {
		try(a, req, &w, &c);
	} else {
		json_object_put(c.array);
		if (c.first[0])
			api_problem(req, 409, "%s", c.first);
		else
			begin(a, req, &w);
	}
	agent_settle(a);
}

static void get_moves(struct api_request *req, void *arg)
{
	const struct agent *a = arg;
	struct json_object *array = json_object_new_array(), *o = json_object_new_object();

	for (const struct move *m = moves_first(a->moves); m; m = m->next)
		json_object_array_add(array, move_json(m));
	json_take(o, "moves", array);
	api_reply(req, 200, o);
}

static void get_move(struct api_request *req, void *arg)
{
	const struct agent *a = arg;
	const char *word = api_param(req, "move");
	char *end = NULL;
	uint64_t id = word ? strtoull(word, &end, 16) : 0;
	const struct move *m = id && !*end ? moves_find(a->moves, id) : NULL;

	if (m)
		api_reply(req, 200, move_json(m));
	else
		api_problem(req, 404, "no move %s is known here; GET /v1/moves lists them",
			word ? word : "");
}

static const struct api_route routes[] = {
	{"GET", "/v1/moves", get_moves, "the moves that were asked for here, the latest first"},
	{"POST", "/v1/moves", post_move, "move a guest to another hypervisor, live; or only try"},
	{"GET", "/v1/moves/{move}", get_move, "one of them"},
};

void agent_moves_routes(struct api *api, struct agent *a)
{
	api_routes(api, routes, COUNT(routes), a);
}

struct moves *agent_moves_new(struct agent *a)
{
	const struct moves_ops ops = {.give_up = on_give_up, .changed = on_move_changed, .arg = a};

	return moves_new(&a->env, &ops);
}
