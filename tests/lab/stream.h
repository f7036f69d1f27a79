/* The TCP stream that a client of the machine holds to its echo service, and the lab's clock: what
 * the tools that watch a move share. Every byte has its place's value, so that any loss, repetition
 * or swap shows. */
#ifndef TESTS_LAB_STREAM_H
#define TESTS_LAB_STREAM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#define STREAM_INTERVAL_NS 10000000ull /* a line every 10 ms */

struct stream {
	int fd;
	bool wanted, broken;
	char broken_why[64];
	uint64_t last_arrival_ns, gap_ns;
	uint64_t sent_bytes, echoed_bytes;
};

/* Ends the program: perror(@what). */
void die(const char *what) __attribute__((noreturn));

/* CLOCK_REALTIME, the clock of SO_TIMESTAMPNS and of QEMU's events, in ns. */
uint64_t now_ns(void);

/* When the kernel took in the message that recvmsg filled in; now, if it does not say. */
uint64_t arrival_ns(struct msghdr *msg);

/* A socket address from text, its port in host order. Returns its length, 0 when @text is none. */
socklen_t stream_address(struct sockaddr_storage *to, const char *text, uint16_t port);

/* Connect to the echo service at @to; ends the program when it cannot. */
void stream_open(struct stream *s, const struct sockaddr_storage *to, socklen_t len);
void stream_send(struct stream *s);    /* one line */
void stream_receive(struct stream *s); /* what has come */

/* "none" (not wanted), "kept", or what is wrong; in the end missing bytes are wrong too. */
const char *stream_verdict(const struct stream *s, bool final);

#endif
