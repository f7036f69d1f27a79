# The lab's own tools: traffic, the machine's service, and the move.
noinst_PROGRAMS += tests/lab/traffic tests/lab/echo tests/lab/replug
tests_lab_traffic_SOURCES = tests/lab/traffic.c tests/lab/deliveries.c tests/lab/deliveries.h tests/lab/there.c tests/lab/there.h tests/lab/stream.c tests/lab/stream.h tests/lab/tool.c tests/lab/tool.h
tests_lab_echo_SOURCES = tests/lab/echo.c
tests_lab_replug_SOURCES = tests/lab/replug.c
tests_lab_replug_LDADD = $(MNL_LIBS)
noinst_PROGRAMS += tests/lab/wan
tests_lab_wan_SOURCES = tests/lab/wan.c tests/lab/wan_line.c tests/lab/wan_line.h
check_PROGRAMS += tests/unit/test_wan_line
tests_unit_test_wan_line_SOURCES = tests/unit/test_wan_line.c tests/lab/wan_line.c
tests_unit_test_wan_line_LDADD = $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_lab_tool
tests_unit_test_lab_tool_SOURCES = tests/unit/test_lab_tool.c tests/lab/tool.c tests/lab/tool.h
tests_unit_test_lab_tool_LDADD = $(CMOCKA_LIBS)
noinst_PROGRAMS += tests/lab/standin
tests_lab_standin_SOURCES = tests/lab/standin.c tests/lab/standin.h tests/lab/standin_qmp.c tests/lab/standin_tap.c tests/lab/spray.h tests/lab/stream.c tests/lab/stream.h
tests_lab_standin_LDADD = $(JSON_LIBS)
noinst_PROGRAMS += tests/lab/spray
tests_lab_spray_SOURCES = tests/lab/spray.c tests/lab/spray.h tests/lab/stream.c tests/lab/stream.h tests/lab/tool.c tests/lab/tool.h
EXTRA_DIST += tests/lab/standin.sh tests/lab/campus_standin.sh
EXTRA_DIST += tests/lab/topology.sh tests/lab/capture.sh tests/lab/tshark.sh tests/lab/demo.sh tests/lab/lab.sh tests/lab/picture.sh \
	tests/lab/conf/mapserver.conf tests/lab/conf/resolver.conf tests/lab/conf/paris.conf tests/lab/conf/tokyo.conf tests/lab/conf/office.conf tests/lab/conf/agent.conf tests/lab/conf/agent-libvirt.conf
EXTRA_DIST += tests/lab/evpn.sh
include tests/lab/guest/local.mk
