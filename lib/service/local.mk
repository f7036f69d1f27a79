lib_libservice_a_SOURCES = %D%/config.c %D%/config.h %D%/config_internal.h %D%/config_mistakes.c \
	%D%/config_scan.c %D%/config_value.c
lib_libservice_a_SOURCES += %D%/daemon.c %D%/daemon.h %D%/api.h %D%/json.h %D%/metrics.c %D%/metrics.h %D%/privilege.h
