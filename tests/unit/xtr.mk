# unit tests of xtr
