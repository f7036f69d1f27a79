lib_libservice_a_SOURCES = %D%/config.h %D%/daemon.h %D%/api.h %D%/json.h %D%/metrics.h %D%/privilege.h
