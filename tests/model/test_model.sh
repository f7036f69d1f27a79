#!/bin/bash
# test_model.sh: the quick rows of the protocol's model (./run model): what holds there holds, what is broken is caught; and a few walks that are
# made now, besides those that are kept.
set -u
here=$(dirname "$0")
timeout 300 "$here/model.sh" --quick || exit
TRACE_COUNT=4 exec timeout 100 "$here/walks.sh"
