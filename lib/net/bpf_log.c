/* See bpf_log.h. */
#include "lib/net/bpf_log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <bpf/libbpf.h>

static int print(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	if (!getenv("SUNWARD_BPF_DEBUG"))
		return 0;
	return vfprintf(stderr, format, args);
}

void bpf_log_on_demand(void)
{
	libbpf_set_print(print);
}
