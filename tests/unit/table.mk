# unit tests of table
