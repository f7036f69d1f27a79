# fuzz targets of lisp
