# files of xtr/
