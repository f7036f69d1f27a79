# What a system's package managers and service managers want.
EXTRA_DIST += dist/debian/control dist/debian/rules dist/debian/changelog dist/systemd/sunward-mapserver.service \
	dist/systemd/sunward-xtr.service dist/sysusers/sunward.conf
bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = %D%/bash-completion/sunward
