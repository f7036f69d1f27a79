/* shell_metrics: the core's, the data plane's and the sockets' counters under their Prometheus
 * names. */
#ifndef SUNWARD_XTR_SHELL_METRICS_H
#define SUNWARD_XTR_SHELL_METRICS_H

struct metrics;
struct shell;
struct shell_metrics;

/* Adds sources to @m that read from @s. NULL: out of memory. Free after @m. */
struct shell_metrics *shell_metrics_new(struct metrics *m, struct shell *s);
void shell_metrics_free(struct shell_metrics *sm);

#endif
