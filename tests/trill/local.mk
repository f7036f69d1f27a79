# tests/trill: what others make of an RBridge's frames.
noinst_PROGRAMS += tests/trill/say
tests_trill_say_SOURCES = tests/trill/say.c tests/trill/pcap.c tests/trill/pcap.h
tests_trill_say_LDADD = trill/libtrillcodec.a lib/libbase.a $(OPENSSL_LIBS) $(BSD_LIBS)
dist_check_SCRIPTS += tests/trill/tshark.sh
EXTRA_DIST += tests/trill/mutate.py tests/trill/mutations.list tests/trill/mutate_datapath.py tests/trill/mutations_datapath.spared
# Campuses on virtual time. A large one: tests/trill/sim -n 200 -t 600
noinst_PROGRAMS += tests/trill/sim
tests_trill_sim_SOURCES = tests/trill/sim.c tests/trill/flight.c tests/trill/flight.h tests/trill/virtual_campus.c tests/trill/virtual_campus.h
tests_trill_sim_LDADD = trill/libtrillcore.a trill/libtrillcodec.a lib/libnet.a lib/libbase.a $(OPENSSL_LIBS) $(BSD_LIBS)
dist_check_SCRIPTS += tests/trill/sim.sh
noinst_PROGRAMS += tests/trill/say_oam
tests_trill_say_oam_SOURCES = tests/trill/say_oam.c
tests_trill_say_oam_LDADD = trill/libtrillcodec.a lib/libbase.a $(OPENSSL_LIBS) $(BSD_LIBS)
dist_check_SCRIPTS += tests/trill/oam_tshark.sh
# A campus's frames as a capture, and what tshark makes of them.
noinst_PROGRAMS += tests/trill/record
tests_trill_record_SOURCES = tests/trill/record.c tests/trill/pcap.c tests/trill/pcap.h tests/trill/virtual_campus.c tests/trill/virtual_campus.h
tests_trill_record_LDADD = trill/libtrillcore.a trill/libtrillcodec.a lib/libnet.a lib/libbase.a $(OPENSSL_LIBS) $(BSD_LIBS)
dist_check_SCRIPTS += tests/trill/tshark-campus.sh
# What tshark does not know, and a second decoder that does: in Python with scapy, by the RFCs' texts alone.
noinst_PROGRAMS += tests/trill/say_wide
tests_trill_say_wide_SOURCES = tests/trill/say_wide.c tests/trill/pcap.c tests/trill/pcap.h
tests_trill_say_wide_LDADD = trill/libtrillcore.a trill/libtrillcodec.a lib/libnet.a lib/libbase.a $(OPENSSL_LIBS) $(BSD_LIBS)
dist_check_SCRIPTS += tests/trill/scapy.sh
EXTRA_DIST += tests/trill/decoder.py tests/trill/decoder_structures.py tests/trill/decoder_payloads.py tests/trill/appendix_b.py \
	tests/trill/wide.expect tests/trill/appendix_b.expect
# LANs with end stations and several RBridges each. Longer: tests/trill/sim_lans -t 600
noinst_PROGRAMS += tests/trill/sim_lans
tests_trill_sim_lans_SOURCES = tests/trill/sim_lans.c tests/trill/virtual_lans.c tests/trill/virtual_lans.h tests/trill/virtual_campus.c \
	tests/trill/virtual_campus.h tests/trill/virtual_datapath.c tests/trill/virtual_datapath.h
tests_trill_sim_lans_LDADD = trill/libtrillcore.a trill/libtrillcodec.a lib/libnet.a lib/libbase.a $(OPENSSL_LIBS) $(BSD_LIBS)
