lib_libtable_a_SOURCES = %D%/lpm.h
