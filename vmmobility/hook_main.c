/* hook_main: sunward-vm-hook, which libvirt calls as /etc/libvirt/hooks/qemu.d/ANY-NAME with GUEST
 * OPERATION SUB-OPERATION EXTRA and the domain's XML on standard input.
 *
 * It hands all that to the agent, waits for its answer for a bounded time, and lets libvirt go on:
 * exit 0 whatever happens, and nothing on standard output, which would replace the XML of a
 * migration. Under a name that has "strict" in it, `migrate` and `prepare` fail, and with them the
 * migration or start, when the agent refuses or does not answer; nothing else ever does: a failing
 * `reconnect` would kill the guest. Calls nothing of libvirt, which waits for it. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "vmmobility/hook_message.h"

#define READ_MS 1000 /* for the XML to come */

/* False: @deadline is over. */
static bool wait_for(int fd, struct mono deadline)
{
	struct mono now = mono_now();
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return !mono_due(deadline, now) && poll(&p, 1, (int)mono_since_ms(now, deadline) + 1) == 1;
}

static size_t read_xml(char *xml, size_t size)
{
	struct mono deadline = mono_add_ms(mono_now(), READ_MS);
	size_t len = 0;
	ssize_t n;

	while (len < size && wait_for(STDIN_FILENO, deadline) &&
		(n = read(STDIN_FILENO, xml + len, size - len)) > 0)
		len += (size_t)n;
	return len;
}

/* Hand @record over; the answer's length, or -1: there is none. */
static ssize_t ask(const char *path, const char *record, size_t len, char *answer, size_t size)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), room = HOOK_MESSAGE_MAX * 2;
	const struct timeval patience = {.tv_sec = HOOK_WAIT_MS / 1000};
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	ssize_t n = -1;

	if (fd < 0)
		return -1;
	strncpy(at.sun_path, path, sizeof(at.sun_path) - 1);
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(fd, (const struct sockaddr *)&at, sizeof(at)) == 0 &&
		send(fd, record, len, MSG_NOSIGNAL) == (ssize_t)len &&
		wait_for(fd, mono_add_ms(mono_now(), HOOK_WAIT_MS)))
		n = recv(fd, answer, size, 0);
	close(fd);
	return n > 0 ? n : -1;
}

/* Not to go on: 1, with the reason for libvirt's log. */
static int verdict(const struct hook_message *m, const char *answer, ssize_t len)
{
	const char *why = "the agent does not answer";
	size_t why_len = strlen(why);

	if (!hook_may_refuse(m->operation) ||
		(len >= 0 && !hook_answer_refuses(answer, (size_t)len, &why, &why_len)))
		return 0;
	fprintf(stderr, "sunward-vm-hook: %s of %s: %.*s\n", m->operation, m->guest, (int)why_len,
		why);
	return 1;
}

int main(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/'), *name = slash ? slash + 1 : argv[0];
	const char *path = getenv("SUNWARD_VM_HOOK_SOCKET");
	struct hook_message m;
	char *xml, *record, answer[HOOK_ANSWER_MAX];
	ssize_t len = -1;

	if (argc < 4)
		return 0;
	xml = malloc(HOOK_XML_MAX);
	record = malloc(HOOK_MESSAGE_MAX);
	if (xml && record) {
		m = (struct hook_message){
			argv[1], argv[2], argv[3], xml, read_xml(xml, HOOK_XML_MAX)};
		size_t n = hook_message_write(&m, record, HOOK_MESSAGE_MAX);

		if (n)
			len = ask(path ? path : HOOK_SOCKET, record, n, answer, sizeof(answer));
	}
	m.guest = argv[1];
	m.operation = argv[2];
	free(xml);
	free(record);
	return strstr(name, "strict") ? verdict(&m, answer, len) : 0;
}
