EXTRA_DIST += tests/lint/lint.sh tests/lint/trill_table.sh tests/lint/rbridge_fields.sh tests/lint/verdicts.sh
EXTRA_DIST += tests/lint/only_tests.py tests/lint/only_tests.list
EXTRA_DIST += tests/lint/pure.list
