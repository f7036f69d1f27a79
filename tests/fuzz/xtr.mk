# fuzz targets of xtr
