/* The wire format of TRILL OAM (docs/trill.md, M): bytes spelled out from RFC 7455 section 8 and
 * the tables of IEEE 802.1Q clause 21. */
#include "tests/unit/trill_test.h"
#include "trill/codec/oam_auth.h"

#define APPLICATION "40 0009 00 000000 02 03 04 0009"

static int oam_of(const char *text, struct oam *o)
{
	static struct exact kept;
	struct wire_fault fault;

	free(kept.bytes);
	kept = exact_hex(text);
	return oam_read(kept.bytes, kept.len, o, &fault);
}

static void m_path_trace_reply_is_read_and_written(void **state)
{
	static const char text[] = "8902 60 40 05 04 0000002A " APPLICATION
				   "45 0005 000000 1234 46 0005 02 2222 3333 00";
	static const uint16_t hops[] = {0x2222, 0x3333};
	struct tlv_iter it;
	uint16_t nickname;
	struct oam o;
	struct tlv t;
	WRITER(w);

	assert_error(oam_of(text, &o), 0);
	assert_int_equal(o.level, 3);
	assert_int_equal(o.version, 0);
	assert_int_equal(o.opcode, OAM_TRACE_REPLY);
	assert_int_equal(o.flags, 5);
	assert_int_equal(o.session, 42);
	assert_int_equal(o.fragment, 2);
	assert_int_equal(o.code, 3);
	assert_int_equal(o.sub_code, 4);
	assert_true(o.final && o.in_band && !o.out_of_band && !o.cross_connect);
	tlv_iter_init(&it, o.tlvs, o.tlvs_len, TLV_OAM);
	assert_true(tlv_find(&it, OAM_TLV_PREVIOUS, &t));
	assert_error(oam_previous_read(&t, &nickname), 0);
	assert_int_equal(nickname, 0x1234);
	assert_true(tlv_find(&it, OAM_TLV_NEXT_HOPS, &t));
	assert_int_equal(oam_nicknames_read(&t), 2);
	assert_int_equal(oam_nickname_at(&t, 1), 0x3333);
	assert_false(tlv_next(&it, &t));
	oam_begin(&w, &o);
	oam_previous_put(&w, nickname);
	oam_nicknames_put(&w, OAM_TLV_NEXT_HOPS, hops, 2);
	oam_end(&w);
	assert_bytes(w_bytes, w.pos, text);
}

static void m_oam_flags_have_their_places(void **state)
{
	struct oam o;

	assert_error(oam_of("8902 60 41 00 04 00000000 40 0009 00 000000 00 00 00 FFF4 00", &o), 0);
	assert_true(o.cross_connect && !o.final && !o.out_of_band && !o.in_band);
	assert_error(oam_of("8902 60 41 00 04 00000000 40 0009 00 000000 00 00 00 0002 00", &o), 0);
	assert_true(o.out_of_band && !o.final && !o.cross_connect && !o.in_band);
}

static void m_oam_faults(void **state)
{
	static const struct {
		const char *bytes;
		int err;
	} rows[] = {{"8902 60 40 05", -TRILL_ETRUNC}, {"8903", -TRILL_EUNKNOWN},
		{"8902 60 40 05 03 000000", -TRILL_ELENGTH},
		{"8902 60 40 05 04 000000", -TRILL_EOVERRUN},
		{"8902 60 40 05 FF 00000000", -TRILL_EOVERRUN},
		{"8902 60 40 05 04 0000002A", -TRILL_EVALUE}, /* no TLV 64 */
		{"8902 60 40 05 04 0000002A 00", -TRILL_EVALUE},
		{"8902 60 40 05 04 0000002A 45 0005 000000 1234 00", -TRILL_EVALUE},
		{"8902 60 40 05 04 0000002A 40 0008 00 000000 02 03 04 00 00", -TRILL_ELENGTH},
		{"8902 60 40 05 04 0000002A 40 0009 01 000000 02 03 04 0009 00", -TRILL_EVERSION},
		{"8902 60 40 05 04 0000002A 40 00", -TRILL_EOVERRUN},
		{"8902 60 40 05 04 0000002A " APPLICATION "45 0006 000000 1234", -TRILL_EOVERRUN}};
	struct oam o;

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_error(oam_of(rows[i].bytes, &o), rows[i].err);
}

/* TLVs of one size: every length from 0 to one too many, in memory of that length. @read is 0 for
 * the right one alone. */
