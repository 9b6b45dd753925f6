/* SPDX-License-Identifier: MIT
 *
 * How many threads this process may keep busy. */
#ifndef PLUGIN_HOST_CPUS_H
#define PLUGIN_HOST_CPUS_H

/* The CPUs of the process's affinity mask, or fewer where a cgroup (version 2 or 1) grants less
 * time than that; at least 1. */
int cpus_available(void);

#endif
