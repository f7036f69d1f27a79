lib_libstore_a_SOURCES = %D%/store.c %D%/store.h %D%/store_internal.h %D%/store_lmdb.c \
	%D%/store_memory.c
