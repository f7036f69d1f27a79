lib_libservice_a_SOURCES =
