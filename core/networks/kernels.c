/* SPDX-License-Identifier: MIT
 *
 * Chooses a kernel table by name or by what the CPU has.  The rows below run from slow to
 * fast; each says whether this CPU can run it.  Those that round are only found by name. */
#define _GNU_SOURCE
#include "core/networks/kernels.h"

#include <stdbool.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

extern const struct kernels kernels_avx2, kernels_avx512, kernels_amx, kernels_bf16;
#elif defined(__aarch64__)
extern const struct kernels kernels_neon;
#endif

static bool always(void) {
    return true;
}

#if defined(__x86_64__)
static bool has_avx2(void) {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static bool has_avx512(void) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
}

/* The processor has the tiles, and Linux lets this process use them (arch_prctl(2)). */
static bool has_amx(void) {
    enum { AMX_BF16 = 1 << 22, AMX_TILE = 1 << 24, AMX_INT8 = 1 << 25 };
    enum { NEEDED = AMX_BF16 | AMX_TILE | AMX_INT8 };
    enum { ARCH_REQ_XCOMP_PERM = 0x1023, TILE_DATA = 0x12 };
    unsigned a, b, c, d;
    return has_avx512() && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (d & NEEDED) == NEEDED &&
           syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, TILE_DATA) == 0;
}
#endif

static const struct {
    const struct kernels *kernels;
    bool (*runs_here)(void);
} levels[] = {
    {&kernels_scalar, always},
#if defined(__x86_64__)
    {&kernels_avx2, has_avx2}, {&kernels_avx512, has_avx512},
    {&kernels_amx, has_amx},   {&kernels_bf16, has_amx},
#elif defined(__aarch64__)
    {&kernels_neon, always},
#endif
};

enum { LEVELS = sizeof levels / sizeof levels[0] };

const struct kernels *kernels_for(const char *name) {
    for (size_t l = 0; l < LEVELS; l++)
        if (strcmp(levels[l].kernels->name, name) == 0)
            return levels[l].runs_here() ? levels[l].kernels : NULL;
    return NULL;
}

const struct kernels *kernels_for_width(const struct kernels *kernels, size_t width) {
    return width < kernels->narrowest ? kernels->narrow : kernels;
}

const struct kernels *kernels_best(void) {
    for (size_t l = LEVELS; l-- > 1;)
        if (!levels[l].kernels->rounds && levels[l].runs_here())
            return levels[l].kernels;
    return &kernels_scalar;
}
