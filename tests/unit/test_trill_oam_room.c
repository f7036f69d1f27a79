/* What is answered to OAM messages, and what becomes of ours (docs/trill.md, M): RFC 7455 sections
 * 3 and 8 to 11. First one RBridge and messages spelled out; then three in a row, whose frames are
 * forwarded by a table of the test's own. */
#include "tests/unit/trill_inner.h"

#include "trill/core/oam_probe.h"

#define NODES 3

struct node {
	struct oam_room room;
	struct oam_probes probes;
	struct random_seeded random;
	unsigned int sent;
	uint8_t last[2048]; /* from the TRILL header on */
	size_t last_len;
};

static struct node nodes[NODES];
static const uint16_t nicknames[NODES] = {0x1111, 0x2222, 0x3333};
static bool incapable;
static bool linked; /* the nodes are in a row, and frames arrive */
static bool lossy[NODES];
static struct mono clock_now;

static struct mono at_ms(uint64_t ms)
{
	return mono_add_ms((struct mono){1}, ms);
}

/* ---- what the rooms ask ---- */

static void deliver(unsigned int from, unsigned int to, struct data_frame *f);

/* Node @at has @f: for itself, or to be passed on, away from @from. */
static void pass(unsigned int from, unsigned int at, const struct data_frame *f)
{
	struct data_frame on = *f;

	if (f->header.multi) {
		if (at != from)
			deliver(from, at, &on);
		if (!on.header.hops--)
			return;
		if (at + 1 < NODES && (at + 1 != from))
			pass(at, at + 1, &on);
		return;
	}
	if (at != from && (f->header.egress == nicknames[at] || f->header.hops <= 1)) {
		deliver(from, at, &on);
		return;
	}
	if (at != from)
		assert_true(on.header.hops-- > 0);
	if (f->header.egress > nicknames[at] && at + 1 < NODES)
		pass(at, at + 1, &on);
	else if (f->header.egress < nicknames[at] && at)
		pass(at, at - 1, &on);
}

static void deliver(unsigned int from, unsigned int to, struct data_frame *f)
{
	struct wire_fault fault;
	struct data_frame in;
	uint8_t bytes[2048];
	int len;

	if (lossy[to])
		return;
	f->outer.da = nodes[to].room.mac;
	f->outer.sa = nodes[from].room.mac;
	len = data_frame_write(bytes, sizeof(bytes), f);
	assert_true(len > 0);
	assert_error(data_frame_read(bytes, (size_t)len, &in, &fault), 0);
	clock_now = mono_add_ms(clock_now, 1);
	oam_receive(&nodes[to].room, &in, bytes, (size_t)len, (uint16_t)from, clock_now);
}

static void on_send(void *arg, const struct data_frame *f)
{
	struct node *n = arg;

	n->last_len = trill_inner(n->last, sizeof(n->last), f);
	n->sent++;
	if (linked)
		pass((unsigned int)(n - nodes), (unsigned int)(n - nodes), f);
}

static void on_place(void *arg, const struct oam_in *in, struct oam_place *place)
{
	place->port.action = OAM_PORT_OK;
	place->port.mac = ((struct node *)arg)->room.mac;
	place->port.has_id = true;
	place->port.id = in->port;
	place->status = OAM_INTERFACE_UP;
	place->previous = linked ? nicknames[in->port] : 0x4444;
}

static void on_way(void *arg, const struct oam_in *in, struct oam_way *way)
{
	if (!linked)
		return;
	way->next[0] = in->data->header.egress;
	way->count = 1;
	way->has_port = true;
	way->port.action = OAM_PORT_OK;
	way->port.mac = ((struct node *)arg)->room.mac;
}

static uint32_t on_receivers(void *arg, struct label label)
{
	return label.id;
}

static bool on_capable(void *arg, uint16_t nickname)
{
	return !incapable;
}

