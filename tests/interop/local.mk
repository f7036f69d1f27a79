# files of tests/interop
