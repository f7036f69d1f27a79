lib_libbase_a_SOURCES = %D%/wire.c %D%/wire.h %D%/clock.c %D%/clock.h %D%/rcu.h
lib_libbase_a_SOURCES += %D%/suggest.c %D%/suggest.h
