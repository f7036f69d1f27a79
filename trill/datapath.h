/* datapath: the tables of tables.h in the maps of the BPF programs, and what the programs say.
 *
 * Needs no privilege: works with the descriptors of datapath_load alone. Knows no IS-IS: what is to
 * stand in the tables is the core's word. Not for several threads. */
#ifndef SUNWARD_TRILL_DATAPATH_H
#define SUNWARD_TRILL_DATAPATH_H

#include "trill/datapath_load.h"
#include "trill/core/tables.h"

struct trill_datapath;

struct trill_datapath_config {
	uint32_t cpu_ifindex; /* copies of what is distributed to RBridges (ESADI, RBridge Channel,
				 OAM) go out there, whole, with a contract_mark in place of the
				 outer source; 0: nowhere */
	uint32_t copies_max;  /* as in trill_load_config */
	unsigned int age_s;   /* of what is learned: 10 to 1,000,000 (RFC 6325 section 4.8.3); 0:
				 300 */
	tables_news_fn *news; /* may be NULL */
	/* ARP, ND or RARP to a group that a station at @ifindex has sent, without its tag, and
	 * which is on its way; perhaps cut. NULL: not wanted. */
	void (*heard)(void *arg, uint32_t ifindex, uint16_t vlan, const uint8_t *frame, size_t len);
	void *arg;
};

/* The maps are taken for empty. @fds is copied. NULL with errno. */
struct trill_datapath *trill_datapath_new(
	const struct trill_datapath_config *config, const int fds[TRILL_FD_COUNT]);
/* What the maps say stays. */
void trill_datapath_free(struct trill_datapath *dp);

/* The tables, which live as long as @dp. */
struct trill_tables *trill_datapath_tables(struct trill_datapath *dp);

/* To be polled for reading; then trill_datapath_poll(). */
int trill_datapath_fd(const struct trill_datapath *dp);
/* Call news() and heard() for what has come up, at most 256 times: the descriptor stays readable
 * for what is left. Returns how many, or -errno. */
int trill_datapath_poll(struct trill_datapath *dp);

/* Forget the stations that were not heard for age_s; with news() of each. When the programs have
 * lost events since, all others are told of by news(), too. @now_ns of CLOCK_MONOTONIC. Once every
 * few seconds; it looks at some thousand, and *@more says that it goes on from there when it is
 * called again, which is to be soon. Returns how many, or -errno. */
int trill_datapath_age(struct trill_datapath *dp, uint64_t now_ns, bool *more);

/* What is known of a station: 0, or -ENOENT. @age_ms (may be NULL): since it was heard. */
int trill_datapath_station(const struct trill_datapath *dp, const struct mac *mac, uint16_t vlan,
	uint64_t now_ns, struct tables_station *s, uint64_t *age_ms);

/* The interface by which a copy for the daemon (config.cpu_ifindex) came, and put its destination,
 * All-RBridges, where that stood; 0: it is no port any more, or @len is too short. */
uint32_t trill_datapath_origin(const struct trill_datapath *dp, uint8_t *frame, size_t len);

/* Counters of the programs: how many there are, a name ("drop_rpf"), and all values
 * (0 or -errno). */
unsigned int trill_datapath_counter_count(void);
const char *trill_datapath_counter_name(unsigned int i);
int trill_datapath_counters(const struct trill_datapath *dp, uint64_t *values);

#endif
