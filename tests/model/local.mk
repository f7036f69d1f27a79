# The model of the move protocol: spin over Promela. `make check` runs the quick rows, `./run model` all; and the C state machine is driven
# through walks of the model: recorded ones (test_handover_trace without arguments), and, by `./run model --walks`, fresh ones.
dist_check_SCRIPTS += %D%/test_model.sh
EXTRA_DIST += %D%/walks.sh %D%/mutants.sh %D%/model.sh %D%/traces.sh %D%/ownership.pml %D%/handover.pml %D%/traces/handover.txt
