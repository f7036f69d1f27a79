# unit tests of mapserver
