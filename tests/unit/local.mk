# Unit tests: one program a module, cmocka. Each room has its fragment.
SCRATCH = tests/unit/scratch.c tests/unit/scratch.h
WORLD_PARSE = tests/unit/world_parse.c tests/unit/world_parse.h
include tests/unit/base.mk
include tests/unit/net.mk
include tests/unit/table.mk
include tests/unit/service.mk
include tests/unit/lisp.mk
include tests/unit/mapserver.mk
include tests/unit/xtr.mk
include tests/unit/vmmobility.mk
include tests/unit/cli.mk
include tests/unit/datapath.mk
include tests/unit/trill.mk
