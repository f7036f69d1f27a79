/* sunward-mapserver: see mapserver.h. */
#include "mapserver/mapserver.h"

int main(int argc, char **argv)
{
	return daemon_main(&mapserver_daemon, argc, argv);
}
