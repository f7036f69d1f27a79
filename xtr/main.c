/* main: the tunnel router's process; all else is in the library, so that tests link it. */
#include "xtr/shell.h"

int main(int argc, char **argv)
{
	return daemon_main(&xtr_daemon, argc, argv);
}
