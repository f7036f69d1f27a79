# The labs with real guests: the guest's image and program, QEMU's monitor, and what a client sees while the guest migrates.
noinst_PROGRAMS += tests/lab/guest/flow tests/lab/guest/arrivals tests/lab/guest/qmp
tests_lab_guest_flow_SOURCES = tests/lab/guest/flow.c tests/lab/guest/flow.h tests/lab/guest/timeouts.c tests/lab/stream.c tests/lab/stream.h tests/lab/tool.c tests/lab/tool.h
tests_lab_guest_arrivals_SOURCES = tests/lab/guest/arrivals.c tests/lab/guest/flow.h tests/lab/stream.c tests/lab/stream.h tests/lab/tool.c tests/lab/tool.h
tests_lab_guest_qmp_SOURCES = tests/lab/guest/qmp.c
tests_lab_guest_qmp_LDADD = $(JSON_LIBS)
# What runs in the guest, which has no libraries: static, and never with a sanitizer.
GUEST_STATIC = tests/lab/guest/inside tests/lab/guest/tcp-echo tests/lab/guest/pong
noinst_DATA += $(GUEST_STATIC)
CLEANFILES += $(GUEST_STATIC)
tests/lab/guest/inside: $(top_srcdir)/tests/lab/guest/inside.c $(top_srcdir)/tests/lab/guest/timeouts.c $(top_srcdir)/tests/lab/guest/flow.h
	@$(MKDIR_P) $(@D)
	$(AM_V_GEN)$(CC) -D_GNU_SOURCE -I$(top_srcdir) -O2 -static -o $@ $(filter %.c,$^)
tests/lab/guest/tcp-echo: $(top_srcdir)/tests/lab/echo.c
	@$(MKDIR_P) $(@D)
	$(AM_V_GEN)$(CC) -D_GNU_SOURCE -O2 -static -o $@ $<
tests/lab/guest/pong: $(top_srcdir)/tests/lab/guest/pong.c
	@$(MKDIR_P) $(@D)
	$(AM_V_GEN)$(CC) -D_GNU_SOURCE -O2 -static -o $@ $<
EXTRA_DIST += tests/lab/guest/image.sh tests/lab/guest/init tests/lab/guest/inside.c tests/lab/guest/pong.c tests/lab/guest/guest.sh tests/lab/guest/qemu.sh tests/lab/guest/libvirt.sh tests/lab/guest/measure.sh
# The image that image.sh makes.
clean-local:
	-rm -rf guest
