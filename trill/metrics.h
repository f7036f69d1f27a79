/* metrics: the RBridge's counters: the core's of each port summed, the data plane's, and what there
 * is now. */
#ifndef SUNWARD_TRILL_METRICS_H
#define SUNWARD_TRILL_METRICS_H

struct metrics;
struct trill_metrics;
struct trill_shell;

/* Before the API starts. NULL: out of memory. Free after @m. */
struct trill_metrics *trill_metrics_new(struct metrics *m, struct trill_shell *s);
void trill_metrics_free(struct trill_metrics *tm);

/* metrics_rooms.c: of OAM, and of ARP and ND; likewise. */
struct trill_metrics_rooms;
struct trill_metrics_rooms *trill_metrics_rooms_new(struct metrics *m, struct trill_shell *s);
void trill_metrics_rooms_free(struct trill_metrics_rooms *r);

#endif
