# The model of the move protocol: spin over Promela. `make check` runs the quick rows, `./run model` all.
dist_check_SCRIPTS += %D%/test_model.sh
EXTRA_DIST += %D%/model.sh %D%/ownership.pml %D%/handover.pml
