# fuzz targets of table
