lib_libstore_a_SOURCES =
