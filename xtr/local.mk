# files of xtr/
include xtr/datapath.mk