static int setup(void **state)
{
	memset(nodes, 0, sizeof(nodes));
	memset(lossy, 0, sizeof(lossy));
	incapable = linked = false;
	clock_now = at_ms(0);
	for (unsigned int i = 0; i < NODES; i++) {
		struct node *n = &nodes[i];
		struct oam_env env = {on_send, on_place, on_way, on_receivers, on_capable, n};
		struct mac mac = {{2, 0, 0, 0, 0, (uint8_t)(i + 1)}};

		oam_init(&n->room, &env, &mac);
		oam_own_set(&n->room, &nicknames[i], 1);
		random_seeded_init(&n->random, i + 1);
		oam_probe_init(&n->probes, &n->room, &n->random.random);
	}
	return 0;
}

/* ---- messages spelled out, from 0x4444 to 0x1111 ---- */

#define ZERO_16     "00000000000000000000000000000000 "
#define FLOW_OF(da) da " 020000000002 8100 000A " ZERO_16 ZERO_16 ZERO_16 ZERO_16 ZERO_16
#define FLOW        FLOW_OF("020000000001")
#define GROUP_FLOW  FLOW_OF("01005E000001")
#define OTHER_FLOW  FLOW_OF("020000000009")
/* Where a group was meant, an answer goes to the unicast address of section 15.3. */
#define OWN_FLOW "00005E900100 020000000001 8100 000A " ZERO_16 ZERO_16 ZERO_16 ZERO_16 ZERO_16

#define HEAD(opcode)   "8902 60 " opcode " 00 04 0000002A "
#define APP(rest)      "40 0009 00 000000 00 " rest " "
#define IN_BAND        APP("00 00 0001")
#define PING           HEAD("03") IN_BAND
#define TRACE          HEAD("41") IN_BAND
#define TREE           HEAD("43") IN_BAND
#define SENDER         "01 0005 03 400C 1111 "
#define ORIGINAL(h, f) "43 0066 " h " " f

static enum oam_verdict receive(const char *packet)
{
	uint8_t bytes[2048];
	struct wire_fault fault;
	struct data_frame f;
	struct exact e;
	enum oam_verdict verdict;
	size_t len;

	len = hex(bytes, sizeof(bytes), "020000000001 020000000004 22F3 ");
	len += hex(bytes + len, sizeof(bytes) - len, packet);
	e = exact_of(bytes, len);
	assert_error(data_frame_read(e.bytes, e.len, &f, &fault), 0);
	verdict = oam_receive(&nodes[0].room, &f, e.bytes, e.len, 5, clock_now);
	free(e.bytes);
	return verdict;
}

/* @packet is treated as @verdict says, it is counted, and nothing is answered. */
static void refused(const char *packet, enum oam_verdict verdict)
{
	uint64_t before = nodes[0].room.received[verdict];
	unsigned int sent = nodes[0].sent;
	enum oam_verdict got = receive(packet);

	if (got != verdict)
		fail_msg("%s, should be %s", oam_verdict_name(got), oam_verdict_name(verdict));
	assert_int_equal(nodes[0].room.received[verdict], before + 1);
	assert_int_equal(nodes[0].sent, sent);
}

static void answered(const char *packet, const char *answer)
{
	assert_string_equal(oam_verdict_name(receive(packet)), "taken");
	assert_bytes(nodes[0].last, nodes[0].last_len, answer);
}

static void m_a_loopback_is_answered_along_its_flow(void **state)
{
	/* Its hop count as it came stands in the original; color is kept. */
	answered("3039 1111 4444 " FLOW PING "00",
		"303F 4444 1111 " FLOW HEAD("02") APP("01 00 0009") ORIGINAL("3039 1111 4444", FLOW)
			SENDER "00");
	assert_int_equal(nodes[0].sent, 1);
}

static void m_a_loopback_gives_its_data_back(void **state)
{
	answered("2039 1111 4444 " FLOW PING "03 0004 DEADBEEF 00",
		"203F 4444 1111 " FLOW HEAD("02") APP("01 00 0009")
			ORIGINAL("2039 1111 4444", FLOW) "03 0004 DEADBEEF " SENDER "00");
}

