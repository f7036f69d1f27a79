#!/bin/bash
# test_model.sh: the quick rows of the protocol's model (./run model): what holds there holds, what is broken is caught.
set -u
exec timeout 300 "$(dirname "$0")/model.sh" --quick
