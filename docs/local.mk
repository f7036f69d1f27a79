# files of docs/
EXTRA_DIST += %D%/architecture.md %D%/api.md %D%/api-xtr.md
EXTRA_DIST += %D%/decisions/mac-kdf.md %D%/decisions/move-messages.md
dist_man_MANS += docs/man/sunward.1 docs/man/lig.1
