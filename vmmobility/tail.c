/* See tail.h. The maps are mapped into this process, so that reading them asks for no capability
 * and no system call. */
#include "vmmobility/tail.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "lib/net/link_stats.h"
#include "vmmobility/bpf/contract.h"
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wcast-qual" /* in what bpftool generates */
#include "vmmobility/bpf/port.skel.h"
#pragma GCC diagnostic pop

#define TCX_EGRESS      47 /* enum bpf_attach_type of kernel 6.6 */
#define CLSACT_HANDLE   1
#define CLSACT_PRIORITY 4342
#define FRAME_MAX       ((PORT_CHUNKS_EACH - 1) * PORT_CHUNK_BYTES)

struct tail {
	struct port *bpf;
	int ifindex;
	int link;       /* -1: a clsact filter */
	int64_t base;   /* delivered - read - dropped, with an empty queue */
	uint64_t taken; /* read and dropped, when base was set */
	const struct port_packet *packets;
	const struct port_chunk *chunks;
	struct port_state *state;
	uint8_t frame[FRAME_MAX];
};

static void say(char *why, size_t size, const char *what)
{
	snprintf(why, size, "%s: %s", what, strerror(errno));
}

/* libbpf's own lines would go to standard error; the reason is in errno. */
static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	if (!getenv("SUNWARD_BPF_DEBUG"))
		return 0;
	return vfprintf(stderr, format, args);
}

static size_t pages(size_t len)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (len + page - 1) / page * page;
}

static void *map_in(const struct bpf_map *map, size_t len)
{
	void *at = mmap(NULL, pages(len), PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);

	return at == MAP_FAILED ? NULL : at;
}

static void map_out(const void *at, size_t len)
{
	if (at)
		munmap((void *)(uintptr_t)at, pages(len));
}

static bool map_all(struct tail *t)
{
	t->packets = map_in(t->bpf->maps.packets, PORT_PACKETS * sizeof(*t->packets));
	t->chunks = map_in(t->bpf->maps.chunks, PORT_CHUNKS * sizeof(*t->chunks));
	t->state = map_in(t->bpf->maps.state, sizeof(*t->state));
	return t->packets && t->chunks && t->state;
}

static int tcx_link(int ifindex, int program)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = (uint32_t)program;
	attr.link_create.target_ifindex = (uint32_t)ifindex;
	attr.link_create.attach_type = TCX_EGRESS;
	return (int)syscall(__NR_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));
}

/* On a kernel before 6.6. */
static int clsact_attach(int ifindex, int program)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = CLSACT_HANDLE, .priority = CLSACT_PRIORITY,
		.prog_fd = program, .flags = BPF_TC_F_REPLACE);
	int rc = bpf_tc_hook_create(&hook);

	if (rc && rc != -EEXIST)
		return rc;
	return bpf_tc_attach(&hook, &opts);
}

static void clsact_detach(int ifindex)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = CLSACT_HANDLE, .priority = CLSACT_PRIORITY);

	bpf_tc_detach(&hook, &opts);
}

static bool attach(struct tail *t)
{
	int program = bpf_program__fd(t->bpf->progs.port_copy), rc;

	t->link = tcx_link(t->ifindex, program);
	if (t->link >= 0)
		return true;
	if (errno != EINVAL)
		return false;
	rc = clsact_attach(t->ifindex, program);
	errno = -rc;
	return rc == 0;
}

/* Whether GSO packets are cut up before they come to the tap. */
static bool cuts(int ifindex)
{
	struct ethtool_value tso = {.cmd = ETHTOOL_GTSO};
	struct ifreq r = {.ifr_data = (void *)&tso};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool asked = fd >= 0 && if_indextoname((unsigned int)ifindex, r.ifr_name) &&
		     !ioctl(fd, SIOCETHTOOL, &r);

	if (fd >= 0)
		close(fd);
	return asked && !tso.data;
}

/* What has left the queue since the interface was made, either way. */
static int taken(const struct tail *t, uint64_t *out)
{
	struct link_stats stats;
	int err = link_stats_get(t->ifindex, &stats);

	if (!err)
		*out = stats.tx_packets + stats.tx_dropped;
	return err;
}

