# files of dist/
