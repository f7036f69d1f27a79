/* ddt_shell: DDT on the control thread: what is due in the searches of the tree, and the wall clock
 * by which signatures are made and checked. */
#ifndef SUNWARD_MAPSERVER_DDT_SHELL_H
#define SUNWARD_MAPSERVER_DDT_SHELL_H

#include "mapserver/mapserver.h"

/* Give the server its node's table and its resolver, from the configuration. 0 or -ENOMEM. */
int ddt_shell_make(struct mapserver *ms);
/* The same, from another configuration, whose parts are taken. */
void ddt_shell_reload(struct mapserver *ms, struct mapserver_config *new);
/* Begin to look at the time. 0 or -ENOMEM. */
int ddt_shell_start(struct mapserver *ms, struct event_base *base);
void ddt_shell_stop(struct mapserver *ms);
/* Something may be due sooner than before. */
void ddt_shell_wake(struct mapserver *ms);

#endif