static const char *begin(struct tail *t)
{
	libbpf_set_print(quiet);
	t->bpf = port__open_and_load();
	if (!t->bpf)
		return "cannot load the program of a tap";
	if (!map_all(t))
		return "cannot map what the program of a tap writes";
	t->state->cuts = cuts(t->ifindex);
	errno = -taken(t, &t->taken);
	if (errno)
		return "cannot read what the tap has counted";
	if (!attach(t))
		return "cannot attach to the tap";
	return NULL;
}

struct tail *tail_open(int ifindex, char *why, size_t size)
{
	struct tail *t = calloc(1, sizeof(*t));
	const char *failed = t ? NULL : "a tail";
	int err;

	if (t) {
		t->ifindex = ifindex;
		t->link = -2;
		failed = begin(t);
	}
	if (!failed)
		return t;
	err = errno;
	say(why, size, failed);
	tail_close(t);
	errno = err;
	return NULL;
}

void tail_close(struct tail *t)
{
	if (!t)
		return;
	if (t->link >= 0)
		close(t->link);
	else if (t->link == -1)
		clsact_detach(t->ifindex);
	map_out(t->packets, PORT_PACKETS * sizeof(*t->packets));
	map_out(t->chunks, PORT_CHUNKS * sizeof(*t->chunks));
	map_out(t->state, sizeof(*t->state));
	port__destroy(t->bpf);
	free(t);
}

/* The counts are read one after the other: what is delivered in between must not look like a
 * negative queue, so the tap's are read first. */
int64_t tail_unread(struct tail *t)
{
	uint64_t now;
	int64_t open;
	int err = taken(t, &now);

	if (err)
		return err;
	open = (int64_t)__atomic_load_n(&t->state->units, __ATOMIC_ACQUIRE) -
	       (int64_t)(now - t->taken);
	if (open < t->base) /* the queue had something when we came */
		t->base = open;
	return open - t->base;
}

static const struct port_packet *packet_get(const struct tail *t, uint64_t number)
{
	const struct port_packet *p = &t->packets[(number - 1) % PORT_PACKETS];

	return __atomic_load_n(&p->number, __ATOMIC_ACQUIRE) == number ? p : NULL;
}

static bool frame_get(struct tail *t, const struct port_packet *p, struct tail_frame *f)
{
	uint32_t len = p->len;

	if (!len || len > FRAME_MAX)
		return false;
	for (uint32_t at = 0; at < len; at += PORT_CHUNK_BYTES) {
		const struct port_chunk *c =
			&t->chunks[(p->chunk + at / PORT_CHUNK_BYTES) % PORT_CHUNKS];

		memcpy(t->frame + at, c->bytes,
			len - at < PORT_CHUNK_BYTES ? len - at : PORT_CHUNK_BYTES);
	}
	*f = (struct tail_frame){.bytes = t->frame, .len = len, .gso_len = p->gso_len};
	return __atomic_load_n(&t->state->chunks, __ATOMIC_ACQUIRE) - p->chunk <= PORT_CHUNKS;
}

/* The first frame that has a unit after @units. */
static uint64_t first_after(const struct tail *t, uint64_t last, uint64_t units)
{
	uint64_t number = last;

	while (number > 1 && last - number < PORT_PACKETS - 1) {
		const struct port_packet *p = packet_get(t, number);

		if (!p || p->units <= units)
			break;
		number--;
	}
	return number;
}

uint64_t tail_each(struct tail *t, uint64_t count,
	void (*visit)(const struct tail_frame *f, void *arg), void *arg)
{
	uint64_t last = __atomic_load_n(&t->state->frames, __ATOMIC_ACQUIRE), missing = 0;
	uint64_t units = __atomic_load_n(&t->state->units, __ATOMIC_ACQUIRE);
	uint64_t before = count < units ? units - count : 0;
	struct tail_frame f;

	if (!count || !last)
		return 0;
	for (uint64_t number = first_after(t, last, before); number <= last; number++) {
		const struct port_packet *p = packet_get(t, number);

		if (!p || !frame_get(t, p, &f)) {
			missing++;
			continue;
		}
		f.skip = p->units < before ? (uint32_t)(before - p->units) : 0;
		visit(&f, arg);
	}
	return missing;
}
