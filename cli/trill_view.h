/* trill_view: what `status` and `trill status` both show of an RBridge. */
#ifndef SUNWARD_CLI_TRILL_VIEW_H
#define SUNWARD_CLI_TRILL_VIEW_H

#include "cli/writer.h"

extern const struct column trill_status_view[];

#endif
