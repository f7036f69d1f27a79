noinst_LIBRARIES += lisp/liblisp.a
lisp_liblisp_a_SOURCES = %D%/lisp.h %D%/lcaf.h %D%/record.h %D%/auth.h %D%/map_request.h %D%/map_reply.h \
	%D%/map_register.h %D%/ecm.h %D%/map_referral.h %D%/info.h %D%/move.h
