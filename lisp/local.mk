noinst_LIBRARIES += lisp/liblisp.a
lisp_liblisp_a_SOURCES = %D%/lisp.h %D%/lisp.c %D%/codec.h %D%/lcaf.h %D%/lcaf.c %D%/lcaf_write.c \
	%D%/record.h %D%/record.c %D%/auth.h %D%/auth.c %D%/map_request.h %D%/map_request.c \
	%D%/map_reply.h %D%/map_reply.c %D%/map_register.h %D%/map_register.c %D%/ecm.h %D%/ecm.c \
	%D%/map_referral.h %D%/map_referral.c %D%/referral_auth.h %D%/referral_auth.c %D%/info.h %D%/info.c %D%/move.h %D%/move.c %D%/stored.h %D%/stored.c %D%/stored_subscription.h %D%/stored_subscription.c
lisp_liblisp_a_SOURCES += %D%/otk.h %D%/otk.c %D%/lispsec.h %D%/lispsec.c
lisp_liblisp_a_SOURCES += %D%/handover.h %D%/handover.c %D%/handover_reason.h %D%/handover_reason.c
lisp_liblisp_a_SOURCES += %D%/handover_ticket.h %D%/handover_ticket.c
