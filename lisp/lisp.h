/* lisp: the code points of LISP (RFC 9301 section 11, RFC 8060, RFC 9437) and what its messages
 * share.
 *
 * The codec is pure: bytes <-> structs; no socket, clock, entropy or allocation. Parsed messages
 * borrow from the packet and die with it. A parser walks the whole message once, checking every
 * bound and value; after it has returned 0 the iterators over records and locators cannot fail. */
#ifndef SUNWARD_LISP_LISP_H
#define SUNWARD_LISP_LISP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/wire.h"
#include "lib/net/address.h"

#define LISP_DATA_PORT    4341
#define LISP_CONTROL_PORT 4342

enum lisp_type {
	LISP_MAP_REQUEST = 1,
	LISP_MAP_REPLY = 2,
	LISP_MAP_REGISTER = 3,
	LISP_MAP_NOTIFY = 4,
	LISP_MAP_NOTIFY_ACK = 5,
	LISP_MAP_REFERRAL = 6,
	LISP_INFO = 7,
	LISP_ECM = 8,
	LISP_EXTENSION = 15, /* RFC 9304: 12-bit sub-type follows */
};

/* ACT of a negative EID-record (RFC 9301 section 5.4). */
enum lisp_act {
	LISP_ACT_NONE = 0,
	LISP_ACT_NATIVE_FORWARD = 1,
	LISP_ACT_SEND_MAP_REQUEST = 2,
	LISP_ACT_DROP = 3,
	LISP_ACT_DROP_POLICY = 4,
	LISP_ACT_DROP_AUTH = 5,
};

/* Negative returns of the codec; the cursor's fault says where. */
enum lisp_error {
	LISP_ETRUNC = 1,   /* the message ends too early */
	LISP_EMALFORMED,   /* a value outside its range, or bytes left over */
	LISP_EUNKNOWN_AFI, /* RFC 9301: MUST drop and MUST log */
	LISP_EUNSUPPORTED, /* well-formed, but of a kind this caller does not take */
	LISP_ENOROOM, /* writer: the buffer is too small, or a value is too wide for its field */
};

#define LISP_LCAF_DEPTH_MAX    4  /* nested LCAFs */
#define LISP_LCAF_ELEMENTS_MAX 64 /* addresses in one address field, all levels together */
#define LISP_RECORDS_MAX       255
#define LISP_ITR_RLOCS_MAX     32
#define LISP_LOCATORS_MAX      255
#define LISP_MESSAGE_MAX       65507 /* bytes: a UDP payload over IPv4 */

struct lisp_xtr_id {
	uint8_t bytes[16];
};

/* The type of a message, or -LISP_ETRUNC. */
int lisp_type_of(const void *pkt, size_t len);
/* "Map-Register"; "type 9" for others is NULL. */
const char *lisp_type_name(int type);
const char *lisp_act_name(enum lisp_act act);
/* By enum lisp_act, as configurations and interfaces write them: "natively-forward"; ends with
 * NULL. */
extern const char *const lisp_act_words[];
#define LISP_ACT_COUNT 6 /* that have a meaning */

#endif