static void m_the_answer_takes_the_flow_that_is_wanted(void **state)
{
	answered("2039 1111 4444 " FLOW PING "49 0061 00 " OTHER_FLOW "00",
		"203F 4444 1111 " OTHER_FLOW HEAD("02") APP("01 00 0009")
			ORIGINAL("2039 1111 4444", FLOW) SENDER "00");
	refused("2039 1111 4444 " FLOW PING "49 0060 00 " OTHER_FLOW "00", OAM_MALFORMED);
}

/* Section 8.4.5. */
static void m_another_label_than_meant_is_told(void **state)
{
	answered("2039 1111 4444 " FLOW PING "42 0005 00 00 00000A 00",
		"203F 4444 1111 " FLOW HEAD("02") APP("01 00 0009") ORIGINAL("2039 1111 4444", FLOW)
			SENDER "00");
	answered("2039 1111 4444 " FLOW PING "42 0005 00 00 00000B 00",
		"203F 4444 1111 " FLOW HEAD("02") APP("01 00 000D") ORIGINAL("2039 1111 4444", FLOW)
			SENDER "00");
	answered("2039 1111 4444 " FLOW PING "42 0005 01 00 00000A 00",
		"203F 4444 1111 " FLOW HEAD("02") APP("01 00 000D") ORIGINAL("2039 1111 4444", FLOW)
			SENDER "00");
	refused("2039 1111 4444 " FLOW PING "42 0004 00 00 000A 00", OAM_MALFORMED);
}

#define PLACE "45 0005 000000 4444 05 000B 01 020000000001 02 07 0005 04 0001 01 "

static void m_a_trace_is_answered_at_its_end_and_where_its_hops_end(void **state)
{
	answered("2039 1111 4444 " FLOW TRACE "00",
		"203F 4444 1111 " FLOW HEAD("40") APP("01 00 0009") ORIGINAL("2039 1111 4444", FLOW)
			PLACE "46 0001 00 " SENDER "00");
	answered("2001 3333 4444 " FLOW TRACE "00",
		"203F 4444 1111 " FLOW HEAD("40") APP("01 02 0009") ORIGINAL("2001 3333 4444", FLOW)
			PLACE "46 0001 00 " SENDER "00");
	answered("2000 3333 4444 " FLOW TRACE "00",
		"203F 4444 1111 " FLOW HEAD("40") APP("01 02 0009") ORIGINAL("2000 3333 4444", FLOW)
			PLACE "46 0001 00 " SENDER "00");
	refused("2002 3333 4444 " FLOW TRACE "00", OAM_NOT_OURS);
	refused("2839 1111 4444 " FLOW TRACE "00", OAM_NOT_OURS);
}

#define TREE_ANSWER(original)                                                                      \
	"203F 4444 1111 " OWN_FLOW HEAD("42") APP("00 00 0009") ORIGINAL(original, GROUP_FLOW)     \
		PLACE "46 0001 00 47 0005 00 0000000A " SENDER "00"

static void m_a_tree_verification_is_answered_by_those_in_its_scope(void **state)
{
	answered("2839 5555 4444 " GROUP_FLOW TREE "00", TREE_ANSWER("2839 5555 4444"));
	answered("2839 5555 4444 " GROUP_FLOW TREE "44 0005 02 2222 1111 00",
		TREE_ANSWER("2839 5555 4444"));
	answered("2839 5555 4444 " GROUP_FLOW TREE "44 0003 01 2222 44 0003 01 1111 00",
		TREE_ANSWER("2839 5555 4444"));
	refused("2839 5555 4444 " GROUP_FLOW TREE "44 0003 01 2222 00", OAM_NO_SCOPE);
	refused("2839 5555 4444 " GROUP_FLOW TREE "44 0001 00 00", OAM_NO_SCOPE);
	refused("2839 5555 4444 " GROUP_FLOW TREE "44 0000 00", OAM_MALFORMED);
	refused("2039 1111 4444 " FLOW TREE "00", OAM_NOT_OURS);
}

/* Section 8.4.7: in others it is ignored. */
static void m_a_scope_counts_in_tree_verification_alone(void **state)
{
	assert_int_equal(receive("2039 1111 4444 " FLOW PING "44 0003 01 2222 00"), OAM_TAKEN);
}

