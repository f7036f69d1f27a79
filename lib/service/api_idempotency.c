/* api_idempotency: a change that is sent again, since its answer was lost, is answered again
 * instead of made again (Idempotency-Key of POST and PUT).
 *
 * Answers are kept in memory, of the latest changes only. Keys of one client are none of another's,
 * and nobody's answers give way to another's: each client has its own list with its own bounds. */
#include "lib/service/api_internal.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <event2/buffer.h>
#include <event2/http.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"

#define CLIENTS_MAX 128        /* of api-tls there are API_TLS_CLIENTS_MAX at most */
#define ANSWERS_MAX 1024       /* of one client */
#define BYTES_MAX   (1u << 20) /* of one client's bodies, unless the latest alone is larger */
#define LIFE_S      86400
#define KEY_MAX     255

/* The answers of one client. */
struct api_answers {
	TAILQ_ENTRY(api_answers) link;
	TAILQ_HEAD(, api_answer) list; /* by age */
	size_t count, bytes;
	char who[API_WHO_MAX];
};

struct api_answer {
	TAILQ_ENTRY(api_answer) link;
	struct api_answers *of;
	char *key;
	uint8_t digest[SHA256_DIGEST_LENGTH];
	bool pending; /* its request is still worked on */
	struct mono since;
	int status;
	char type[64], etag[32], location[256];
	char *body;
};

void api_idempotency_init(struct api *api)
{
	TAILQ_INIT(&api->answers);
	api->answerers = 0;
}

static void forget(struct api_answer *a)
{
	TAILQ_REMOVE(&a->of->list, a, link);
	a->of->count--;
	a->of->bytes -= a->body ? strlen(a->body) : 0;
	free(a->key);
	free(a->body);
	free(a);
}

static void forget_client(struct api *api, struct api_answers *of)
{
	struct api_answer *a;

	while ((a = TAILQ_FIRST(&of->list)))
		forget(a);
	TAILQ_REMOVE(&api->answers, of, link);
	api->answerers--;
	free(of);
}

void api_idempotency_fini(struct api *api)
{
	struct api_answers *of;

	while ((of = TAILQ_FIRST(&api->answers)))
		forget_client(api, of);
}

static bool is_old(const struct api_answer *a)
{
	return !a->pending && mono_since_ms(a->since, mono_now()) > LIFE_S * 1000ull;
}

/* The oldest of the same client go, but not those whose request is still worked on, and never
 * @latest. */
static void make_room(struct api_answers *of, const struct api_answer *latest)
{
	struct api_answer *a, *next;

	for (a = TAILQ_FIRST(&of->list); a; a = next) {
		next = TAILQ_NEXT(a, link);
		if (a->pending || a == latest)
			continue;
		if (of->count < ANSWERS_MAX && of->bytes <= BYTES_MAX && !is_old(a))
			return;
		forget(a);
	}
}

static bool has_pending(const struct api_answers *of)
{
	const struct api_answer *a;

	TAILQ_FOREACH (a, &of->list, link)
		if (a->pending)
			return true;
	return false;
}

/* A place for one client more: of the one that has asked nothing for the longest. */
static void make_place(struct api *api)
{
	struct api_answers *of;

	if (api->answerers < CLIENTS_MAX)
		return;
	TAILQ_FOREACH (of, &api->answers, link) {
		if (has_pending(of))
			continue;
		forget_client(api, of);
		return;
	}
}

/* Who asked last stands last. NULL: no room. */
static struct api_answers *answers_of(struct api *api, const char *who)
{
	struct api_answers *of;

	TAILQ_FOREACH (of, &api->answers, link) {
		if (strcmp(of->who, who) != 0)
			continue;
		TAILQ_REMOVE(&api->answers, of, link);
		TAILQ_INSERT_TAIL(&api->answers, of, link);
		return of;
	}
	make_place(api);
	of = api->answerers < CLIENTS_MAX ? calloc(1, sizeof(*of)) : NULL;
	if (!of)
		return NULL;
	TAILQ_INIT(&of->list);
	strlcpy(of->who, who, sizeof(of->who));
	TAILQ_INSERT_TAIL(&api->answers, of, link);
	api->answerers++;
	return of;
}

