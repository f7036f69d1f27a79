/* registers: a site of 64 xTRs whose registrations never stop: so many Map-Registers a second, each
 * of one EID and to be acknowledged, for tests of what may not interrupt them.
 *
 * usage: registers ADDRESS PER_S FILE    FILE: a line "KEY-ID SECRET", HMAC-SHA-256-128
 * SIGHUP: wait for what is under way, print what became of this key's messages as a line of JSON,
 * and go on with the file's key of then. SIGTERM: the same, and the end. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lisp/map_register.h"

#define XTRS     64
#define EIDS     20000
#define SITE_ID  77
#define SENT_MAX (1u << 20) /* of a key */
#define LAST_MS  5000       /* for the last acknowledgements */

struct sender {
	int fd;
	unsigned int key_id;
	struct auth_key *key;
	uint64_t first, next; /* nonces of this key's messages: first <= n < next */
	uint64_t acked;
	uint8_t *seen; /* by nonce: acknowledged under the right MAC */
};

static volatile sig_atomic_t hup, term;

static void on_signal(int number)
{
	if (number == SIGHUP)
		hup = 1;
	else
		term = 1;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void read_key(struct sender *s, const char *path)
{
	char secret[128];
	FILE *f = fopen(path, "r");

	if (!f || fscanf(f, "%u %127s", &s->key_id, secret) != 2)
		die(path);
	fclose(f);
	auth_key_free(s->key);
	s->key = auth_key_new(secret, strlen(secret));
	s->first = s->next;
	s->acked = 0;
	memset(s->seen, 0, SENT_MAX);
}

static void send_one(struct sender *s)
{
	static const struct auth_options opt;
	struct map_register m = {.type = LISP_MAP_REGISTER,
		.proxy_reply = true,
		.want_notify = true,
		.has_xtr_id = true,
		.nonce = s->next,
		.site_id = SITE_ID};
	const struct lisp_rloc rloc = {
		.priority = 1, .weight = 100, .mpriority = 255, .reachable = true};
	unsigned int n = (unsigned int)(s->next % EIDS);
	uint8_t buf[512], bytes[4] = {10, 0, (uint8_t)(n >> 8), (uint8_t)n};
	const uint8_t locator[4] = {198, 51, 100, 34};
	struct eid eid = {.plen = 32};
	struct wire_writer w;
	struct address a;
	int len;

	m.xtr_id.bytes[15] = (uint8_t)(n % XTRS);
	address_set(&eid.addr, AFI_IPV4, bytes, 4);
	address_set(&a, AFI_IPV4, locator, 4);
	wire_writer_init(&w, buf, sizeof(buf));
	map_register_begin(&w, &m, (uint8_t)s->key_id, AUTH_HMAC_SHA256_128, &opt);
	lisp_record_write(&w, &eid, 60, 1, LISP_ACT_NONE, true, 0);
	lisp_rloc_write(&w, &rloc, &a);
	len = map_register_finish(&w, &m, 1, s->key, &opt);
	if (len < 0 || s->next - s->first == SENT_MAX)
		exit(3);
	s->next++;
	if (send(s->fd, buf, (size_t)len, 0) < 0 && errno != ECONNREFUSED)
		die("send");
}

static void take(struct sender *s)
{
	static const struct auth_options opt;
	struct wire_fault fault;
	struct map_register m;
	uint8_t buf[2048];
	ssize_t n;

	while ((n = recv(s->fd, buf, sizeof(buf), MSG_DONTWAIT)) > 0) {
		if (map_register_parse(buf, (size_t)n, &m, &fault) || m.type != LISP_MAP_NOTIFY ||
			m.nonce < s->first || m.nonce >= s->next || s->seen[m.nonce - s->first] ||
			!auth_verify(s->key, m.type, &opt, buf, (size_t)n, m.nonce, &m.auth))
			continue;
		s->seen[m.nonce - s->first] = 1;
		s->acked++;
	}
}

/* Until @at, or what there is has come. */
static void wait_until(struct sender *s, struct mono at, bool all)
{
	struct pollfd p = {.fd = s->fd, .events = POLLIN};

	for (;;) {
		struct mono now = mono_now();
		struct timespec t = {.tv_nsec = 1000000};

		take(s);
		if (mono_due(at, now) || (all && s->acked == s->next - s->first))
			return;
		if (at.ns - now.ns < 1000000)
			t.tv_nsec = (long)(at.ns - now.ns);
		ppoll(&p, 1, &t, NULL);
	}
}

static void report(struct sender *s)
{
	wait_until(s, mono_add_ms(mono_now(), LAST_MS), true);
	printf("{\"key\":%u,\"sent\":%llu,\"acked\":%llu}\n", s->key_id,
		(unsigned long long)(s->next - s->first), (unsigned long long)s->acked);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(4342)};
	struct sender s = {.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), .next = 1};
	struct mono next = mono_now();
	int room = 4 << 20;

	if (argc != 4 || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1 || atoi(argv[2]) < 1)
		return 2;
	s.seen = malloc(SENT_MAX);
	setsockopt(s.fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	if (!s.seen || connect(s.fd, (struct sockaddr *)&to, sizeof(to)))
		die("connect");
	signal(SIGHUP, on_signal);
	signal(SIGTERM, on_signal);
	read_key(&s, argv[3]);
	while (!term) {
		next = mono_add_us(next, 1000000 / (uint64_t)atoi(argv[2]));
		wait_until(&s, next, false);
		send_one(&s);
		if (!hup)
			continue;
		hup = 0;
		report(&s);
		read_key(&s, argv[3]);
		next = mono_now();
	}
	report(&s);
	auth_key_free(s.key);
	free(s.seen);
	return 0;
}