static void m_what_is_no_oam_is_discarded(void **state)
{
	refused("0039 1111 4444 " FLOW PING "00", OAM_NOT_OAM);
	refused("2039 1111 4444 " FLOW, OAM_NOT_OAM);
	refused("2039 1111 4444 " FLOW "89", OAM_NOT_OAM);
	refused("2039 1111 4444 " FLOW "8903 60 03 00 04 0000002A " IN_BAND "00", OAM_NOT_OAM);
	refused("2039 1111 4444 020000000001 020000000002 8100 000A " PING "00", OAM_NOT_OAM);
	refused("2039 1111 4444 " FLOW "8902 60 03 00", OAM_MALFORMED);
	refused("2039 1111 4444 " FLOW HEAD("03") "00", OAM_MALFORMED);
	refused("2039 1111 4444 " FLOW "8902 40 03 00 04 0000002A " IN_BAND "00", OAM_BAD_LEVEL);
	refused("2039 1111 4444 " FLOW "8902 80 03 00 04 0000002A " IN_BAND "00", OAM_BAD_LEVEL);
	refused("2039 1111 4444 " FLOW HEAD("44") IN_BAND "00", OAM_BAD_OPCODE);
}

static void m_nobody_makes_us_answer_to_where_no_rbridge_is(void **state)
{
	refused("2039 1111 0000 " FLOW PING "00", OAM_BAD_INGRESS);
	refused("2039 1111 FFC1 " FLOW PING "00", OAM_BAD_INGRESS);
	refused("2039 1111 1111 " FLOW PING "00", OAM_BAD_INGRESS);
	refused("2039 2222 4444 " FLOW PING "00", OAM_NOT_OURS);
	refused("2001 2222 4444 " FLOW PING "00", OAM_NOT_OURS);
	refused("2839 1111 4444 " FLOW PING "00", OAM_NOT_OURS);
	incapable = true;
	refused("2039 1111 4444 " FLOW PING "00", OAM_INCAPABLE);
}

static void m_without_the_wish_for_an_answer_there_is_none(void **state)
{
	refused("2039 1111 4444 " FLOW HEAD("03") APP("00 00 0000") "00", OAM_SILENT);
	refused("2039 1111 4444 " FLOW HEAD("03") APP("00 00 0002") "00", OAM_OUT_OF_BAND);
	answered("2039 1111 4444 " FLOW HEAD("03") APP("00 00 0003") "00",
		"203F 4444 1111 " FLOW HEAD("02") APP("01 00 000B") ORIGINAL("2039 1111 4444", FLOW)
			SENDER "00");
}

static void m_answers_are_not_answered(void **state)
{
	refused("2039 1111 4444 " FLOW HEAD("02") APP("01 00 0009") "00", OAM_STRAY);
	refused("2039 1111 4444 " FLOW HEAD("40") APP("01 02 0009") "00", OAM_STRAY);
	refused("2039 1111 4444 " FLOW HEAD("42") APP("00 00 0009") "00", OAM_STRAY);
	refused("2039 2222 4444 " FLOW HEAD("02") APP("01 00 0009") "00", OAM_NOT_OURS);
	refused("2039 1111 4444 " FLOW HEAD("02") APP("01 00 0001") "00", OAM_FRAGMENT);
	refused("2039 1111 4444 " FLOW HEAD("02") "40 0009 00 000000 01 01 00 0009 00",
		OAM_FRAGMENT);
}

