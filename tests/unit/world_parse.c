/* See world_parse.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lisp/lisp.h"
#include "tests/unit/world_parse.h"

struct eid world_eid(const char *text)
{
	const char *why = "";
	struct eid e;

	if (!eid_parse(&e, text, &why))
		fail_msg("%s: %s", text, why);
	return e;
}

struct address world_address(const char *text)
{
	struct address a;

	if (!address_parse(&a, text))
		fail_msg("%s is no address", text);
	return a;
}

struct endpoint world_endpoint(const char *text)
{
	struct endpoint e;

	if (!endpoint_parse(&e, text, LISP_CONTROL_PORT))
		fail_msg("%s is no endpoint", text);
	return e;
}
