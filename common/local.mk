# What the LISP daemons have in common above the codec.
noinst_LIBRARIES += common/libcommon.a
common_libcommon_a_SOURCES = %D%/config_lisp.c %D%/config_lisp.h \
	%D%/state.c %D%/state.h %D%/station_teller.c %D%/station_teller.h