/* What is asked for: another request under the same key is a mistake. */
static void digest_of(struct api_request *req, uint8_t digest[SHA256_DIGEST_LENGTH])
{
	struct evbuffer *in = evhttp_request_get_input_buffer(req->http);
	size_t n = evbuffer_get_length(in), at = 0;
	const char *uri = evhttp_request_get_uri(req->http);
	size_t head = strlen(req->method) + strlen(uri) + 2;
	uint8_t *text = malloc(head + n);

	memset(digest, 0, SHA256_DIGEST_LENGTH);
	if (!text)
		return;
	at = (size_t)sprintf((char *)text, "%s %s", req->method, uri) + 1;
	evbuffer_copyout(in, text + at, n);
	SHA256(text, at + n, digest);
	OPENSSL_cleanse(text, at + n); /* it may hold a secret */
	free(text);
}

static struct api_answer *find(const struct api_answers *of, const char *key)
{
	struct api_answer *a;

	TAILQ_FOREACH (a, &of->list, link)
		if (!strcmp(a->key, key))
			return a;
	return NULL;
}

/* Its request is worked on from now. NULL: no room. */
static struct api_answer *answer_new(
	struct api_answers *of, const char *key, const uint8_t digest[SHA256_DIGEST_LENGTH])
{
	struct api_answer *a;

	make_room(of, NULL);
	a = of->count < ANSWERS_MAX ? calloc(1, sizeof(*a)) : NULL;
	if (a)
		a->key = strdup(key);
	if (!a || !a->key) {
		free(a);
		return NULL;
	}
	a->of = of;
	a->pending = true;
	memcpy(a->digest, digest, sizeof(a->digest));
	TAILQ_INSERT_TAIL(&of->list, a, link);
	of->count++;
	return a;
}

/* Of the same request: its answer. False in every case. */
static bool answer_again(struct api_request *req, const struct api_answer *a, const uint8_t *digest)
{
	if (memcmp(a->digest, digest, sizeof(a->digest)) != 0) {
		api_problem_as(req, 422, "idempotency-key-reused",
			"this Idempotency-Key stood for another request; take a new key for a new one");
	} else if (a->pending) {
		api_problem_as(req, 409, "idempotency-key-in-use",
			"the first request of this Idempotency-Key is still worked on; ask again");
	} else {
		if (*a->etag)
			api_set_header(req, "ETag", a->etag);
		if (*a->location)
			api_set_header(req, "Location", a->location);
		api_set_header(req, "Idempotency-Replayed", "true");
		api_reply_text(req, a->status, a->type, a->body);
	}
	return false;
}

static bool is_key(const char *text)
{
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++)
		if (text[i] < ' ' || text[i] > '~')
			return false;
	return n >= 1 && n <= KEY_MAX;
}

bool api_idempotency_begin(struct api_request *req)
{
	const char *key = api_header(req, "Idempotency-Key");
	uint8_t digest[SHA256_DIGEST_LENGTH];
	struct api_answers *of;
	struct api_answer *a;

	if (!key || (strcmp(req->method, "POST") != 0 && strcmp(req->method, "PUT") != 0))
		return true;
	if (!is_key(key)) {
		api_problem(
			req, 400, "Idempotency-Key: want 1 to %d printable characters", KEY_MAX);
		return false;
	}
	of = answers_of(req->api, req->who);
	digest_of(req, digest);
	a = of ? find(of, key) : NULL;
	if (a && !is_old(a))
		return answer_again(req, a, digest);
	if (a)
		forget(a);
	req->answer = of ? answer_new(of, key, digest) : NULL;
	if (!req->answer)
		api_problem(req, 503, "no room for another Idempotency-Key");
	return req->answer;
}

void api_idempotency_header(struct api_request *req, const char *name, const char *value)
{
	if (!strcmp(name, "ETag"))
		snprintf(req->answer->etag, sizeof(req->answer->etag), "%s", value);
	else if (!strcmp(name, "Location"))
		snprintf(req->answer->location, sizeof(req->answer->location), "%s", value);
}

/* What a server could not do now may be tried again under the same key. */
void api_idempotency_done(struct api_request *req, int status, const char *type, const char *text)
{
	struct api_answer *a = req->answer;

	req->answer = NULL;
	a->body = status < 500 ? strdup(text ? text : "") : NULL;
	if (!a->body) {
		forget(a);
		return;
	}
	a->pending = false;
	a->since = mono_now();
	a->status = status;
	snprintf(a->type, sizeof(a->type), "%s", type ? type : "");
	a->of->bytes += strlen(a->body);
	make_room(a->of, a);
}

void api_idempotency_drop(struct api_request *req)
{
	if (req->answer)
		forget(req->answer);
	req->answer = NULL;
}
