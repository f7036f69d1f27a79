/* See station_teller.h. */
#include "common/station_teller.h"

#include <event2/event.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "lib/base/log.h"
#include "lib/net/eid_url.h"
#include "lib/service/http_client.h"
#include "lib/service/json.h"

#define MOST_MS  3000 /* for an answer */
#define FIRST_MS 100  /* until it is tried again; then doubling ... */
#define LAST_MS  5000 /* ... up to this */

#define AGENT_TEXT (2 * STATION_TELLER_AGENT + 1)
/* Bytes of a path with its query, and the end. */
#define PATH_SIZE (56 + 3 * STATION_TELLER_PORT + AGENT_TEXT)

const char *const station_teller_names[STATION_TELLER_COUNTERS] = {
	[STATION_TELLER_TOLD] = "told",
	[STATION_TELLER_REFUSED] = "refused",
	[STATION_TELLER_UNREACHABLE] = "unreachable",
	[STATION_TELLER_DROPPED] = "dropped",
};

struct wish {
	TAILQ_ENTRY(wish) link;
	uint16_t vlan;
	uint8_t mac[6];
	bool put;
	bool here; /* not put: it is not at this RBridge; it may be elsewhere at the site */
	char port[STATION_TELLER_PORT];
	unsigned int count;
	struct address ips[STATION_TELLER_IPS];
	uint16_t lease_s;  /* put: 0: until it is taken back */
	struct mono until; /* MONO_NEVER: it may be told at any time */
};

struct station_teller {
	struct log *log;
	struct log_limit refusals;
	struct http_client *client;
	struct event *again;
	TAILQ_HEAD(wishes, wish) wishes;
	unsigned int waiting;
	struct wish *asked; /* the answer to it is awaited; not among the wishes */
	uint32_t wait_ms;
	bool silent; /* the RBridge does not answer, and that was logged */
	uint64_t counters[STATION_TELLER_COUNTERS];
	char said[256]; /* the beginning of what the RBridge answers */
	size_t said_len;
	char socket[128];
	char agent[AGENT_TEXT]; /* "": not said */
};

static void wish_drop(struct station_teller *t, struct wish *w)
{
	TAILQ_REMOVE(&t->wishes, w, link);
	t->waiting--;
	free(w);
}

static struct wish *find(const struct station_teller *t, uint16_t vlan, const uint8_t mac[6])
{
	struct wish *w;

	TAILQ_FOREACH (w, &t->wishes, link)
		if (w->vlan == vlan && !memcmp(w->mac, mac, sizeof(w->mac)))
			return w;
	return NULL;
}

