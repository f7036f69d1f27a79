/* world_parse: what the tests' worlds, and their scripts, write as text. Text that is wrong fails
 * the test that has it. */
#ifndef SUNWARD_TESTS_UNIT_WORLD_PARSE_H
#define SUNWARD_TESTS_UNIT_WORLD_PARSE_H

#include "lib/net/address.h"

struct eid world_eid(const char *text);
struct address world_address(const char *text);
struct endpoint world_endpoint(const char *text); /* port 4342 where the text has none */

#endif
