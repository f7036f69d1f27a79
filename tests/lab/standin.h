/* standin: what its files share. A guest has a monitor (QMP) at each place, as a QEMU that runs it,
 * waits for it or has sent it away; it runs at one of them at a time, and reads its tap there. */
#ifndef TESTS_LAB_STANDIN_H
#define TESTS_LAB_STANDIN_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLACES_MAX 4

/* Something that epoll watches; the first member of what it belongs to. */
struct source {
	int fd; /* -1: none */
	void (*ready)(struct source *source);
};

enum run { ABSENT, AWAITS, RUNS, STOPPED, MOVED };

struct standin;
struct place;

/* One guest's QEMU at one place. */
struct monitor {
	struct source listening, connection;
	struct place *place;
	unsigned int guest;
	enum run run;
	const char *migration; /* MigrationStatus; NULL: none ever */
	bool told;             /* query-status was answered since it began */
	char line[1024];
	size_t len;
};

struct tap {
	struct source source;
	struct place *place;
	unsigned int running; /* guests that read it */
	bool takes_one;       /* nobody runs; QEMU still takes a packet, and keeps it */
};

struct place {
	struct standin *s;
	char name[16], netns[64];
	struct monitor *monitors; /* by guest */
	struct tap *taps;         /* guest n is behind the n-th, modulo */
};

/* What a guest has seen of spray.c, and when it was moved last. Times are the wall clock's, ns. */
struct seen {
	uint64_t cookie;
	uint32_t received, duplicated, reordered, highest;
	uint8_t *had; /* a bit for each of SPRAY_MAX numbers */
	uint64_t last_ns, gap_ns;
	uint64_t stopped_ns, resumed_ns, first_ns, straight_ns;
	uint8_t hops, hops_before; /* IP time to live, of the last packet, and before the stop */
};

struct standin {
	struct source commands;
	const char *folder;
	int epoll;
	unsigned int guests, taps_each;
	uint32_t first; /* address of guest 0, host order */
	struct place places[PLACES_MAX];
	unsigned int place_count;
	struct seen *seen; /* by guest */
};

/* standin.c */
void watch(struct standin *s, struct source *source, void (*ready)(struct source *source));
void ignore(struct standin *s, struct source *source);
void unwatch(struct standin *s, struct source *source); /* ignore and close */

/* standin_qmp.c */
void monitor_init(struct monitor *m, struct place *place, unsigned int guest);
void monitor_open(struct monitor *m, enum run run); /* a QEMU is started */
void monitor_close(struct monitor *m);              /* and ends */
void monitor_event(struct monitor *m, const char *name, const char *data, uint64_t at_ns);

/* standin_tap.c */
void taps_open(struct place *place);
struct tap *tap_of(struct place *place, unsigned int guest);
void tap_run(struct monitor *m, bool runs); /* a guest begins or ceases to read */
void tap_drain(struct tap *t);              /* all that waits there is read now */

#endif