static void lengths(const char *text, int (*read)(const struct tlv *t))
{
	struct exact whole = exact_hex(text);
	uint8_t more[256] = {0};
	size_t right = whole.len;

	memcpy(more, whole.bytes, right);
	for (size_t len = 0; len <= right + 1; len++) {
		struct exact e = exact_of(more, len);
		struct tlv t = tlv_of(0, &e);

		assert_error(read(&t), len < right   ? -TRILL_ESHORT
				       : len > right ? -TRILL_ELENGTH
						     : 0);
		free(e.bytes);
	}
	free(whole.bytes);
}

/* What @read says of the value @text. */
static int value(const char *text, int (*read)(const struct tlv *t))
{
	struct exact e = exact_hex(text);
	struct tlv t = tlv_of(0, &e);
	int err = read(&t);

	free(e.bytes);
	return err;
}

static struct label label;
static uint32_t number;
static uint16_t nickname, flow_id;
static uint8_t status;
static struct oam_address address;
static struct oam_original original;
static struct oam_port port;
static const uint8_t *flow;

static int read_label(const struct tlv *t)
{
	return oam_label_read(t, &label);
}
static int read_receivers(const struct tlv *t)
{
	return oam_receivers_read(t, &number);
}
static int read_flow(const struct tlv *t)
{
	return oam_flow_read(t, &nickname, &flow_id);
}
static int read_previous(const struct tlv *t)
{
	return oam_previous_read(t, &nickname);
}
static int read_interface(const struct tlv *t)
{
	return oam_interface_read(t, &status);
}
static int read_reflector(const struct tlv *t)
{
	return oam_reflector_read(t, &flow);
}
static int read_original(const struct tlv *t)
{
	return oam_original_read(t, &original);
}
static int read_address(const struct tlv *t)
{
	return oam_address_read(t, &address);
}
static int read_sender(const struct tlv *t)
{
	return oam_sender_read(t, &nickname);
}
static int read_port(const struct tlv *t)
{
	return oam_port_read(t, &port);
}

static void m_tlv_66_names_a_vlan_or_a_fine_grained_label(void **state)
{
	WRITER(w);

	lengths("00 00 000022", read_label);
	assert_error(value("00 FF ABC022", read_label), 0); /* padded bits are ignored */
	assert_true(!label.fgl && label.id == 0x22);
	assert_error(value("01 00 ABCDEF", read_label), 0);
	assert_true(label.fgl && label.id == 0xabcdef);
	assert_error(value("02 00 000022", read_label), -TRILL_EUNKNOWN);
	oam_label_put(&w, (struct label){.id = 0x22});
	oam_label_put(&w, (struct label){.id = 0xabcdef, .fgl = true});
	assert_bytes(w_bytes, w.pos, "42 0005 00 00 000022 42 0005 01 00 ABCDEF");
	oam_label_put(&w, (struct label){.id = 0x1000});
	assert_false(wire_written(&w));
}

static void m_tlv_71_counts_receivers(void **state)
{
	WRITER(w);

	lengths("00 01020304", read_receivers);
	assert_error(value("FF 01020304", read_receivers), 0);
	assert_int_equal(number, 0x01020304);
	oam_receivers_put(&w, 0x01020304);
	assert_bytes(w_bytes, w.pos, "47 0005 00 01020304");
}

static void m_tlv_72_names_a_flow(void **state)
{
	WRITER(w);

	lengths("00 1234 0003", read_flow);
	assert_error(value("FF 1234 0003", read_flow), 0);
	assert_true(nickname == 0x1234 && flow_id == 3);
	assert_error(value("00 0000 0003", read_flow), -TRILL_EVALUE);
	oam_flow_put(&w, 0x1234, 3);
	assert_bytes(w_bytes, w.pos, "48 0005 00 1234 0003");
}

static void m_tlv_69_names_the_previous_rbridge(void **state)
{
	lengths("000000 1234", read_previous);
}

#define ZERO_16  "00000000000000000000000000000000 "
#define ZERO_80  ZERO_16 ZERO_16 ZERO_16 ZERO_16 ZERO_16
#define ENTROPY  "020000000001 020000000002 8100 000A " ZERO_80
#define ENTROPY2 "020000000003 020000000004 8100 000A " ZERO_80

static void m_tlv_73_gives_the_flow_of_the_answer(void **state)
{
	struct exact e = exact_hex(ENTROPY);
	WRITER(w);

	lengths("00 " ENTROPY, read_reflector);
	oam_reflector_put(&w, e.bytes);
	assert_bytes(w_bytes, w.pos, "49 0061 00 " ENTROPY);
	free(e.bytes);
}

