# Fuzz targets. In a plain build each is linked with replay_main.c, which runs it over its corpus in `make check`;
# with --enable-fuzzers and CC=clang each is a libFuzzer program. A target NAME is tests/fuzz/fuzz_NAME.c with its
# seeds in tests/fuzz/corpus/NAME/. Rooms add theirs in tests/fuzz/ROOM.mk.
if FUZZERS
FUZZ_MAIN =
LIBFUZZER_FLAGS = -fsanitize=fuzzer
else
FUZZ_MAIN = tests/fuzz/replay_main.c
LIBFUZZER_FLAGS =
endif
EXTRA_DIST += tests/fuzz/replay_main.c tests/fuzz/README.md
dist_check_SCRIPTS += tests/fuzz/hostile.sh
include tests/fuzz/table.mk
include tests/fuzz/service.mk
include tests/fuzz/lisp.mk
include tests/fuzz/mapserver.mk
include tests/fuzz/xtr.mk
include tests/fuzz/vmmobility.mk
include tests/fuzz/datapath.mk
include tests/fuzz/trill.mk