static void m_each_kind_has_a_limit_of_its_own(void **state)
{
	struct oam_room *r = &nodes[0].room;

	for (unsigned int i = 0; i < OAM_LOOPBACK_PER_S; i++)
		assert_int_equal(receive("2039 1111 4444 " FLOW PING "00"), OAM_TAKEN);
	refused("2039 1111 4444 " FLOW PING "00", OAM_LIMITED);
	for (unsigned int i = 0; i < OAM_TRACE_PER_S; i++)
		assert_int_equal(receive("2039 1111 4444 " FLOW TRACE "00"), OAM_TAKEN);
	refused("2039 1111 4444 " FLOW TRACE "00", OAM_LIMITED);
	for (unsigned int i = 0; i < OAM_TREE_PER_S; i++)
		assert_int_equal(receive("2839 5555 4444 " GROUP_FLOW TREE "00"), OAM_TAKEN);
	refused("2839 5555 4444 " GROUP_FLOW TREE "00", OAM_LIMITED);
	assert_int_equal(r->held_back[OAM_LIMIT_LOOPBACK], 1);
	assert_int_equal(r->held_back[OAM_LIMIT_TRACE], 1);
	assert_int_equal(r->held_back[OAM_LIMIT_TREE], 1);
	clock_now = mono_add_ms(clock_now, 100);
	assert_int_equal(receive("2039 1111 4444 " FLOW TRACE "00"), OAM_TAKEN);
}

static void m_where_authentication_is_demanded_others_are_not_answered(void **state)
{
	struct isis_key *key = isis_key_new(ISIS_AUTH_HMAC_SHA256, 7, "secret", 6);
	struct isis_key *wrong = isis_key_new(ISIS_AUTH_HMAC_SHA256, 7, "Secret", 6);

	linked = true;
	for (unsigned int i = 0; i < 2; i++) {
		nodes[i].room.auth = OAM_AUTH_ENFORCE;
		nodes[i].room.keys[0] = key;
		nodes[i].room.key_count = 1;
	}
	refused("2039 1111 4444 " FLOW PING "00", OAM_BAD_AUTH);
	nodes[1].room.keys[0] = wrong;
	refused("2039 1111 4444 " FLOW PING "4A 0023 03 0007 " ZERO_16 ZERO_16 "00", OAM_BAD_AUTH);
	isis_key_free(wrong);
	isis_key_free(key);
}

/* ---- probes ---- */

static struct oam_probe_result results[64];
static unsigned int result_count;

static void on_result(void *arg, const struct oam_probe_result *result)
{
	assert_true(result_count < 64);
	results[result_count++] = *result;
}

static struct oam_probe_want want_of(enum oam_probe_kind kind, uint16_t egress)
{
	result_count = 0;
	linked = true;
	return (struct oam_probe_want){.kind = kind,
		.egress = egress,
		.hops = 20,
		.count = 2,
		.interval_ms = 100,
		.timeout_ms = 500,
		.label = {.id = 10},
		.result = on_result};
}

/* Run node 0's probes until there is nothing to do. */
static void run(void)
{
	struct oam_probes *p = &nodes[0].probes;
	unsigned int rounds = 0;
	struct mono next = oam_probe_next(p);

	while (next.ns != MONO_NEVER.ns) {
		assert_true(rounds++ < 1000);
		if (mono_before(clock_now, next))
			clock_now = next;
		oam_probe_time(p, clock_now);
		next = oam_probe_next(p);
	}
}

static void m_ping_tells_the_way_there_and_its_time(void **state)
{
	struct oam_probe_want want = want_of(OAM_PROBE_PING, 0x3333);

	assert_int_equal(oam_probe_start(&nodes[0].probes, &want, clock_now), 0);
	run();
	assert_int_equal(result_count, 3);
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(results[i].what, OAM_PROBE_ANSWER);
		assert_int_equal(results[i].sequence, i + 1);
		assert_int_equal(results[i].nickname, 0x3333);
		assert_int_equal(results[i].rtt_us, 2000); /* the test takes 1 ms each way */
		assert_true(results[i].has_hops_there);
		assert_int_equal(results[i].hops_there, 19); /* one RBridge between */
		assert_false(results[i].intermediate || results[i].cross_connect);
	}
	assert_int_equal(results[2].what, OAM_PROBE_DONE);
	assert_true(results[2].reached && results[2].sent == 2 && results[2].answered == 2);
	assert_int_equal(nodes[2].sent, 2);
	assert_int_equal(nodes[1].sent, 0);
}

