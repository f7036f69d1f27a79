/* privilege: from root, or from whatever it was started as, down to nothing. See privilege.h.
 *
 * The order matters: the bounding set while it may still be changed, then groups and user, then
 * what is left of the capabilities, then no_new_privs, and the filter last, since it may forbid the
 * calls of the steps before it. */
#include "lib/service/privilege.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "lib/base/log.h"

static int failed(struct log *log, const char *step, int error)
{
	log_error(log, "privileges: %s: %s", step, strerror(error));
	return -error;
}

static void drop_bounding_set(void)
{
	capng_get_caps_process();
	if (!capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP))
		return; /* no_new_privs makes it moot */
	capng_clear(CAPNG_SELECT_BOUNDS);
	capng_apply(CAPNG_SELECT_BOUNDS);
}

static int become(const char *user, struct log *log)
{
	struct passwd *pw;

	if (geteuid() != 0) {
		log_debug(log, "privileges: not root, so it stays uid %u", geteuid());
		return 0;
	}
	errno = 0;
	pw = getpwnam(user);
	if (!pw) {
		log_error(log, "privileges: user \"%s\": %s", user,
			errno ? strerror(errno) : "there is no such user");
		return errno ? -errno : -ESRCH;
	}
	if (initgroups(user, pw->pw_gid) || setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid))
		return failed(log, "change of groups", errno);
	if (setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid))
		return failed(log, "change of user", errno);
	return 0;
}

static int drop_capabilities(struct log *log)
{
	capng_clear(CAPNG_SELECT_CAPS);
	if (capng_apply(CAPNG_SELECT_CAPS))
		return failed(log, "capabilities", errno ? errno : EPERM);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return failed(log, "no_new_privs", errno);
	return 0;
}

static int filter(const char *const *syscalls, struct log *log)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int error = ctx ? 0 : -ENOMEM;

	for (; !error && *syscalls; syscalls++) {
		int number = seccomp_syscall_resolve_name(*syscalls);

		if (number == __NR_SCMP_ERROR)
			log_debug(log, "privileges: no system call \"%s\" here", *syscalls);
		else
			error = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, number, 0);
	}
	if (!error)
		error = seccomp_load(ctx);
	if (ctx)
		seccomp_release(ctx);
	return error ? failed(log, "filter of system calls", -error) : 0;
}

int privilege_drop(const struct privilege_options *options, struct log *log)
{
	int error = 0;

	drop_bounding_set();
	if (options->user)
		error = become(options->user, log);
	if (!error)
		error = drop_capabilities(log);
	if (!error && options->syscalls)
		error = filter(options->syscalls, log);
	return error;
}
