# files of docs/
EXTRA_DIST += %D%/performance.md %D%/operations.md %D%/mobility.md %D%/architecture.md %D%/api.md %D%/api-xtr.md %D%/api-vmagent.md %D%/api-rbridge.md %D%/conformance.md %D%/faults.md %D%/trill.md %D%/trill-datapath.md
EXTRA_DIST += %D%/decisions/interop-openoverlayrouter.md %D%/decisions/handover.md %D%/decisions/mac-kdf.md %D%/decisions/move-messages.md
EXTRA_DIST += %D%/decisions/forwarding-loops.md
EXTRA_DIST += %D%/decisions/amplification.md %D%/decisions/ddt.md %D%/decisions/fast-path.md %D%/decisions/registrations.md %D%/decisions/xtr-core.md
EXTRA_DIST += %D%/decisions/lisp-sec.md %D%/decisions/nat.md %D%/decisions/one-subnet.md %D%/decisions/tenants.md
EXTRA_DIST += %D%/decisions/pubsub.md %D%/decisions/trill-restart.md
EXTRA_DIST += %D%/decisions/durable-store.md %D%/decisions/trill-multicast.md %D%/decisions/trill-bonds.md
dist_man_MANS += docs/man/sunward.1 docs/man/lig.1
dist_man_MANS += %D%/man/sunward-xtr.8 %D%/man/sunward-xtr.conf.5 %D%/man/sunward-mapserver.8 %D%/man/sunward-mapserver.conf.5
EXTRA_DIST += %D%/openapi/mapserver.json %D%/openapi/xtr.json %D%/openapi/vmagent.json %D%/openapi/rbridge.json
dist_man_MANS += %D%/man/sunward-rbridge.8 %D%/man/sunward-rbridge.conf.5
dist_man_MANS += %D%/man/sunward-vmagent.8 %D%/man/sunward-vmagent.conf.5 %D%/man/sunward-vm-hook.8
EXTRA_DIST += %D%/model.md
EXTRA_DIST += %D%/decisions/campus.md %D%/decisions/gateway.md
