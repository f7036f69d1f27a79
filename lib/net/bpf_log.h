/* bpf_log: what libbpf would write to standard error, for the whole process. */
#ifndef SUNWARD_LIB_NET_BPF_LOG_H
#define SUNWARD_LIB_NET_BPF_LOG_H

/* Show it only where SUNWARD_BPF_DEBUG is in the environment: the reason of a failure is in errno,
 * and in the daemon's own line. Call it before libbpf. */
void bpf_log_on_demand(void);

#endif
