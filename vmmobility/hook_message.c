/* See hook_message.h. */
#include "vmmobility/hook_message.h"

#include <string.h>

/* The version is in the first word. Four texts with their NULs, then the XML. */
static const char magic[] = "sunward-vm-hook/1", refuse[] = "refuse ";

static bool put(char *record, size_t size, size_t *at, const char *text, size_t len)
{
	if (len > size - *at)
		return false;
	memcpy(record + *at, text, len);
	*at += len;
	return true;
}

size_t hook_message_write(const struct hook_message *m, char *record, size_t size)
{
	size_t at = 0;

	if (!put(record, size, &at, magic, sizeof(magic)) ||
		!put(record, size, &at, m->guest, strlen(m->guest) + 1) ||
		!put(record, size, &at, m->operation, strlen(m->operation) + 1) ||
		!put(record, size, &at, m->sub_operation, strlen(m->sub_operation) + 1) ||
		!put(record, size, &at, m->xml, m->xml_len))
		return 0;
	return at;
}

static const char *take(const char **record, size_t *len)
{
	const char *text = *record, *end = memchr(text, '\0', *len);

	if (!end)
		return NULL;
	*len -= (size_t)(end + 1 - text);
	*record = end + 1;
	return text;
}

bool hook_message_parse(const char *record, size_t len, struct hook_message *m)
{
	const char *first = take(&record, &len);

	if (!first || strcmp(first, magic) != 0 || !(m->guest = take(&record, &len)) ||
		!(m->operation = take(&record, &len)) ||
		!(m->sub_operation = take(&record, &len)) || len > HOOK_XML_MAX)
		return false;
	m->xml = record;
	m->xml_len = len;
	return true;
}

bool hook_answer_refuses(const char *answer, size_t len, const char **why, size_t *why_len)
{
	if (len < sizeof(refuse) - 1 || memcmp(answer, refuse, sizeof(refuse) - 1) != 0)
		return false;
	*why = answer + sizeof(refuse) - 1;
	*why_len = len - (sizeof(refuse) - 1);
	return true;
}

bool hook_may_refuse(const char *operation)
{
	return strcmp(operation, "migrate") == 0 || strcmp(operation, "prepare") == 0;
}
