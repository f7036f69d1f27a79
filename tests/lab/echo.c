/* echo: the machine's TCP service: sends back what it gets, one connection at a time each in a
 * process of its own. usage: echo PORT */
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void serve(int fd)
{
	char buf[4096];
	ssize_t n;

	while ((n = recv(fd, buf, sizeof(buf), 0)) > 0)
		for (ssize_t done = 0, k; done < n; done += k)
			if ((k = send(fd, buf + done, (size_t)(n - done), MSG_NOSIGNAL)) <= 0)
				exit(1);
	exit(0);
}

int main(int argc, char **argv)
{
	struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT};
	int listener = socket(AF_INET6, SOCK_STREAM, 0), on = 1, fd;

	if (argc != 2)
		return fputs("usage: echo PORT\n", stderr), 2;
	any.sin6_port = htons((uint16_t)atoi(argv[1]));
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listener, (struct sockaddr *)&any, sizeof(any)) || listen(listener, 16)) {
		perror("echo");
		return 1;
	}
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		fd = accept(listener, NULL, NULL);
		if (fd < 0)
			continue;
		if (fork() == 0)
			serve(fd);
		close(fd);
	}
}