/* Opcode, session and hop count of what is sent, from the bytes themselves. */
static void m_what_ping_sends_is_a_loopback_with_a_new_session_each(void **state)
{
	struct oam_probe_want want = want_of(OAM_PROBE_PING, 0x3333);
	struct node *n = &nodes[0];
	char text[1024];
	uint32_t session;

	want.check_label = true;
	want.data_len = 3;
	linked = false;
	assert_int_equal(oam_probe_start(&n->probes, &want, clock_now), 0);
	session = n->probes.session;
	oam_probe_time(&n->probes, clock_now);
	snprintf(text, sizeof(text),
		"2014 3333 1111 " OWN_FLOW "8902 60 03 00 04 %08x " IN_BAND
		"42 0005 00 00 00000A 03 0003 000000 " SENDER "00",
		session + 1);
	assert_bytes(n->last, n->last_len, text);
	oam_probe_time(&n->probes, mono_add_ms(clock_now, 100));
	assert_int_equal(n->sent, 2);
	assert_int_equal(n->probes.session, session + 2);
}

static void m_ping_without_answer_is_lost(void **state)
{
	struct oam_probe_want want = want_of(OAM_PROBE_PING, 0x3333);

	lossy[2] = true;
	assert_int_equal(oam_probe_start(&nodes[0].probes, &want, clock_now), 0);
	run();
	assert_int_equal(result_count, 3);
	assert_int_equal(results[0].what, OAM_PROBE_LOST);
	assert_int_equal(results[1].what, OAM_PROBE_LOST);
	assert_int_equal(results[1].sequence, 2);
	assert_false(results[2].reached);
	assert_int_equal(results[2].answered, 0);
	assert_int_equal(mono_since_ms(at_ms(0), clock_now), 600); /* one interval, one timeout */
}

static void m_trace_names_each_rbridge_on_the_way(void **state)
{
	struct oam_probe_want want = want_of(OAM_PROBE_TRACE, 0x3333);

	assert_int_equal(oam_probe_start(&nodes[0].probes, &want, clock_now), 0);
	run();
	assert_int_equal(result_count, 3);
	assert_int_equal(results[0].nickname, 0x2222);
	assert_int_equal(results[0].hops, 1);
	assert_true(results[0].intermediate);
	assert_int_equal(results[0].previous, 0x1111);
	assert_int_equal(results[0].next_count, 1);
	assert_int_equal(results[0].next[0], 0x3333);
	assert_true(results[0].has_ingress && results[0].has_egress);
	assert_int_equal(results[0].ingress.id, 0);
	assert_int_equal(results[0].status, OAM_INTERFACE_UP);
	assert_int_equal(results[1].nickname, 0x3333);
	assert_int_equal(results[1].hops, 2);
	assert_false(results[1].intermediate);
	assert_int_equal(results[1].previous, 0x2222);
	assert_int_equal(results[2].what, OAM_PROBE_DONE);
	assert_true(results[2].reached);
}

static void m_trace_passes_over_who_is_silent_and_ends_at_its_last_hop(void **state)
{
	struct oam_probe_want want = want_of(OAM_PROBE_TRACE, 0x3333);

	nodes[1].room.auth = OAM_AUTH_ENFORCE; /* does not answer */
	assert_int_equal(oam_probe_start(&nodes[0].probes, &want, clock_now), 0);
	run();
	assert_int_equal(result_count, 4); /* hop count 1 twice, then 2, then the end */
	assert_int_equal(results[0].what, OAM_PROBE_LOST);
	assert_int_equal(results[1].what, OAM_PROBE_LOST);
	assert_int_equal(results[1].hops, 1);
	assert_int_equal(results[2].nickname, 0x3333);
	want = want_of(OAM_PROBE_TRACE, 0x3333);
	want.hops = 3;
	lossy[2] = true;
	assert_int_equal(oam_probe_start(&nodes[0].probes, &want, clock_now), 0);
	run();
	assert_int_equal(result_count, 7); /* three hop counts, twice each */
	assert_int_equal(results[5].hops, 3);
	assert_false(results[6].reached);
}

