lib_libbase_a_SOURCES = %D%/wire.c %D%/wire.h %D%/clock.c %D%/clock.h %D%/rcu.c %D%/rcu.h %D%/seen.c %D%/seen.h
lib_libbase_a_SOURCES += %D%/suggest.c %D%/suggest.h %D%/slots.c %D%/slots.h
lib_libbase_a_SOURCES += %D%/hash.c %D%/hash.h %D%/sip.h %D%/sip_bpf.h %D%/random.c %D%/random.h %D%/limit.c %D%/limit.h \
	%D%/timer.c %D%/timer.h %D%/log.c %D%/log.h
