EXTRA_DIST += tests/lint/lint.sh
EXTRA_DIST += tests/lint/pure.list