static void m_a_tree_is_verified_until_all_in_the_scope_have_answered(void **state)
{
	static const uint16_t scope[] = {0x2222, 0x3333};
	struct oam_probe_want want = want_of(OAM_PROBE_TREE, 0x3333);

	want.scope = scope;
	want.scope_count = 2;
	want.count = 3;
	lossy[2] = true;
	assert_int_equal(oam_probe_start(&nodes[0].probes, &want, clock_now), 0);
	oam_probe_time(&nodes[0].probes, clock_now);
	assert_int_equal(result_count, 1);
	assert_int_equal(results[0].nickname, 0x2222);
	assert_true(results[0].has_receivers && results[0].receivers == 10);
	lossy[2] = false;
	run();
	assert_int_equal(result_count, 4);
	assert_int_equal(results[1].what, OAM_PROBE_LOST);
	assert_int_equal(results[2].nickname, 0x3333);
	assert_int_equal(results[2].sequence, 2);
	assert_true(results[3].what == OAM_PROBE_DONE && results[3].reached);
	assert_int_equal(nodes[1].sent, 1); /* the second message's scope was smaller */
	assert_int_equal(nodes[1].room.received[OAM_NO_SCOPE], 1);
}

static void m_a_tree_without_scope_waits_for_whoever_answers(void **state)
{
	struct oam_probe_want want = want_of(OAM_PROBE_TREE, 0x3333);

	assert_int_equal(oam_probe_start(&nodes[0].probes, &want, clock_now), 0);
	run();
	assert_int_equal(result_count, 3);
	assert_int_equal(results[0].nickname, 0x2222);
	assert_int_equal(results[1].nickname, 0x3333);
	assert_true(results[2].reached && results[2].answered == 2);
}

static void m_an_answer_counts_once_and_for_its_kind(void **state)
{
	struct oam_probe_want want = want_of(OAM_PROBE_PING, 0x4444);
	char text[1024];

	linked = false;
	assert_int_equal(oam_probe_start(&nodes[0].probes, &want, clock_now), 0);
	oam_probe_time(&nodes[0].probes, clock_now);
	snprintf(text, sizeof(text),
		"2039 1111 4444 " FLOW "8902 60 %02x 00 04 %08x "
		"%s00",
		OAM_TRACE_REPLY, nodes[0].probes.session, APP("01 00 0009"));
	refused(text, OAM_STRAY);
	snprintf(text, sizeof(text),
		"2039 1111 4444 " FLOW "8902 60 %02x 00 04 %08x "
		"%s00",
		OAM_LOOPBACK_REPLY, nodes[0].probes.session + 1, APP("01 00 0009"));
	refused(text, OAM_STRAY);
	snprintf(text, sizeof(text),
		"2039 1111 4444 " FLOW "8902 60 %02x 00 04 %08x "
		"%s00",
		OAM_LOOPBACK_REPLY, nodes[0].probes.session, APP("01 00 0009"));
	assert_int_equal(receive(text), OAM_TAKEN);
	refused(text, OAM_STRAY);
	assert_int_equal(result_count, 1);
}

static void m_of_a_tree_each_rbridge_counts_once(void **state)
{
	struct oam_probe_want want = want_of(OAM_PROBE_TREE, 0x5555);
	char text[1024];

	linked = false;
	assert_int_equal(oam_probe_start(&nodes[0].probes, &want, clock_now), 0);
	oam_probe_time(&nodes[0].probes, clock_now);
	snprintf(text, sizeof(text), "2039 1111 4444 " FLOW "8902 60 42 00 04 %08x %s00",
		nodes[0].probes.session, APP("00 00 0009"));
	assert_int_equal(receive(text), OAM_TAKEN);
	refused(text, OAM_STRAY);
}

