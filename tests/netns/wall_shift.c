/* wall_shift: to be preloaded: the wall's clock goes by as many seconds as the file $WALL_SHIFT
 * says (an int64, mapped, so that a step is seen at once), every other clock as it is. */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *shift_of(void)
{
	static const int64_t none;
	static const volatile int64_t *shift;
	const char *path = getenv("WALL_SHIFT");
	int fd;

	if (shift)
		return shift;
	shift = &none;
	fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd >= 0) {
		void *p = mmap(NULL, sizeof(*shift), PROT_READ, MAP_SHARED, fd, 0);

		if (p != MAP_FAILED)
			shift = p;
		close(fd);
	}
	return shift;
}

int clock_gettime(clockid_t clock, struct timespec *t)
{
	int rc = (int)syscall(SYS_clock_gettime, clock, t);

	if (!rc && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
		t->tv_sec += *shift_of();
	return rc;
}

int gettimeofday(struct timeval *restrict t, void *restrict zone)
{
	struct timespec ts;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &ts);
	*t = (struct timeval){ts.tv_sec, ts.tv_nsec / 1000};
	return 0;
}

time_t time(time_t *out)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	if (out)
		*out = ts.tv_sec;
	return ts.tv_sec;
}
