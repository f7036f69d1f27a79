/* shell_rbridge: between the core and the RBridge of the site, if the configuration names one. */
#ifndef SUNWARD_XTR_SHELL_RBRIDGE_H
#define SUNWARD_XTR_SHELL_RBRIDGE_H

#include <stdbool.h>
#include <stdint.h>

struct metrics;
struct router_ops;
struct shell;
struct shell_rbridge;

/* NULL: out of memory. Nothing is asked of the RBridge yet. */
struct shell_rbridge *shell_rbridge_new(struct shell *s);
void shell_rbridge_free(struct shell_rbridge *sr);
/* The configuration is another one, or the core has just been started: 0 or -ENOMEM. */
int shell_rbridge_configure(struct shell_rbridge *sr);
void shell_rbridge_port(struct shell_rbridge *sr, bool up);
/* router_ops.station_left */
void shell_rbridge_left(struct router_ops *ops, int ifindex, const uint8_t mac[6]);

#endif
