/* See udp_steer.h. A classic BPF program: it needs no privilege, as an eBPF one would. The kernel
 * runs it with the payload as the packet's start; headers are read relative to the network header
 * (SKF_NET_OFF).
 *
 *   M[0] not 0: control    M[1] hash of the source address    M[2] source port
 */
#include "lib/net/udp_steer.h"

#include <errno.h>
#include <linux/filter.h>
#include <stddef.h>
#include <sys/socket.h>

#define PROGRAM_MAX 96

struct program {
	struct sock_filter code[PROGRAM_MAX];
	unsigned short len;
};

static void emit(struct program *p, uint16_t code, uint32_t k)
{
	p->code[p->len++] = (struct sock_filter){.code = code, .k = k};
}

/* Skip @over instructions unless A == @k. */
static void emit_unless(struct program *p, uint32_t k, uint8_t over)
{
	p->code[p->len++] =
		(struct sock_filter){.code = BPF_JMP | BPF_JEQ | BPF_K, .jf = over, .k = k};
}

/* M[0] = not 0 when the payload's first nibble is of the set. Empty payloads end here. */
static void emit_class(struct program *p, const struct udp_steer *s)
{
	emit(p, BPF_LD | BPF_W | BPF_LEN, 0);
	emit_unless(p, 0, 1);
	emit(p, BPF_RET | BPF_K, s->workers);
	emit(p, BPF_LD | BPF_B | BPF_ABS, 0);
	emit(p, BPF_ALU | BPF_RSH | BPF_K, 4);
	emit(p, BPF_MISC | BPF_TAX, 0);
	emit(p, BPF_LD | BPF_IMM, 1);
	emit(p, BPF_ALU | BPF_LSH | BPF_X, 0);
	emit(p, BPF_ALU | BPF_AND | BPF_K, s->control_nibbles);
	emit(p, BPF_ST, 0);
}

static void emit_net(struct program *p, uint16_t size, uint32_t offset)
{
	emit(p, BPF_LD | size | BPF_ABS, (uint32_t)SKF_NET_OFF + offset);
}

/* A = (A ^ word at @offset of the network header) x the secret, odd. */
static void emit_fold(struct program *p, uint32_t offset, uint32_t secret)
{
	emit(p, BPF_MISC | BPF_TAX, 0);
	emit_net(p, BPF_W, offset);
	emit(p, BPF_ALU | BPF_XOR | BPF_X, 0);
	emit(p, BPF_ALU | BPF_MUL | BPF_K, secret | 1);
}

/* A ^= A >> @by */
static void emit_mix(struct program *p, uint32_t by)
{
	emit(p, BPF_MISC | BPF_TAX, 0);
	emit(p, BPF_ALU | BPF_RSH | BPF_K, by);
	emit(p, BPF_ALU | BPF_XOR | BPF_X, 0);
}

/* M[1], M[2] by IP version. */
static void emit_source(struct program *p, uint32_t secret)
{
	unsigned short branch, out;

	emit_net(p, BPF_B, 0);
	emit(p, BPF_ALU | BPF_RSH | BPF_K, 4);
	branch = p->len;
	emit_unless(p, 4, 0);
	emit(p, BPF_LD | BPF_IMM, secret);
	emit_fold(p, 12, secret);
	emit(p, BPF_ST, 1);
	emit(p, BPF_LDX | BPF_B | BPF_MSH, (uint32_t)SKF_NET_OFF); /* behind IPv4 options */
	emit(p, BPF_LD | BPF_H | BPF_IND, (uint32_t)SKF_NET_OFF);
	out = p->len;
	emit(p, BPF_JMP | BPF_JA, 0);
	p->code[branch].jf = (uint8_t)(p->len - branch - 1);
	emit(p, BPF_LD | BPF_IMM, secret);
	for (uint32_t word = 8; word < 24; word += 4) {
		emit_mix(p, 15);
		emit_fold(p, word, secret);
	}
	emit(p, BPF_ST, 1);
	/* With extension headers these are not the port, but no less the same for one flow. */
	emit_net(p, BPF_H, 40);
	p->code[out].k = (uint32_t)(p->len - out - 1);
	emit(p, BPF_ST, 2);
}

/* Return hash A modulo @count, plus @first. */
static void emit_return(struct program *p, uint32_t count, uint32_t first)
{
	emit_mix(p, 16);
	emit(p, BPF_ALU | BPF_MUL | BPF_K, 0x7feb352d); /* odd, its bits well mixed */
	emit_mix(p, 15);
	emit(p, BPF_ALU | BPF_MOD | BPF_K, count);
	emit(p, BPF_ALU | BPF_ADD | BPF_K, first);
	emit(p, BPF_RET | BPF_A, 0);
}

static void emit_choice(struct program *p, const struct udp_steer *s)
{
	unsigned short branch;

	emit(p, BPF_LD | BPF_MEM, 0);
	branch = p->len;
	emit_unless(p, 0, 0);
	emit(p, BPF_LDX | BPF_MEM, 1);
	emit(p, BPF_LD | BPF_MEM, 2);
	emit(p, BPF_ALU | BPF_ADD | BPF_X, 0);
	emit_return(p, s->workers, s->workers);
	p->code[branch].jf = (uint8_t)(p->len - branch - 1);
	emit(p, BPF_LD | BPF_MEM, 1);
	emit_return(p, s->workers, 0);
}

int udp_steer_attach(int fd, const struct udp_steer *steer)
{
	struct program p = {.len = 0};
	struct sock_fprog attach = {.filter = p.code};

	if (steer->workers < 1 || steer->workers > 256)
		return -EINVAL;
	emit_class(&p, steer);
	emit_source(&p, steer->secret);
	emit_choice(&p, steer);
	attach.len = p.len;
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &attach, sizeof(attach)) < 0)
		return -errno;
	return 0;
}
