lib_libtable_a_SOURCES = %D%/lpm.c %D%/lpm.h %D%/lpm_internal.h %D%/lpm_lookup.c %D%/lpm_hash.c \
	%D%/lpm_trie.c %D%/lpm_pool.c %D%/keymap.c %D%/keymap.h %D%/lpm_set.c %D%/lpm_set.h \
	%D%/locset.c %D%/locset.h %D%/prefix_table.c %D%/prefix_table.h
