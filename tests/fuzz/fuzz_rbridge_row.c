/* fuzz_rbridge_row: the events that a site's RBridge sends an xTR, as bytes of the stream: in
 * whichever pieces they come they are the same; an end station that is taken is in range, and one
 * that is not has a reason. */
#include "tests/fuzz/need.h"

#include <json-c/json.h>
#include <stdint.h>
#include <string.h>

#include "lib/net/sse.h"
#include "lib/service/json.h"
#include "xtr/rbridge_row.h"

struct reading {
	struct sse sse;
	unsigned int events, rows;
	uint64_t all; /* of what the events say */
};

static uint64_t mix(uint64_t all, const char *text)
{
	for (; *text; text++)
		all = all * 1099511628211u + (unsigned char)*text;
	return all * 31 + 1;
}

static bool on_event(void *arg, const char *id, const char *event, const char *data)
{
	struct router_station s;
	struct reading *r = arg;
	struct json_object *o;
	char why[160] = "";
	uint16_t vlan = 0;

	r->events++;
	r->all = mix(mix(mix(r->all, id ? id : ""), event), data);
	o = json_read(data, strlen(data), why, sizeof(why));
	if (!o) {
		need(*why);
		return true;
	}
	if (!rbridge_row_read(o, &vlan, &s, why, sizeof(why)))
		need(*why);
	else
		need(++r->rows && vlan >= 1 && vlan <= 4094 && s.ip_count <= ROUTER_STATION_IPS);
	json_object_put(o);
	return true;
}

static bool read_it(struct reading *r, const uint8_t *data, size_t size, size_t piece)
{
	bool ok = true;

	memset(r, 0, sizeof(*r));
	sse_init(&r->sse, on_event, r);
	for (size_t at = 0; ok && at < size; at += piece)
		ok = sse_feed(
			&r->sse, (const char *)data + at, size - at < piece ? size - at : piece);
	sse_fini(&r->sse);
	return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t pieces[] = {1, 3, 64};
	struct reading whole, cut;
	bool ok = read_it(&whole, data, size, size ? size : 1);

	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		need(read_it(&cut, data, size, pieces[i]) == ok);
		need(cut.events == whole.events && cut.rows == whole.rows && cut.all == whole.all);
	}
	return 0;
}
