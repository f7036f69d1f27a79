# What a system's package managers and service managers want. The units name the programs by their full paths, so they are
# made here.
EXTRA_DIST += dist/debian/control dist/debian/rules dist/debian/changelog dist/debian/copyright dist/debian/source/format \
	dist/debian/sunward.dirs dist/debian/sunward.docs
EXTRA_DIST += dist/systemd/sunward-mapserver.service.in \
	dist/systemd/sunward-xtr.service.in dist/systemd/sunward-vmagent.service.in dist/systemd/sunward-rbridge.service.in
bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = %D%/bash-completion/sunward
sysusersdir = $(SYSUSERSDIR)
dist_sysusers_DATA = %D%/sysusers/sunward.conf
systemunitdir = $(SYSTEMUNITDIR)
systemunit_DATA = %D%/systemd/sunward-mapserver.service %D%/systemd/sunward-xtr.service \
	%D%/systemd/sunward-vmagent.service %D%/systemd/sunward-rbridge.service
CLEANFILES += $(systemunit_DATA)

%D%/systemd/%.service: %D%/systemd/%.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(SED) -e 's|@sbindir[@]|$(sbindir)|g' -e 's|@sysconfdir[@]|$(sysconfdir)|g' \
		$< >$@.tmp && mv $@.tmp $@
