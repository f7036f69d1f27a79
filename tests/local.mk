# tests/: each kind names its programs in its own fragment.
# What a test program links, the most dependent library first.
TEST_LIBS = common/libcommon.a lisp/liblisp.a lib/libservice.a lib/libstore.a lib/libtable.a lib/libnet.a lib/libbase.a $(OPENSSL_LIBS) \
	$(EVENT_LIBS) $(CONFUSE_LIBS) $(JSON_LIBS) $(LMDB_LIBS) $(MNL_LIBS) $(URCU_LIBS) $(CAPNG_LIBS) \
	$(SECCOMP_LIBS) $(BSD_LIBS)
include tests/unit/local.mk
include tests/lisp/local.mk
include tests/trill/local.mk
include tests/fuzz/local.mk
include tests/bench/local.mk
include tests/netns/local.mk
include tests/lint/local.mk
include tests/lab/local.mk
include tests/interop/local.mk
include tests/replay/local.mk
include tests/sim/local.mk
include tests/model/local.mk
include tests/faults/local.mk
include tests/campus/local.mk
TESTS += $(check_PROGRAMS) $(dist_check_SCRIPTS)
AM_TESTS_ENVIRONMENT = top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)'; export top_srcdir top_builddir;
EXTRA_DIST += tests/verdict.sh tests/build.sh tests/check.sh tests/coverage.sh tests/threads.list tests/plain.list tests/shared.list tests/fuzz/fuzz.sh tests/bench/bench.sh
# The fuzz targets, without running them.
fuzz-programs: $(filter tests/fuzz/fuzz_%,$(check_PROGRAMS))
.PHONY: fuzz-programs
