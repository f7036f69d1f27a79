# files of conf/
dist_pkgdata_DATA = %D%/mapserver.conf %D%/resolver.conf %D%/ddt-node.conf %D%/xtr.conf %D%/vmagent.conf %D%/rbridge.conf %D%/quickstart.conf
