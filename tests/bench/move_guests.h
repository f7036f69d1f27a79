/* move_guests: the move benchmark's rows of real guests, which QEMU or libvirt migrates live with
 * agents at both hypervisors. */
#ifndef SUNWARD_TESTS_BENCH_MOVE_GUESTS_H
#define SUNWARD_TESTS_BENCH_MOVE_GUESTS_H

#include "tests/bench/bench.h"

/* Migrate a guest @count times (at most 100) by bare QEMU, then one by libvirt, sample what was
 * seen, and set the goals; and one some times between two QEMUs on one bridge, without any Sunward,
 * for the reference. Each migration is told on stderr when it is done. Where the machine cannot, a
 * note says why. */
void move_guests(struct bench *b, unsigned long count);
/* The table of it; nothing without samples. */
void move_guests_print(const struct bench *b);

#endif
