/* api_idempotency: a change that is sent again, since its answer was lost, is answered again
 * instead of made again (Idempotency-Key of POST and PUT).
 *
 * Answers are kept in memory, of the latest changes only. Keys of one client are none of another's.
 */
#include "lib/service/api_internal.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <event2/buffer.h>
#include <event2/http.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"

#define ANSWERS_MAX 1024
#define BYTES_MAX   (4u << 20) /* of all answers' bodies */
#define LIFE_S      86400
#define KEY_MAX     255

struct api_answer {
	TAILQ_ENTRY(api_answer) link;
	char *key; /* of whom, and the key itself */
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
}

static void forget(struct api *api, struct api_answer *a)
{
	TAILQ_REMOVE(&api->answers, a, link);
	api->answer_count--;
	api->answer_bytes -= a->body ? strlen(a->body) : 0;
	free(a->key);
	free(a->body);
	free(a);
}

void api_idempotency_fini(struct api *api)
{
	struct api_answer *a;

	while ((a = TAILQ_FIRST(&api->answers)))
		forget(api, a);
}

static bool is_old(const struct api_answer *a)
{
	return !a->pending && mono_since_ms(a->since, mono_now()) > LIFE_S * 1000ull;
}

/* The oldest go, but not those whose request is still worked on. */
static void make_room(struct api *api)
{
	struct api_answer *a, *next;

	for (a = TAILQ_FIRST(&api->answers); a; a = next) {
		next = TAILQ_NEXT(a, link);
		if (a->pending)
			continue;
		if (api->answer_count < ANSWERS_MAX && api->answer_bytes <= BYTES_MAX && !is_old(a))
			return;
		forget(api, a);
	}
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

static struct api_answer *find(struct api *api, const char *key)
{
	struct api_answer *a;

	TAILQ_FOREACH (a, &api->answers, link)
		if (!strcmp(a->key, key))
			return a;
	return NULL;
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
	struct api *api = req->api;
	struct api_answer *a;
	char *mine;

	if (!key || (strcmp(req->method, "POST") != 0 && strcmp(req->method, "PUT") != 0))
		return true;
	if (!is_key(key)) {
		api_problem(
			req, 400, "Idempotency-Key: want 1 to %d printable characters", KEY_MAX);
		return false;
	}
	if (asprintf(&mine, "%s\n%s", req->who, key) < 0)
		mine = NULL;
	digest_of(req, digest);
	a = mine ? find(api, mine) : NULL;
	if (a && !is_old(a)) {
		free(mine);
		return answer_again(req, a, digest);
	}
	if (a)
		forget(api, a);
	make_room(api);
	a = mine && api->answer_count < ANSWERS_MAX ? calloc(1, sizeof(*a)) : NULL;
	if (!a) {
		free(mine);
		api_problem(req, 503, "no room for another Idempotency-Key");
		return false;
	}
	a->key = mine;
	a->pending = true;
	memcpy(a->digest, digest, sizeof(a->digest));
	TAILQ_INSERT_TAIL(&api->answers, a, link);
	api->answer_count++;
	req->answer = a;
	return true;
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
	struct api *api = req->api;

	req->answer = NULL;
	a->body = status < 500 ? strdup(text ? text : "") : NULL;
	if (!a->body) {
		forget(api, a);
		return;
	}
	a->pending = false;
	a->since = mono_now();
	a->status = status;
	snprintf(a->type, sizeof(a->type), "%s", type ? type : "");
	api->answer_bytes += strlen(a->body);
	make_room(api);
}

void api_idempotency_drop(struct api_request *req)
{
	if (req->answer)
		forget(req->api, req->answer);
	req->answer = NULL;
}
