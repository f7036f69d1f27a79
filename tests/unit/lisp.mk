# unit tests of lisp
