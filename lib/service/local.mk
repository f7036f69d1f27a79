lib_libservice_a_SOURCES = %D%/api.c %D%/api.h %D%/api_events.c %D%/api_health.c %D%/api_list.c %D%/api_connection.c %D%/api_guard.c %D%/http_frame.c %D%/http_frame.h %D%/http_answer.c %D%/http_answer.h %D%/http_client.c %D%/http_client.h %D%/http_stream.c %D%/http_stream.h %D%/json_rows.c %D%/json_rows.h %D%/api_internal.h %D%/api_idempotency.c %D%/api_negotiate.c %D%/api_tls.c %D%/api_tls.h %D%/api_problem.c \
	%D%/api_request.c %D%/config.c %D%/config.h %D%/config_internal.h %D%/config_mistakes.c \
	%D%/config_api_tls.c %D%/config_api_tls.h %D%/config_place.c %D%/config_place.h \
	%D%/config_frozen.c %D%/config_get.c %D%/config_scan.c %D%/config_value.c %D%/daemon.c %D%/daemon.h %D%/json.c %D%/json.h \
	%D%/metrics.c %D%/metrics.h %D%/netlink_watch.c %D%/netlink_watch.h %D%/privilege.c %D%/privilege.h %D%/privsep.c
