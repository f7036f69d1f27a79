# files of xtr/
include xtr/datapath.mk
include xtr/core.mk
include xtr/shell.mk
