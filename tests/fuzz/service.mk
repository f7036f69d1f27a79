# fuzz targets of service
