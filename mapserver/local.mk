# files of mapserver/
