/* hook_message: what libvirt calls a hook with, as one record from the hook to the agent, and the
 * agent's answer. Pure. */
#ifndef SUNWARD_VMMOBILITY_HOOK_MESSAGE_H
#define SUNWARD_VMMOBILITY_HOOK_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

#define HOOK_SOCKET      RUNSTATEDIR "/vm-hook.sock"
#define HOOK_XML_MAX     (256u << 10)
#define HOOK_MESSAGE_MAX (HOOK_XML_MAX + 2048)
#define HOOK_ANSWER_MAX  256
#define HOOK_WAIT_MS     2000 /* that the hook waits for an answer */

/* Borrows from the record. */
struct hook_message {
	const char *guest, *operation, *sub_operation;
	const char *xml; /* not ended by NUL */
	size_t xml_len;
};

/* Bytes written, or 0: too long. */
size_t hook_message_write(const struct hook_message *m, char *record, size_t size);
bool hook_message_parse(const char *record, size_t len, struct hook_message *m);

/* "ok", or "refuse " and why. */
bool hook_answer_refuses(const char *answer, size_t len, const char **why, size_t *why_len);
/* It may be refused: nothing has happened yet. */
bool hook_may_refuse(const char *operation);

#endif
