lib_libtable_a_SOURCES = %D%/lpm.h %D%/keymap.c %D%/keymap.h %D%/lpm_set.c %D%/lpm_set.h \
	%D%/locset.c %D%/locset.h
