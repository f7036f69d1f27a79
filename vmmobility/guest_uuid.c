/* See guest_uuid.h. */
#include "vmmobility/guest_uuid.h"

#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

bool guest_uuid_is_zero(const struct handover_id *uuid)
{
	static const struct handover_id zero;

	return memcmp(uuid, &zero, sizeof(zero)) == 0;
}

struct handover_id guest_uuid_of_name(const char *name)
{
	struct handover_id id = {{0}};
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned int len = 0;

	if (EVP_Digest(name, strlen(name), digest, &len, EVP_sha256(), NULL) && len >= 16)
		memcpy(id.bytes, digest, 16);
	id.bytes[6] = (uint8_t)((id.bytes[6] & 0x0f) | 0x80); /* version 8, RFC 9562 section 5.8 */
	id.bytes[8] = (uint8_t)((id.bytes[8] & 0x3f) | 0x80);
	return id;
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool guest_uuid_parse(struct handover_id *uuid, const char *text)
{
	unsigned int n = 0;

	memset(uuid, 0, sizeof(*uuid));
	if (strlen(text) != GUEST_UUID_TEXT - 1)
		return false;
	for (unsigned int i = 0; i < GUEST_UUID_TEXT - 1; i++) {
		int digit = digit_of(text[i]);

		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (text[i] != '-')
				return false;
			continue;
		}
		if (digit < 0)
			return false;
		uuid->bytes[n / 2] = (uint8_t)(uuid->bytes[n / 2] << 4 | digit);
		n++;
	}
	return !guest_uuid_is_zero(uuid);
}

const char *guest_uuid_format(const struct handover_id *uuid, char text[GUEST_UUID_TEXT])
{
	const uint8_t *b = uuid->bytes;

	snprintf(text, GUEST_UUID_TEXT,
		"%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
		b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
		b[15]);
	return text;
}
