/* main: the agent's process; all else is in the library, so that tests link it. */
#include "vmmobility/agent.h"

int main(int argc, char **argv)
{
	return daemon_main(&agent_daemon, argc, argv);
}
