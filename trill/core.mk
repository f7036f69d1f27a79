# The codec of TRILL (codec/: bytes <-> structs) and, as they come, the rooms of the core (core/).
noinst_LIBRARIES += trill/libtrillcodec.a
trill_libtrillcodec_a_SOURCES = %D%/codec/trill.h %D%/codec/trill.c %D%/codec/ethernet.h %D%/codec/ethernet.c \
	%D%/codec/data.h %D%/codec/data.c %D%/codec/tlv.h %D%/codec/tlv.c %D%/codec/fletcher.h %D%/codec/fletcher.c \
	%D%/codec/isis.h %D%/codec/isis.c %D%/codec/isis_auth.h %D%/codec/isis_auth.c %D%/codec/vlan_set.h \
	%D%/codec/vlan_set.c %D%/codec/hello_tlv.h %D%/codec/hello_tlv.c %D%/codec/capability.h %D%/codec/capability.c \
	%D%/codec/lsp_tlv.h %D%/codec/lsp_tlv.c %D%/codec/channel.h %D%/codec/channel.c %D%/codec/flush.h %D%/codec/flush.c \
	%D%/codec/esadi_tlv.h %D%/codec/esadi_tlv.c %D%/codec/interface_tlv.h %D%/codec/interface_tlv.c %D%/codec/mapping_tlv.h %D%/codec/mapping_tlv.c %D%/codec/oam.h %D%/codec/oam.c \
	%D%/codec/oam_tlv.h %D%/codec/oam_tlv.c %D%/codec/oam_auth.h %D%/codec/oam_auth.c %D%/codec/bfd_auth.h %D%/codec/bfd_auth.c
trill_libtrillcodec_a_SOURCES += %D%/codec/laalp_tlv.h %D%/codec/laalp_tlv.c
noinst_LIBRARIES += trill/libtrillcore.a
TRILL_LOOP = %D%/core/tables.h %D%/core/backoff.h %D%/core/backoff.c %D%/core/flood.h %D%/core/flood.c %D%/core/origin.h %D%/core/origin.c \
	%D%/core/affinity.h %D%/core/affinity.c %D%/core/campus.h %D%/core/campus.c %D%/core/campus_near.h %D%/core/campus_near.c %D%/core/routes.h %D%/core/routes.c %D%/core/rbridge.h %D%/core/rbridge_internal.h \
	%D%/core/rbridge.c %D%/core/rbridge_port.c %D%/core/rbridge_native.c %D%/core/rbridge_link.c %D%/core/rbridge_pseudonode.c %D%/core/rbridge_mtu.c %D%/core/rbridge_lz.c %D%/core/rbridge_claim.c %D%/core/rbridge_stranger.c %D%/core/rbridge_same_id.c %D%/core/lost.h %D%/core/lost.c %D%/core/rbridge_bfd.c %D%/core/rbridge_reconfigure.c %D%/core/mtu.h %D%/core/mtu.c \
	%D%/core/rbridge_receive.c %D%/core/rbridge_data.c %D%/core/rbridge_interest.c %D%/core/rbridge_row.c %D%/core/rbridge_station.c %D%/core/rbridge_attest.c %D%/core/rbridge_anycast.c \
	%D%/core/rbridge_esadi.c %D%/core/rbridge_label.c %D%/core/rbridge_serial.c %D%/core/rbridge_safety.c %D%/core/rbridge_mapping.c %D%/core/rbridge_shutdown.c %D%/core/rbridge_oam.c %D%/core/rbridge_arp.c %D%/core/rbridge_topology.c %D%/core/rbridge_nickname.c
trill_libtrillcore_a_SOURCES = $(TRILL_LOOP) %D%/core/adjacency.h %D%/core/adjacency.c %D%/core/drb.h %D%/core/drb.c %D%/core/lsdb.h %D%/core/lsdb.c %D%/core/fragment.h %D%/core/fragment.c \
	%D%/core/nickname.h %D%/core/nickname.c %D%/core/share.h %D%/core/share.c %D%/core/spf.h %D%/core/spf.c %D%/core/tree.h %D%/core/tree.c %D%/core/hello.h %D%/core/hello.c %D%/core/neighbors.h %D%/core/neighbors.c \
	%D%/core/labels.h %D%/core/labels.c %D%/core/mac.h %D%/core/mac.c \
	%D%/core/appoint.h %D%/core/appoint.c %D%/core/forwarder.h %D%/core/forwarder.c \
	%D%/core/channel.h %D%/core/channel.c %D%/core/shutdown.h %D%/core/shutdown.c \
	%D%/core/esadi.h %D%/core/esadi_internal.h %D%/core/esadi.c %D%/core/esadi_heard.c %D%/core/esadi_index.c %D%/core/esadi_ours.c %D%/core/esadi_send.c \
	%D%/core/bfd.h %D%/core/bfd.c \
	%D%/core/oam.h %D%/core/oam.c %D%/core/oam_probe.h %D%/core/oam_probe.c \
	%D%/core/continuity.h %D%/core/continuity.c \
	%D%/core/ip_list.h %D%/core/ip_list.c %D%/core/ip_cache.h %D%/core/ip_cache.c %D%/core/arp_proxy.h %D%/core/arp_proxy.c
trill_libtrillcore_a_SOURCES += %D%/core/active_active.h %D%/core/active_active.c %D%/core/rbridge_active_active.c %D%/core/rbridge_fs.c
