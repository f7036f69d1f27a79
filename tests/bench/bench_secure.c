/* bench_secure: how many protected Map-Requests (LISP-SEC, RFC 9303) a second one worker of the
 * map-server answers, of the plain ones, and of what the cryptography alone allows. */
#include <stdlib.h>
#include <string.h>

#include "lisp/ecm.h"
#include "lisp/lispsec.h"
#include "lisp/map_request.h"
#include "tests/bench/lisp_load.h"

#define WINDOW     192
#define BATCH      GENERATOR_BATCH
#define SERVER_CPU 0
#define OWN_CPU    1
#define KEY        "a key of the benchmarks' ITR"
#define AD_BYTES   128

struct secure {
	struct bench b;
	struct stage stage;
	struct generator *g;
	struct otk_tools *tools;
	struct otk_keys keys;
	struct otk_wrapped wrapped; /* with nonce 1 */
	struct generator_load plain, secured;
	uint16_t port;
	double seconds;
	unsigned long eids, window;
};

/* ---- messages ---- */

static void need(bool done, const char *what)
{
	if (!done)
		bench_fail("%s cannot be written", what);
}

/* A One-Time Key of this request alone. */
static struct otk otk_of(uint64_t nonce)
{
	struct otk otk = {{0}};

	for (unsigned int i = 0; i < 8; i++)
		otk.bytes[i] = (uint8_t)(nonce >> 8 * i);
	return otk;
}

/* The ECM @plain with the ITR's authentication data. */
static size_t put_request(struct secure *s, uint8_t *buf, size_t cap, const struct ecm *plain,
	const struct map_request *m)
{
	const struct otk otk = otk_of(m->nonce);
	struct otk_wrapped wrapped;
	struct wire_writer w;
	uint8_t ad[AD_BYTES];
	int len;

	need(otk_wrap(s->tools, &s->keys.list[0], m->nonce, &otk, &wrapped), "a One-Time Key");
	wire_writer_init(&w, ad, sizeof(ad));
	lispsec_request_write(&w, OTK_HMAC_SHA256_128, &wrapped);
	lispsec_eid_ad_write_bare(&w, OTK_KDF_HKDF_SHA256);
	len = ecm_write_secure(buf, cap, &plain->source, &plain->dest, ad, w.pos, plain->message,
		plain->message_len);
	need(len > 0, "a protected Map-Request");
	return (size_t)len;
}

/* The @len bytes of a plain Map-Reply at @plain, protected. */
static size_t put_reply(struct secure *s, uint8_t *buf, size_t cap, const uint8_t *plain,
	size_t len, uint64_t nonce, const struct eid *eid)
{
	const struct otk otk = otk_of(nonce);
	struct lispsec_eid_ad_writer e;
	struct wire_writer w, ad;
	uint8_t bytes[AD_BYTES];
	struct otk ms_otk;
	int done;

	wire_writer_init(&ad, bytes, sizeof(bytes));
	lispsec_eid_ad_begin(&ad, &e, OTK_KDF_HKDF_SHA256, OTK_HMAC_SHA256_128);
	lispsec_eid_ad_add(&ad, &e, eid);
	lispsec_eid_ad_finish(&ad, &e, false, s->tools, &otk);
	need(otk_derive(s->tools, OTK_KDF_HKDF_SHA256, &otk, &ms_otk), "a key");
	wire_writer_init(&w, buf, cap);
	wire_put_bytes(&w, plain, len);
	done = lispsec_reply_finish(&w, bytes, ad.pos, OTK_HMAC_SHA256_128, s->tools, &ms_otk);
	need(done > 0, "a protected Map-Reply");
	return (size_t)done;
}

/* Request @i of the plain ones, and its answer, protected. */
static void protect(struct secure *s, size_t i, uint8_t *in, uint8_t *out, size_t cap,
	size_t *in_len, size_t *out_len)
{
	struct generator_load *p = &s->plain;
	struct map_request_record rec;
	struct wire_fault fault;
	struct map_request m;
	struct ecm ecm;

	need(!ecm_parse(p->requests + i * p->request_len, p->request_len, &ecm, &fault) &&
			!map_request_parse(ecm.message, ecm.message_len, &m, &fault) &&
			map_request_next(&m, &rec),
		"a plain request");
	*in_len = put_request(s, in, cap, &ecm, &m);
	*out_len = put_reply(
		s, out, cap, p->answers + i * p->answer_len, p->answer_len, m.nonce, &rec.eid.eid);
}

static void make_loads(struct secure *s, struct lisp_load *l)
{
	uint8_t in[512], out[512], *requests, *answers;

	s->plain = lisp_load_requests(l, l->eids, s->g, 1);
	s->secured = s->plain;
	protect(s, 0, in, out, sizeof(in), &s->secured.request_len, &s->secured.answer_len);
	s->secured.what = "protected Map-Request";
	s->secured.requests = requests = malloc(s->plain.count * s->secured.request_len);
	s->secured.answers = answers = malloc(s->plain.count * s->secured.answer_len);
	need(requests && answers, "what is asked");
	for (size_t i = 0; i < s->plain.count; i++) {
		size_t in_len, out_len;

		protect(s, i, in, out, sizeof(in), &in_len, &out_len);
		memcpy(requests + i * s->secured.request_len, in, in_len);
		memcpy(answers + i * s->secured.answer_len, out, out_len);
	}
}