static void m_tlv_67_gives_header_and_flow_back(void **state)
{
	struct exact e = exact_hex("203F 1234 2222 " ENTROPY);
	struct tlv t = tlv_of(0, &e);
	WRITER(w);

	lengths("203F 1234 2222 " ENTROPY, read_original);
	lengths("0040 1234 2222 00000000 " ENTROPY, read_original); /* with a flags word */
	assert_error(value("603F 1234 2222 " ENTROPY, read_original), -TRILL_EVERSION);
	assert_error(value("243F 1234 2222 " ENTROPY, read_original), -TRILL_EVALUE);
	assert_error(read_original(&t), 0);
	assert_true(original.header.alert && original.header.hops == 63);
	assert_true(original.header.egress == 0x1234 && original.header.ingress == 0x2222);
	assert_ptr_equal(original.flow, e.bytes + 6);
	oam_original_put(&w, e.bytes, 6, e.bytes + 6);
	assert_bytes(w_bytes, w.pos, "43 0066 203F 1234 2222 " ENTROPY);
	free(e.bytes);
}

static void m_tlv_65_gives_an_address_for_replies(void **state)
{
	WRITER(w);

	assert_error(value("", read_address), -TRILL_ESHORT);
	assert_error(value("00", read_address), -TRILL_ESHORT);
	assert_error(value("00 04 C00002", read_address), -TRILL_EOVERRUN);
	assert_error(value("00 04 C0000201 00", read_address), -TRILL_ELENGTH);
	assert_error(value("00 05 C000020100", read_address), -TRILL_EVALUE);
	assert_error(value("00 00", read_address), -TRILL_EVALUE);
	assert_error(value("03 02 1234", read_address), -TRILL_EUNKNOWN);
	assert_error(value("01 10 20010DB8"
			   "000000000000000000000001",
			     read_address),
		0);
	assert_int_equal(address.len, 16);
	assert_error(value("02 02 1234", read_address), 0);
	oam_address_put(&w, &address);
	assert_error(value("00 04 C0000201", read_address), 0);
	oam_address_put(&w, &address);
	assert_bytes(w_bytes, w.pos, "41 0004 02 02 1234 41 0006 00 04 C0000201");
	address.len = 5;
	oam_address_put(&w, &address);
	assert_false(wire_written(&w));
}

static void m_tlvs_68_and_70_count_their_nicknames(void **state)
{
	static const uint16_t nicknames[256] = {0x1111, 0x2222};
	WRITER(w);

	assert_error(value("", oam_nicknames_read), -TRILL_ESHORT);
	assert_error(value("00", oam_nicknames_read), 0);
	assert_error(value("01", oam_nicknames_read), -TRILL_ELENGTH);
	assert_error(value("00 1111", oam_nicknames_read), -TRILL_ELENGTH);
	assert_error(value("01 11", oam_nicknames_read), -TRILL_ELENGTH);
	assert_error(value("01 1111 22", oam_nicknames_read), -TRILL_ELENGTH);
	assert_error(value("03 1111 2222", oam_nicknames_read), -TRILL_ELENGTH);
	assert_int_equal(value("02 1111 2222", oam_nicknames_read), 2);
	oam_nicknames_put(&w, OAM_TLV_SCOPE, nicknames, 2);
	oam_nicknames_put(&w, OAM_TLV_SCOPE, NULL, 0);
	assert_bytes(w_bytes, w.pos, "44 0005 02 1111 2222 44 0001 00");
	oam_nicknames_put(&w, OAM_TLV_SCOPE, nicknames, 256);
	assert_false(wire_written(&w));
}

/* The address family 16396 has two bytes, where 802.1Q has one of subtype. */
static void m_the_sender_is_a_nickname(void **state)
{
	WRITER(w);

	assert_error(value("", read_sender), -TRILL_ESHORT);
	assert_error(value("03 400C FF", read_sender), -TRILL_ESHORT);
	assert_error(value("03 400B FFDE", read_sender), -TRILL_EUNKNOWN);
	assert_error(value("04 05 01 C0000201", read_sender), -TRILL_EUNKNOWN);
	assert_error(value("04 400C FFDE", read_sender), -TRILL_ELENGTH);
	assert_error(value("02 400C FFDE", read_sender), 0);
	assert_error(value("03 400C FFDE 00", read_sender), 0); /* management domain: none */
	assert_int_equal(nickname, 0xffde);
	oam_sender_put(&w, 0xffde);
	assert_bytes(w_bytes, w.pos, "01 0005 03 400C FFDE");
}

