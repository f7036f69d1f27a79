# files of docs/
EXTRA_DIST += %D%/architecture.md %D%/api.md
