lib_libstore_a_SOURCES = %D%/store.h