static void m_a_port_has_action_mac_and_id(void **state)
{
	WRITER(w);

	assert_error(value("", read_port), -TRILL_ESHORT);
	assert_error(value("01 0200000000", read_port), -TRILL_ESHORT);
	assert_error(value("00 020000000001", read_port), -TRILL_EVALUE);
	assert_error(value("05 020000000001", read_port), -TRILL_EVALUE);
	assert_error(value("01 020000000001 02", read_port), -TRILL_ESHORT);
	assert_error(value("01 020000000001 03 07 0123", read_port), -TRILL_EOVERRUN);
	assert_error(value("01 020000000001 01 07 0123", read_port), -TRILL_ELENGTH);
	assert_error(value("01 020000000001 04 05 65746830", read_port), 0); /* a name */
	assert_false(port.has_id);
	assert_error(value("02 020000000001", read_port), 0);
	oam_port_put(&w, OAM_TLV_EGRESS, &port);
	assert_error(value("01 020000000001 02 07 0123", read_port), 0);
	assert_true(port.has_id && port.id == 0x123);
	oam_port_put(&w, OAM_TLV_INGRESS, &port);
	assert_bytes(w_bytes, w.pos, "06 0007 02 020000000001 05 000B 01 020000000001 02 07 0123");
	lengths("01", read_interface);
	assert_error(value("00", read_interface), -TRILL_EVALUE);
	assert_error(value("08", read_interface), -TRILL_EVALUE);
	assert_error(value("07", read_interface), 0);
}

/* "TrillBaseMode", 0xFFFC; appendix B. */
#define MAID                                                                                       \
	"04 0D 5472696C6C426173654D6F6465 03 02 FFFC "                                             \
	"00000000000000000000000000000000000000000000000000000000 00 "
#define CCM "8902 60 01 84 46 00000007 1234 " MAID ZERO_16

static void m_a_continuity_check_has_mep_and_maid(void **state)
{
	static const char text[] = CCM "40 0009 00 000000 00 00 00 0000 48 0005 00 1234 0003 00";
	uint8_t own[OAM_CCM_OWN_LEN];
	struct oam_ccm c;
	struct oam o;
	WRITER(w);

	assert_error(oam_of(text, &o), 0);
	assert_int_equal(o.opcode, OAM_CCM);
	assert_int_equal(o.flags & OAM_CCM_RDI, OAM_CCM_RDI);
	assert_int_equal(o.flags & OAM_CCM_INTERVAL, 4);
	assert_int_equal(o.session, 7);
	assert_error(oam_ccm_read(&o, &c), 0);
	assert_int_equal(c.mep, 0x1234);
	assert_memory_equal(c.maid, oam_base_maid, OAM_MAID_LEN);
	oam_ccm_own(own, c.mep, oam_base_maid);
	o.own = own;
	oam_begin(&w, &o);
	oam_flow_put(&w, 0x1234, 3);
	oam_end(&w);
	assert_bytes(w_bytes, w.pos, text);
	o.own_len--;
	assert_error(oam_ccm_read(&o, &c), -TRILL_ELENGTH);
	o.own_len += 2;
	assert_error(oam_ccm_read(&o, &c), -TRILL_ELENGTH);
	o.own_len--;
	own[0] = own[1] = 0;
	assert_error(oam_ccm_read(&o, &c), -TRILL_EVALUE);
}

/* RFC 5310 with Apad, over header (A, C and hop count as zero), flow and message; the digest was
 * made by Python's hmac. */
#define SIGNED(header, flow, digest)                                                               \
	header " 1234 2222 " flow "8902 60 03 00 04 0000002A 40 0009 00 000000 00 00 00 0001 "     \
	       "4A 0023 03 0007 " digest " 00"
#define DIGEST "7fe645a0402639a0656c7fa456612620b6c9666f8a65617da2ae41e78882b153"

static int check(const char *text, struct isis_key *const *keys, unsigned int n)
{
	struct exact e = exact_hex(text);
	int err = oam_auth_check(e.bytes, e.len, keys, n);

	free(e.bytes);
	return err;
}

