/* main: the RBridge's process; all else is in the library, so that tests link it. */
#include "trill/shell.h"

int main(int argc, char **argv)
{
	return daemon_main(&rbridge_daemon, argc, argv);
}