/* ---- what is measured ---- */

static struct generator_result full(struct secure *s, const struct generator_load *load)
{
	const struct generator_pace pace = {
		.window = (unsigned int)s->window, .batch = BATCH, .seconds = s->seconds};

	return generator_run(s->g, s->port, load, &pace);
}

/* The cryptography of one request and its answer, in this thread, with nothing around it. */
static void once(struct secure *s, uint64_t nonce, const uint8_t *reply, size_t len)
{
	const struct otk otk = otk_of(nonce);
	uint8_t mac[OTK_HMAC_MAX];
	struct otk out;

	need(otk_unwrap(s->tools, &s->keys.list[0], 1, &s->wrapped, &out), "a One-Time Key");
	otk_derive(s->tools, OTK_KDF_HKDF_SHA256, &otk, &out);
	otk_hmac(s->tools, OTK_HMAC_SHA256_128, &otk, reply, 32, 16, mac);
	otk_hmac(s->tools, OTK_HMAC_SHA256_128, &out, reply, len, len - 16, mac);
	bench_keep(mac[0]);
}

static double alone(struct secure *s)
{
	const struct otk otk = otk_of(1);
	uint64_t begin, spent = 0, n = 0;

	need(otk_wrap(s->tools, &s->keys.list[0], 1, &otk, &s->wrapped), "a One-Time Key");
	begin = bench_thread_ns();
	while (spent < (uint64_t)(s->seconds * 5e8)) {
		for (unsigned int i = 0; i < 256; i++)
			once(s, n + i, s->secured.answers, s->secured.answer_len);
		n += 256;
		spent = bench_thread_ns() - begin;
	}
	return (double)n * 1e9 / (double)spent;
}

static void measure(struct secure *s)
{
	struct generator_result plain = full(s, &s->plain), secured = full(s, &s->secured);
	double crypto = alone(s);

	bench_sample(&s->b, "secured_per_s", "/s", secured.per_s);
	bench_reference(&s->b, "plain_per_s", "/s", plain.per_s);
	bench_reference(&s->b, "crypto_per_s", "/s", crypto);
	bench_sample(&s->b, "ratio_plain", "", secured.per_s / plain.per_s);
	/* A plain answer and the cryptography, one after the other on one core. */
	bench_sample(&s->b, "ratio_ceiling", "", secured.per_s * (1 / plain.per_s + 1 / crypto));
	bench_sample(&s->b, "p50_load_us", "us", secured.p50_us);
	bench_sample(&s->b, "p99_load_us", "us", secured.p99_us);
	bench_sample(&s->b, "lost", "", (double)(plain.lost + secured.lost));
}

int main(int argc, char **argv)
{
	static struct secure s;
	struct lisp_load l;

	s.window = WINDOW;
	bench_init(&s.b, "secure",
		"Map-Requests protected by LISP-SEC, each with a wrapped One-Time Key of its own, "
		"answered by a\nsunward-mapserver of one worker, of the plain ones and of a "
		"plain one and the cryptography alone.");
	bench_option(&s.b, "eids", "registered EIDs; 0: 100000, quick 5000", &s.eids);
	bench_option(&s.b, "window", "requests without an answer", &s.window);
	bench_args(&s.b, argc, argv);
	if (s.window < 1 || s.window > 32768)
		bench_fail("--window: from 1 to 32768");
	s.tools = otk_tools_new();
	if (!s.tools || otk_keys_add(&s.keys, 1, KEY, strlen(KEY)))
		bench_fail("no memory for a key");
	stage_open(&s.stage, &s.b);
	s.seconds = s.b.quick ? 0.2 : 1.0;
	bench_pin(&s.b, OWN_CPU % bench_cpus());
	s.g = generator_new(s.b.quick);
	s.port = stage_port();
	lisp_load_init(&l, AFI_IPV4, s.eids ? s.eids : s.b.quick ? 5000 : 100000);
	lisp_load_server_also(&s.stage, s.g, "sunward", SERVER_CPU, s.port, "",
		"lisp-sec {\n  peer \"127.0.0.0/8\" {\n    key \"1\" {\n      key = \"" KEY
		"\"\n    }\n  }\n}\n");
	lisp_load_register(&l, s.g, s.port);
	make_loads(&s, &l);
	while (bench_round(&s.b))
		measure(&s);
	bench_note(&s.b,
		"HMAC-SHA-256-128, AES-KEY-WRAP-128+HKDF-SHA256, KDF HKDF-SHA256; %zu bytes asked, "
		"%zu answered (plain: %zu, %zu), every answer compared byte by byte; window %lu",
		s.secured.request_len, s.secured.answer_len, s.plain.request_len,
		s.plain.answer_len, s.window);
	lisp_load_free(&s.secured);
	lisp_load_free(&s.plain);
	lisp_load_fini(&l);
	generator_free(s.g);
	otk_tools_free(s.tools);
	return bench_report(&s.b);
}