static void m_authentication_covers_header_and_flow(void **state)
{
	struct isis_key *key = isis_key_new(ISIS_AUTH_HMAC_SHA256, 7, "secret", 6);
	struct isis_key *other = isis_key_new(ISIS_AUTH_HMAC_SHA256, 8, "secret", 6);
	struct isis_key *keys[] = {other, key};
	struct exact e = exact_hex(SIGNED("203F", ENTROPY2, ZERO_16 ZERO_16));

	assert_error(check(SIGNED("203F", ENTROPY2, DIGEST), keys, 2), -TRILL_EAUTH);
	assert_error(check(SIGNED("203F", ENTROPY, DIGEST), keys, 2), 0);
	assert_error(check(SIGNED("3001", ENTROPY, DIGEST), keys, 2), 0); /* fewer hops, C */
	assert_error(check(SIGNED("283F", ENTROPY, DIGEST), keys, 2), -TRILL_EAUTH); /* M */
	assert_error(check(SIGNED("203F", ENTROPY, DIGEST), keys, 1), -TRILL_EAUTH);
	assert_error(oam_auth_sign(other, e.bytes, e.len), -TRILL_EAUTH);
	assert_error(oam_auth_sign(key, e.bytes, e.len), 0);
	assert_error(oam_auth_check(e.bytes, e.len, keys, 2), 0);
	free(e.bytes);
	e = exact_hex(SIGNED("203F", ENTROPY, ZERO_16 ZERO_16));
	assert_error(oam_auth_sign(key, e.bytes, e.len), 0);
	assert_bytes(e.bytes, e.len, SIGNED("203F", ENTROPY, DIGEST));
	free(e.bytes);
	isis_key_free(key);
	isis_key_free(other);
}

static void m_tlv_74_of_any_other_shape_is_not_authentic(void **state)
{
	static const char *const tlvs[] = {"", "4A 0000", "4A 0001 03", "4A 0003 03 0007",
		"4A 0022 03 0007 " ZERO_16 "000000000000000000000000000000",
		"4A 0024 03 0007 " ZERO_16 ZERO_16 "00", "4A 0023 36 0007 " ZERO_16 ZERO_16,
		"4A 0011 36 " ZERO_16, "4A 0023 03 0008 " ZERO_16 ZERO_16,
		"4A 0023 03 0007 " ZERO_16 ZERO_16 "4A 0023 03 0007 " ZERO_16 ZERO_16};
	struct isis_key *md5 = isis_key_new(ISIS_AUTH_HMAC_MD5, 0, "secret", 6);
	struct isis_key *keys[] = {isis_key_new(ISIS_AUTH_HMAC_SHA256, 7, "secret", 6), md5};
	char text[2048];
	WRITER(w);

	for (unsigned int i = 0; i < sizeof(tlvs) / sizeof(tlvs[0]); i++) {
		struct exact e;

		snprintf(text, sizeof(text),
			"203F 1234 2222 " ENTROPY
			"8902 60 03 00 04 0000002A 40 0009 00 000000 00 00 00 0001 %s 00",
			tlvs[i]);
		e = exact_hex(text);
		for (unsigned int k = 0; k < 2; k++)
			assert_error(oam_auth_sign(keys[k], e.bytes, e.len), -TRILL_EAUTH);
		assert_error(oam_auth_check(e.bytes, e.len, keys, 2), -TRILL_EAUTH);
		free(e.bytes);
	}
	oam_auth_put(&w, keys[0]);
	assert_bytes(w_bytes, w.pos, "4A 0023 03 0007 " ZERO_16 ZERO_16);
	oam_auth_put(&w, md5);
	assert_false(wire_written(&w));
	isis_key_free(keys[0]);
	isis_key_free(md5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(m_path_trace_reply_is_read_and_written),
		cmocka_unit_test(m_oam_flags_have_their_places),
		cmocka_unit_test(m_oam_faults),
		cmocka_unit_test(m_tlv_66_names_a_vlan_or_a_fine_grained_label),
		cmocka_unit_test(m_tlv_71_counts_receivers),
		cmocka_unit_test(m_tlv_72_names_a_flow),
		cmocka_unit_test(m_tlv_69_names_the_previous_rbridge),
		cmocka_unit_test(m_tlv_73_gives_the_flow_of_the_answer),
		cmocka_unit_test(m_tlv_67_gives_header_and_flow_back),
		cmocka_unit_test(m_tlv_65_gives_an_address_for_replies),
		cmocka_unit_test(m_tlvs_68_and_70_count_their_nicknames),
		cmocka_unit_test(m_the_sender_is_a_nickname),
		cmocka_unit_test(m_a_port_has_action_mac_and_id),
		cmocka_unit_test(m_a_continuity_check_has_mep_and_maid),
		cmocka_unit_test(m_authentication_covers_header_and_flow),
		cmocka_unit_test(m_tlv_74_of_any_other_shape_is_not_authentic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
