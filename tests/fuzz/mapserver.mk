# fuzz targets of mapserver
