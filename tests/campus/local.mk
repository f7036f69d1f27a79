# A campus that loses and regains links at random: the command, and what watches it.
noinst_PROGRAMS += tests/campus/witness
tests_campus_witness_SOURCES = %D%/witness.c %D%/probes.c %D%/probes.h %D%/sightings.c %D%/sightings.h \
	tests/lab/there.c tests/lab/there.h tests/lab/stream.c tests/lab/stream.h tests/lab/tool.c tests/lab/tool.h
tests_campus_witness_LDADD = lib/libnet.a lib/libbase.a
check_PROGRAMS += tests/campus/test_sightings
tests_campus_test_sightings_SOURCES = %D%/test_sightings.c %D%/sightings.c %D%/sightings.h
tests_campus_test_sightings_LDADD = $(CMOCKA_LIBS)
EXTRA_DIST += %D%/campus.sh %D%/plan.sh %D%/judge.sh
check_PROGRAMS += tests/campus/test_probes
tests_campus_test_probes_SOURCES = %D%/test_probes.c %D%/probes.c %D%/probes.h %D%/sightings.c %D%/sightings.h
tests_campus_test_probes_LDADD = $(CMOCKA_LIBS)
