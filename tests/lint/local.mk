EXTRA_DIST += tests/lint/lint.sh tests/lint/trill_table.sh
EXTRA_DIST += tests/lint/pure.list