/* NULL: nothing of it is said then. */
static char *body_of(const struct station_teller *t, const struct wish *w)
{
	struct json_object *o = json_object_new_object(), *ips = json_object_new_array();
	char text[ADDRESS_TEXT], *body;

	if (*w->port)
		json_add(o, "port", w->port);
	if (*t->agent)
		json_add(o, "agent", t->agent);
	for (unsigned int i = 0; i < w->count; i++)
		json_object_array_add(ips,
			json_object_new_string(address_format(&w->ips[i], text, sizeof(text))));
	json_take(o, "ips", ips);
	if (w->lease_s)
		json_add_u64(o, "lease", w->lease_s);
	body = strdup(json_object_to_json_string_ext(
		o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
	return body;
}

/* PATH_SIZE has room for each port's name that fits in a wish, so it is not false. */
static bool path_of(const struct station_teller *t, const struct wish *w, char path[PATH_SIZE])
{
	int len = snprintf(path, PATH_SIZE, "/v1/stations/%u/%02x:%02x:%02x:%02x:%02x:%02x%s%s%s",
		w->vlan, w->mac[0], w->mac[1], w->mac[2], w->mac[3], w->mac[4], w->mac[5],
		w->here && *t->agent ? "?agent=" : "", w->here ? t->agent : "",
		!w->here    ? ""
		: *t->agent ? "&port="
			    : "?port=");

	return !w->here ||
	       url_encode(*w->port ? w->port : "*", path + len, PATH_SIZE - (size_t)len);
}

static bool ask(struct station_teller *t, const struct wish *w)
{
	char *body = w->put ? body_of(t, w) : NULL, path[PATH_SIZE];
	const struct http_question q = {.method = w->put ? "PUT" : "DELETE",
		.path = path,
		.body = body,
		.most_ms = MOST_MS};
	bool asked;

	t->said_len = 0;
	asked = path_of(t, w, path) && (body || !w->put) && http_client_ask(t->client, &q);
	free(body);
	return asked;
}

/* The next one that is not too late. */
static void next(struct station_teller *t)
{
	struct wish *w;

	while (!t->asked && (w = TAILQ_FIRST(&t->wishes))) {
		if (!mono_due(w->until, mono_now()) && ask(t, w)) {
			TAILQ_REMOVE(&t->wishes, w, link);
			t->waiting--;
			t->asked = w;
			return;
		}
		t->counters[STATION_TELLER_DROPPED]++;
		wish_drop(t, w);
	}
}

static void on_again(evutil_socket_t fd, short what, void *arg)
{
	next(arg);
}

static bool on_body(void *arg, int status, const char *bytes, size_t len)
{
	struct station_teller *t = arg;
	size_t room = sizeof(t->said) - 1 - t->said_len;

	memcpy(t->said + t->said_len, bytes, len < room ? len : room);
	t->said_len += len < room ? len : room;
	return true;
}

static void refused(struct station_teller *t, int status)
{
	const struct wish *w = t->asked;
	size_t i;

	t->counters[STATION_TELLER_REFUSED]++;
	for (i = 0; i < t->said_len; i++)
		if ((unsigned char)t->said[i] < ' ' || (unsigned char)t->said[i] > '~')
			t->said[i] = '.';
	log_limited(t->log, &t->refusals, mono_now(), LOG_LEVEL_WARNING,
		"rbridge %s does not take %02x:%02x:%02x:%02x:%02x:%02x in VLAN %u: %d %.*s",
		t->socket, w->mac[0], w->mac[1], w->mac[2], w->mac[3], w->mac[4], w->mac[5],
		w->vlan, status, (int)t->said_len, t->said);
}

/* Nobody takes it now: it is the first again, unless something newer is to be said of it. */
static void unreachable(struct station_teller *t, const char *why)
{
	struct timeval wait = {
		.tv_sec = t->wait_ms / 1000, .tv_usec = (suseconds_t)(t->wait_ms % 1000) * 1000};

	t->counters[STATION_TELLER_UNREACHABLE]++;
	if (!t->silent)
		log_warning(t->log,
			"rbridge %s cannot be told of end stations: %s; tried again until it can",
			t->socket, why);
	t->silent = true;
	if (find(t, t->asked->vlan, t->asked->mac)) {
		free(t->asked);
	} else {
		TAILQ_INSERT_HEAD(&t->wishes, t->asked, link);
		t->waiting++;
	}
	t->asked = NULL;
	event_add(t->again, &wait);
	t->wait_ms = t->wait_ms * 2 < LAST_MS ? t->wait_ms * 2 : LAST_MS;
}

static void on_done(void *arg, int status, const char *wrong)
{
	struct station_teller *t = arg;
	char text[64];

	if (wrong || status >= 500) {
		snprintf(text, sizeof(text), "it answers with HTTP status %d", status);
		unreachable(t, wrong ? wrong : text);
		return;
	}
	if (t->silent)
		log_info(t->log, "rbridge %s is told of end stations again", t->socket);
	t->silent = false;
	t->wait_ms = FIRST_MS;
	if (status < 300)
		t->counters[STATION_TELLER_TOLD]++;
	else
		refused(t, status);
	free(t->asked);
	t->asked = NULL;
	next(t);
}

struct station_teller *station_teller_new(struct event_base *base, const char *socket,
	const uint8_t agent[STATION_TELLER_AGENT], struct log *log)
{
	struct station_teller *t = calloc(1, sizeof(*t));
	struct http_client_ops ops = {.body = on_body, .done = on_done, .arg = t};

	if (!t)
		return NULL;
	t->log = log;
	t->wait_ms = FIRST_MS;
	TAILQ_INIT(&t->wishes);
	snprintf(t->socket, sizeof(t->socket), "%s", socket);
	for (unsigned int i = 0; agent && i < STATION_TELLER_AGENT; i++)
		snprintf(t->agent + 2 * i, 3, "%02x", agent[i]);
	t->client = http_client_new(base, socket, &ops);
	t->again = evtimer_new(base, on_again, t);
	if (t->client && t->again)
		return t;
	station_teller_free(t);
	return NULL;
}

void station_teller_free(struct station_teller *t)
{
	struct wish *w;

	if (!t)
		return;
	while ((w = TAILQ_FIRST(&t->wishes)))
		wish_drop(t, w);
	free(t->asked);
	http_client_free(t->client);
	if (t->again)
		event_free(t->again);
	free(t);
}

/* What is to be said of the station from now on: at its old place in the row, or the last. NULL:
 * there is no room. */
static struct wish *wish_for(struct station_teller *t, uint16_t vlan, const uint8_t mac[6])
{
	struct wish *w = find(t, vlan, mac);

	if (w)
		return w;
	w = t->waiting < STATION_TELLER_MAX ? calloc(1, sizeof(*w)) : NULL;
	if (!w) {
		t->counters[STATION_TELLER_DROPPED]++;
		return NULL;
	}
	w->vlan = vlan;
	memcpy(w->mac, mac, sizeof(w->mac));
	TAILQ_INSERT_TAIL(&t->wishes, w, link);
	t->waiting++;
	return w;
}

static void tell(struct station_teller *t)
{
	if (!event_pending(t->again, EV_TIMEOUT, NULL))
		next(t);
}

static void put(struct station_teller *t, uint16_t vlan, const uint8_t mac[6], const char *port,
	const struct address *ips, unsigned int count, uint16_t lease_s)
{
	struct wish *w = wish_for(t, vlan, mac);

	if (!w)
		return;
	w->put = true;
	w->here = false;
	w->lease_s = lease_s;
	w->until = lease_s ? mono_add_s(mono_now(), lease_s) : MONO_NEVER;
	snprintf(w->port, sizeof(w->port), "%s", port ? port : "");
	w->count = count < STATION_TELLER_IPS ? count : STATION_TELLER_IPS;
	memcpy(w->ips, ips, w->count * sizeof(*ips));
	tell(t);
}

void station_teller_put(struct station_teller *t, uint16_t vlan, const uint8_t mac[6],
	const char *port, const struct address *ips, unsigned int count)
{
	put(t, vlan, mac, port, ips, count, 0);
}

void station_teller_lease(struct station_teller *t, uint16_t vlan, const uint8_t mac[6],
	const char *port, const struct address *ips, unsigned int count, uint16_t lease_s)
{
	put(t, vlan, mac, port, ips, count, lease_s);
}

void station_teller_delete(
	struct station_teller *t, uint16_t vlan, const uint8_t mac[6], uint32_t life_ms)
{
	struct wish *w = wish_for(t, vlan, mac);

	if (!w)
		return;
	w->put = w->here = false;
	w->until = life_ms ? mono_add_ms(mono_now(), life_ms) : MONO_NEVER;
	tell(t);
}

void station_teller_delete_here(
	struct station_teller *t, uint16_t vlan, const uint8_t mac[6], const char *port)
{
	struct wish *w = wish_for(t, vlan, mac);

	if (!w)
		return;
	w->put = false;
	w->here = true;
	w->until = MONO_NEVER;
	snprintf(w->port, sizeof(w->port), "%s", port ? port : "");
	tell(t);
}

unsigned int station_teller_waiting(const struct station_teller *t)
{
	return t->waiting + (t->asked != NULL);
}

const uint64_t *station_teller_counters(const struct station_teller *t)
{
	return t->counters;
}
