/* See port_filter.h. */
#include "trill/port_filter.h"

#include "trill/bpf/contract.h"
#include "trill/codec/trill.h"

#define WHOLE            0x40000
#define NEXT_HEADER_AT   20 /* of IPv6 */
#define ICMPV6           58
#define ICMPV6_TYPE_AT   54
#define ND_SOLICITATION  135
#define ND_ADVERTISEMENT 136

#define FRAME_COST 4608 /* a page, and the kernel's record of the frame */
#define BUSY_PARTS 10   /* of a second: so long nobody may read */

/* Frames of a class that wait then; of strangers each share has its own. */
enum {
#define WAIT(id, per_s, burst, beyond, help) WAIT_##id = (burst) + (per_s) / BUSY_PARTS,
	CONTRACT_CLASSES(WAIT)
#undef WAIT
};

/* Copies go elsewhere, and what is snooped, or the host's own, not to this socket. */
const size_t trill_port_room =
	(size_t)FRAME_COST * (WAIT_NEIGHBOUR + CONTRACT_STRANGERS * WAIT_STRANGER + WAIT_CHANNEL +
				     WAIT_ASKS + WAIT_LINK);

static struct sock_filter code[] = {
	BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETHERTYPE_L2_ISIS, 13, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETHERTYPE_TRILL, 12, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETHERTYPE_CHANNEL, 11, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETHERTYPE_NATIVE_ARP, 10, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETHERTYPE_NATIVE_IPV6, 0, 5),
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, NEXT_HEADER_AT),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMPV6, 0, 8),
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, ICMPV6_TYPE_AT),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ND_SOLICITATION, 5, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ND_ADVERTISEMENT, 4, 5),
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), /* BPDUs: to 01-80-C2-00-00-00 */
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x0180c200, 0, 3),
	BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 4),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, WHOLE),
	BPF_STMT(BPF_RET | BPF_K, 0),
};

const struct sock_fprog trill_port_filter = {.len = sizeof(code) / sizeof(code[0]), .filter = code};
