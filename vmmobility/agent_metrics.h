/* agent_metrics: the agent's counters and gauges, for /metrics and /v1/counters. */
#ifndef SUNWARD_VMMOBILITY_AGENT_METRICS_H
#define SUNWARD_VMMOBILITY_AGENT_METRICS_H

struct agent;
struct agent_metrics;
struct metrics;

/* NULL: out of memory. Free after @m. */
struct agent_metrics *agent_metrics_new(struct metrics *m, struct agent *a);
void agent_metrics_free(struct agent_metrics *am);

#endif
