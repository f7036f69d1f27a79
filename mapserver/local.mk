noinst_LIBRARIES += mapserver/libmapserver.a
mapserver_libmapserver_a_SOURCES = %D%/answer.c %D%/answer.h %D%/notice.c %D%/notice.h %D%/publish.c %D%/publish.h \
	%D%/publisher.c %D%/publisher.h %D%/subscribe.c %D%/subscribe.h %D%/subscription.c %D%/subscription.h \
	%D%/announce.c %D%/announce.h %D%/claim.c %D%/claim.h %D%/commit.c %D%/commit.h %D%/committer.c \
	%D%/committer.h %D%/config.c %D%/config.h %D%/config_internal.h \
	%D%/config_ddt.c %D%/config_holders.c %D%/config_prefix.c %D%/config_site.c %D%/config_static.c %D%/control.c %D%/control.h %D%/control_ddt.c %D%/control_eid.c \
	%D%/control_site.c %D%/control_site_ask.c %D%/control_site_list.c %D%/control_subscription.c %D%/counters.c %D%/counters.h %D%/ddt_client.c %D%/ddt_client.h %D%/ddt_node.c %D%/ddt_node.h %D%/ddt_resolver.c %D%/ddt_resolver.h %D%/ddt_resolver_internal.h %D%/ddt_pending.c %D%/ddt_search.c %D%/ddt_follow.c \
	%D%/ddt_shell.c %D%/ddt_shell.h %D%/ddt_sign.c %D%/ddt_sign.h \
	%D%/delegation.c %D%/delegation.h %D%/durable.c %D%/durable.h %D%/seq_floor.c %D%/seq_floor.h %D%/expect.c %D%/expect.h %D%/forward.c %D%/forward.h %D%/job.c %D%/job.h \
	%D%/listener.c %D%/listener.h %D%/mapping.c %D%/mapping.h %D%/mapserver.c %D%/mapserver.h \
	%D%/notify.c %D%/notify.h %D%/plan.c %D%/plan.h %D%/referral_cache.c %D%/referral_cache.h %D%/registry.c %D%/registry.h %D%/register.c %D%/replay.c \
	%D%/replay.h %D%/request.c %D%/resolve.c %D%/resolve.h %D%/sender.c %D%/sender.h \
	%D%/server.c %D%/server.h %D%/site.c %D%/site.h %D%/site_change.c %D%/site_change.h %D%/site_table.c %D%/worker.c %D%/worker.h %D%/xeid.c %D%/xeid.h %D%/xtr.c %D%/xtr.h

mapserver_libmapserver_a_SOURCES += %D%/config_secure.c %D%/secure.c %D%/secure.h %D%/secure_peers.c %D%/secure_peers.h
# The fast path.
FAST_BPF_PARTS = %D%/bpf/contract.h %D%/bpf/ask.h
mapserver_libmapserver_a_SOURCES += %D%/config_fast_path.c %D%/fast_load.c %D%/fast_load.h %D%/fast_path.c %D%/fast_path.h \
	%D%/fast_table.c %D%/fast_table.h $(FAST_BPF_PARTS)

# what outlives a restart
mapserver_libmapserver_a_SOURCES += %D%/config_store.c %D%/recovery.c %D%/recovery.h %D%/storage.c %D%/storage.h
mapserver_libmapserver_a_SOURCES += %D%/control_key.c %D%/control_restconf.c %D%/loss.c %D%/loss.h %D%/nonces.c %D%/nonces.h %D%/share.c %D%/share.h

sbin_PROGRAMS += sunward-mapserver
sunward_mapserver_SOURCES = %D%/main.c
sunward_mapserver_LDADD = mapserver/libmapserver.a $(TEST_LIBS) $(BPF_LIBS)

# The fast path's program.
nodist_mapserver_libmapserver_a_SOURCES = mapserver/bpf/fast.skel.h
EXTRA_DIST += %D%/bpf/fast.bpf.c
BUILT_SOURCES += mapserver/bpf/fast.skel.h
CLEANFILES += mapserver/bpf/fast.skel.h mapserver/bpf/fast.bpf.o
mapserver/bpf/fast.bpf.o: $(FAST_BPF_PARTS) lib/base/sip_bpf.h lib/net/counters_bpf.h
mapserver/libmapserver_a-fast_load.o mapserver/fast_load.o: mapserver/bpf/fast.skel.h

# The order of truth: histories, and what flaps.
mapserver_libmapserver_a_SOURCES += %D%/config_flap.c %D%/control_history.c %D%/moves.c %D%/moves.h
# xTRs behind a NAT.
mapserver_libmapserver_a_SOURCES += %D%/config_nat.c %D%/nat.c %D%/nat.h %D%/pinhole.c %D%/pinhole.h
# Subscriptions: what was agreed upon, and with which key.
mapserver_libmapserver_a_SOURCES += %D%/agreement.c %D%/association.c %D%/association.h %D%/keeping.c %D%/keeping.h
# Merged registrations.
mapserver_libmapserver_a_SOURCES += %D%/merge.c %D%/merge.h %D%/unite.c
# Instance-IDs as tenants.
mapserver_libmapserver_a_SOURCES += %D%/config_tenant.c %D%/control_tenant.c %D%/quota.c %D%/quota.h %D%/tenant.c %D%/tenant.h
# Moves that are being prepared.
mapserver_libmapserver_a_SOURCES += %D%/handover.c %D%/handover.h
