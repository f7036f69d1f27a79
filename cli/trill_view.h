/* trill_view: what several verbs show of an RBridge, and of an end station. */
#ifndef SUNWARD_CLI_TRILL_VIEW_H
#define SUNWARD_CLI_TRILL_VIEW_H

#include "cli/writer.h"

extern const struct column trill_status_view[];
extern const struct column trill_mac_view[];

#endif
