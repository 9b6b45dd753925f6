/* SPDX-License-Identifier: MIT
 *
 * CPU affinity and cgroup quotas. */
#define _GNU_SOURCE /* sched_getaffinity */
#include "plugin/host/cpus.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Two numbers "QUOTA PERIOD" in microseconds, from one file or two; 0 CPUs where there is no
 * limit or no such file. */
static int quota_cpus(const char *quota_path, const char *period_path) {
    long long quota = -1, period = 100000;
    FILE *file = fopen(quota_path, "r");
    if (file == NULL)
        return 0;
    int read = fscanf(file, "%lld %lld", &quota, &period); /* "max" reads nothing */
    fclose(file);
    if (read >= 1 && period_path != NULL && (file = fopen(period_path, "r")) != NULL) {
        if (fscanf(file, "%lld", &period) != 1)
            period = 100000;
        fclose(file);
    }
    return read < 1 || quota <= 0 || period <= 0 ? 0 : (int)((quota + period - 1) / period);
}

/* The least quota from this process's cgroup up to the root (version 2). */
static int unified_cpus(void) {
    char line[4096], path[4400];
    int least = 0;
    FILE *file = fopen("/proc/self/cgroup", "r");
    if (file == NULL)
        return 0;
    while (fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "0::", 3) == 0) {
            line[strcspn(line, "\n")] = '\0';
            for (char *group = line + 3, *slash = group + strlen(group); slash != NULL;
                 slash = strrchr(group, '/')) {
                *slash = '\0';
                snprintf(path, sizeof path, "/sys/fs/cgroup%s/cpu.max", group);
                int cpus = quota_cpus(path, NULL);
                if (cpus > 0 && (least == 0 || cpus < least))
                    least = cpus;
            }
        }
    fclose(file);
    return least;
}

int cpus_available(void) {
    cpu_set_t allowed;
    int cpus = (int)sysconf(_SC_NPROCESSORS_ONLN);
    if (sched_getaffinity(0, sizeof allowed, &allowed) == 0)
        cpus = CPU_COUNT(&allowed);
    const int limits[] = {unified_cpus(), quota_cpus("/sys/fs/cgroup/cpu/cpu.cfs_quota_us",
                                                     "/sys/fs/cgroup/cpu/cpu.cfs_period_us")};
    for (int i = 0; i < 2; i++)
        if (limits[i] > 0 && limits[i] < cpus)
            cpus = limits[i];
    return cpus > 0 ? cpus : 1;
}

int cpus_asked(const struct options *options, int64_t *threads, struct failure *why) {
    int64_t available = cpus_available();
    *threads = options_given(options, "threads") ? options_integer(options, "threads")
               : available < THREADS_MAX         ? available
                                                 : THREADS_MAX;
    return *threads < 1 || *threads > THREADS_MAX
               ? fail(why, STATUS_BAD_INPUT, "--threads takes 1 to %d, not %s", THREADS_MAX,
                      options_text(options, "threads"))
               : STATUS_OK;
}
