# The xTR's pure core.
noinst_LIBRARIES += xtr/libxtrcore.a
xtr_libxtrcore_a_SOURCES = %D%/router.h %D%/policy.h %D%/counter.h %D%/counter.c %D%/datapath.h
