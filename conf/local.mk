# files of conf/
dist_pkgdata_DATA = %D%/mapserver.conf %D%/resolver.conf %D%/xtr.conf %D%/quickstart.conf
