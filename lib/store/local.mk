lib_libstore_a_SOURCES = %D%/store.c %D%/store.h %D%/store_check.c %D%/store_files.c %D%/store_files.h %D%/store_internal.h \
	%D%/store_journal.c %D%/store_keeper.c %D%/store_lmdb.c %D%/store_lmdb.h %D%/store_memory.c