static void m_what_cannot_be_probed_is_refused(void **state)
{
	struct oam_probe_want want = want_of(OAM_PROBE_PING, 0x1111);
	struct oam_probes *p = &nodes[0].probes;

	assert_int_equal(oam_probe_start(p, &want, clock_now), -OAM_PROBE_US);
	want.egress = NICKNAME_ANY_RBRIDGE;
	assert_int_equal(oam_probe_start(p, &want, clock_now), -OAM_PROBE_WRONG);
	want.egress = 0x2222;
	want.hops = 64;
	assert_int_equal(oam_probe_start(p, &want, clock_now), -OAM_PROBE_WRONG);
	want.hops = 63;
	incapable = true;
	assert_int_equal(oam_probe_start(p, &want, clock_now), -OAM_PROBE_INCAPABLE);
	incapable = false;
	for (int i = 0; i < OAM_PROBES_MAX; i++)
		assert_int_equal(oam_probe_start(p, &want, clock_now), i);
	assert_int_equal(oam_probe_start(p, &want, clock_now), -OAM_PROBE_BUSY);
	oam_probe_stop(p, 3);
	assert_int_equal(oam_probe_start(p, &want, clock_now), 3);
	oam_own_set(&nodes[0].room, nicknames, 0);
	assert_int_equal(oam_probe_start(p, &want, clock_now), -OAM_PROBE_NAMELESS);
	assert_string_not_equal(
		oam_probe_refusal_text(-OAM_PROBE_NAMELESS), oam_probe_refusal_text(-OAM_PROBE_US));
}

static void m_with_one_key_on_both_sides_ping_is_answered(void **state)
{
	struct isis_key *key = isis_key_new(ISIS_AUTH_HMAC_SHA256, 7, "secret", 6);
	struct oam_probe_want want = want_of(OAM_PROBE_PING, 0x3333);

	for (unsigned int i = 0; i < NODES; i++) {
		nodes[i].room.auth = OAM_AUTH_ENFORCE;
		nodes[i].room.keys[0] = key;
		nodes[i].room.key_count = 1;
	}
	assert_int_equal(oam_probe_start(&nodes[0].probes, &want, clock_now), 0);
	run();
	assert_int_equal(result_count, 3);
	assert_true(results[2].reached);
	isis_key_free(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(m_a_loopback_is_answered_along_its_flow, setup),
		cmocka_unit_test_setup(m_a_loopback_gives_its_data_back, setup),
		cmocka_unit_test_setup(m_the_answer_takes_the_flow_that_is_wanted, setup),
		cmocka_unit_test_setup(m_another_label_than_meant_is_told, setup),
		cmocka_unit_test_setup(
			m_a_trace_is_answered_at_its_end_and_where_its_hops_end, setup),
		cmocka_unit_test_setup(
			m_a_tree_verification_is_answered_by_those_in_its_scope, setup),
		cmocka_unit_test_setup(m_a_scope_counts_in_tree_verification_alone, setup),
		cmocka_unit_test_setup(m_what_is_no_oam_is_discarded, setup),
		cmocka_unit_test_setup(m_nobody_makes_us_answer_to_where_no_rbridge_is, setup),
		cmocka_unit_test_setup(m_without_the_wish_for_an_answer_there_is_none, setup),
		cmocka_unit_test_setup(m_answers_are_not_answered, setup),
		cmocka_unit_test_setup(m_each_kind_has_a_limit_of_its_own, setup),
		cmocka_unit_test_setup(
			m_where_authentication_is_demanded_others_are_not_answered, setup),
		cmocka_unit_test_setup(m_ping_tells_the_way_there_and_its_time, setup),
		cmocka_unit_test_setup(
			m_what_ping_sends_is_a_loopback_with_a_new_session_each, setup),
		cmocka_unit_test_setup(m_ping_without_answer_is_lost, setup),
		cmocka_unit_test_setup(m_trace_names_each_rbridge_on_the_way, setup),
		cmocka_unit_test_setup(
			m_trace_passes_over_who_is_silent_and_ends_at_its_last_hop, setup),
		cmocka_unit_test_setup(
			m_a_tree_is_verified_until_all_in_the_scope_have_answered, setup),
		cmocka_unit_test_setup(m_a_tree_without_scope_waits_for_whoever_answers, setup),
		cmocka_unit_test_setup(m_an_answer_counts_once_and_for_its_kind, setup),
		cmocka_unit_test_setup(m_of_a_tree_each_rbridge_counts_once, setup),
		cmocka_unit_test_setup(m_what_cannot_be_probed_is_refused, setup),
		cmocka_unit_test_setup(m_with_one_key_on_both_sides_ping_is_answered, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
