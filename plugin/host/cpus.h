/* SPDX-License-Identifier: MIT
 *
 * How many threads this process may keep busy, and how many are asked for. */
#ifndef PLUGIN_HOST_CPUS_H
#define PLUGIN_HOST_CPUS_H

#include "plugin/host/options.h"

/* The CPUs of the process's affinity mask, or fewer where a cgroup (version 2 or 1) grants less
 * time than that; at least 1. */
int cpus_available(void);

enum { THREADS_MAX = 256 }; /* that a stage takes */

/* The value of --threads, or all CPUs that there are for us; fails outside of 1 to THREADS_MAX. */
int cpus_asked(const struct options *options, int64_t *threads, struct failure *why);

#endif
