/* See fast_load.h. */
#include "mapserver/fast_load.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "lib/net/bpf_counters.h"
#include "lib/net/bpf_log.h"
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wcast-qual" /* in what bpftool generates */
#include "mapserver/bpf/fast.skel.h"
#pragma GCC diagnostic pop

struct attached {
	struct attached *next;
	char interface[IF_NAMESIZE];
	int ifindex, link;
};

struct fast_load {
	struct fast *skeleton;
	struct attached *attached;
};

struct fast_load *fast_load_new(uint32_t entries, uint32_t answers, char *why, size_t why_size)
{
	struct fast_load *l = calloc(1, sizeof(*l));
	const char *what = "open";
	int err = ENOMEM;

	bpf_log_on_demand();
	if (l)
		l->skeleton = fast__open();
	if (l && l->skeleton) {
		bpf_map__set_max_entries(l->skeleton->maps.buckets, fast_table_buckets(entries));
		bpf_map__set_max_entries(l->skeleton->maps.answers, answers);
		what = "load";
		err = -fast__load(l->skeleton);
	}
	if (!err)
		return l;
	snprintf(why, why_size, "cannot %s the program: %s%s", what, strerror(err),
		err == EPERM ? "; it needs CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON, or root" : "");
	fast_load_free(l);
	return NULL;
}

static struct attached **find(struct fast_load *l, const char *interface)
{
	struct attached **p = &l->attached;

	while (*p && strcmp((*p)->interface, interface) != 0)
		p = &(*p)->next;
	return p;
}

static void release(struct fast_load *l, struct attached **p)
{
	struct attached *a = *p;
	uint32_t key = (uint32_t)a->ifindex;

	*p = a->next;
	close(a->link);
	bpf_map_delete_elem(bpf_map__fd(l->skeleton->maps.ports), &key);
	free(a);
}

void fast_load_free(struct fast_load *l)
{
	if (!l)
		return;
	while (l->attached)
		release(l, &l->attached);
	fast__destroy(l->skeleton);
	free(l);
}

static int read_mac(const char *interface, uint8_t mac[6])
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), err = 0;
	struct ifreq r = {0};

	if (fd < 0)
		return -errno;
	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", interface);
	if (ioctl(fd, SIOCGIFHWADDR, &r) < 0)
		err = -errno;
	close(fd);
	memcpy(mac, r.ifr_hwaddr.sa_data, 6);
	return err;
}

static int attach(struct fast_load *l, struct attached *a)
{
	struct fast_port port = {0};
	uint32_t key;
	int err;

	a->ifindex = (int)if_nametoindex(a->interface);
	if (!a->ifindex)
		return -errno;
	key = (uint32_t)a->ifindex;
	err = read_mac(a->interface, port.mac);
	if (!err)
		err = bpf_map_update_elem(
			bpf_map__fd(l->skeleton->maps.ports), &key, &port, BPF_ANY);
	if (err)
		return err;
	a->link = bpf_link_create(
		bpf_program__fd(l->skeleton->progs.fast), a->ifindex, BPF_XDP, NULL);
	return a->link < 0 ? a->link : 0;
}

int fast_load_attach(struct fast_load *l, const char *interface, char *why, size_t why_size)
{
	struct attached *a;
	int err;

	if (*find(l, interface))
		return 0;
	a = calloc(1, sizeof(*a));
	if (!a) {
		snprintf(why, why_size, "interface %s: out of memory", interface);
		return -ENOMEM;
	}
	snprintf(a->interface, sizeof(a->interface), "%s", interface);
	err = attach(l, a);
	if (err) {
		snprintf(why, why_size, "interface %s: cannot attach: %s%s", interface,
			strerror(-err),
			err == -EBUSY ? "; another XDP program is there (ip link shows it)" : "");
		free(a);
		return err;
	}
	a->next = l->attached;
	l->attached = a;
	return 0;
}

void fast_load_detach(struct fast_load *l, const char *interface)
{
	struct attached **p = find(l, interface);

	if (*p)
		release(l, p);
}

void fast_load_fds(const struct fast_load *l, int fds[FAST_FDS])
{
	fds[FAST_FD_SETTINGS] = bpf_map__fd(l->skeleton->maps.settings);
	fds[FAST_FD_BUCKETS] = bpf_map__fd(l->skeleton->maps.buckets);
	fds[FAST_FD_ANSWERS] = bpf_map__fd(l->skeleton->maps.answers);
	fds[FAST_FD_OWN] = bpf_map__fd(l->skeleton->maps.own);
	fds[FAST_FD_COUNTERS] = bpf_map__fd(l->skeleton->maps.counters);
}

int fast_load_program_fd(const struct fast_load *l)
{
	return bpf_program__fd(l->skeleton->progs.fast);
}

/* ---- with the descriptors alone ---- */

static size_t whole_pages(size_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (bytes + page - 1) / page * page;
}

/* One map's values, and how many there are. */
static void *map_one(int fd, size_t value_size, uint32_t *count)
{
	struct bpf_map_info info = {0};
	uint32_t size = sizeof(info);
	void *at;

	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		return NULL;
	if (info.value_size != value_size) {
		errno = EINVAL;
		return NULL;
	}
	*count = info.max_entries;
	at = mmap(NULL, whole_pages(value_size * info.max_entries), PROT_READ | PROT_WRITE,
		MAP_SHARED, fd, 0);
	return at == MAP_FAILED ? NULL : at;
}

int fast_load_map(const int fds[FAST_FDS], struct fast_memory *m)
{
	uint32_t one;

	*m = (struct fast_memory){0};
	m->settings = map_one(fds[FAST_FD_SETTINGS], sizeof(*m->settings), &one);
	if (m->settings)
		m->buckets = map_one(fds[FAST_FD_BUCKETS], sizeof(*m->buckets), &m->bucket_count);
	if (m->buckets)
		m->answers = map_one(fds[FAST_FD_ANSWERS], sizeof(*m->answers), &m->answer_count);
	if (m->answers)
		return 0;
	one = (uint32_t)errno;
	fast_load_unmap(m);
	return -(int)one;
}

void fast_load_unmap(const struct fast_memory *m)
{
	if (m->settings)
		munmap(m->settings, whole_pages(sizeof(*m->settings)));
	if (m->buckets)
		munmap(m->buckets, whole_pages(sizeof(*m->buckets) * m->bucket_count));
	if (m->answers)
		munmap(m->answers, whole_pages(sizeof(*m->answers) * m->answer_count));
}

int fast_load_own(const int fds[FAST_FDS], const struct address *a, uint16_t port)
{
	struct fast_own key = {.afi = a->afi, .port = htons(port)};
	uint32_t one = 1;

	memcpy(key.addr, a->bytes, a->len < sizeof(key.addr) ? a->len : sizeof(key.addr));
	return bpf_map_update_elem(fds[FAST_FD_OWN], &key, &one, BPF_ANY);
}

int fast_load_counts(const int fds[FAST_FDS], uint64_t counts[FAST_CNT_COUNT])
{
	return bpf_counters_sum(fds[FAST_FD_COUNTERS], FAST_CNT_COUNT, counts);
}
