/* SPDX-License-Identifier: MIT
 *
 * Loops that do one thing. */
#include "plugin/host/peak.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RUNS = 20, STEPS = 100000, CHAINS = 12 };

double peak_clock(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int by_size(const void *a, const void *b) {
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

double peak_tenth(double *times, size_t count) {
    qsort(times, count, sizeof *times, by_size);
    return times[count / 10];
}

/* Twelve chains of one instruction; the compiler may neither join nor drop them. */
#define CHAIN_LOOP(type, instruction, constraint)                                                  \
    type c0 = {0}, c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0, c6 = c0, c7 = c0, c8 = c0,         \
         c9 = c0, c10 = c0, c11 = c0, a = c0, b = c0;                                              \
    for (size_t s = 0; s < STEPS; s++)                                                             \
    __asm__ volatile(instruction(0) instruction(1) instruction(2) instruction(3) instruction(4)    \
                         instruction(5) instruction(6) instruction(7) instruction(8)               \
                             instruction(9) instruction(10) instruction(11)                        \
                     : constraint(c0), constraint(c1), constraint(c2), constraint(c3),             \
                       constraint(c4), constraint(c5), constraint(c6), constraint(c7),             \
                       constraint(c8), constraint(c9), constraint(c10), constraint(c11)            \
                     : INPUT(a), INPUT(b))

#if defined(__x86_64__)
typedef float vec8 __attribute__((vector_size(32)));
typedef float vec16 __attribute__((vector_size(64)));
#define FUSED(n)    "vfmadd231ps %13, %12, %" #n "\n\t"
#define IN_PLACE(v) "+x"(v)
#define INPUT(v)    "x"(v)

__attribute__((target("avx2,fma"))) static void fused8(void) {
    CHAIN_LOOP(vec8, FUSED, IN_PLACE);
}

#undef IN_PLACE
#undef INPUT
#define IN_PLACE(v) "+v"(v)
#define INPUT(v)    "v"(v)
__attribute__((target("avx512f"))) static void fused16(void) {
    CHAIN_LOOP(vec16, FUSED, IN_PLACE);
}
#elif defined(__aarch64__)
typedef float vec4 __attribute__((vector_size(16)));
#define FUSED(n)    "fmla %" #n ".4s, %12.4s, %13.4s\n\t"
#define IN_PLACE(v) "+w"(v)
#define INPUT(v)    "w"(v)

static void fused4(void) {
    CHAIN_LOOP(vec4, FUSED, IN_PLACE);
}
#endif

double peak_multiply_adds(const char *level) {
    static const struct {
        const char *level;
        void (*loop)(void);
        size_t lanes;
    } loops[] = {
#if defined(__x86_64__)
        {"avx2", fused8, 8},
        {"avx512", fused16, 16},
        {"amx", fused16, 16},
        {"bf16", fused16, 16},
#elif defined(__aarch64__)
        {"neon", fused4, 4},
#endif
        {"", NULL, 0},
    };
    for (size_t l = 0; loops[l].loop != NULL; l++) {
        double times[RUNS];
        if (strcmp(loops[l].level, level) != 0)
            continue;
        for (size_t r = 0; r < RUNS; r++) {
            double begin = peak_clock();
            loops[l].loop();
            times[r] = peak_clock() - begin;
        }
        return (double)(STEPS * CHAINS * loops[l].lanes) / peak_tenth(times, RUNS);
    }
    return 0;
}

double peak_memory(void) {
    enum { WORDS = 1 << 25, STRIDE = 8 };
    uint64_t *words = malloc(WORDS * sizeof *words);
    double times[5];
    if (words == NULL)
        return 0;
    memset(words, 1, WORDS * sizeof *words);
    for (size_t r = 0; r < 5; r++) {
        uint64_t sums[STRIDE] = {0};
        double begin = peak_clock();
        for (size_t i = 0; i < WORDS; i += STRIDE)
            for (size_t s = 0; s < STRIDE; s++)
                sums[s] += words[i + s];
        times[r] = peak_clock() - begin;
        uint64_t all = 0;
        for (size_t s = 0; s < STRIDE; s++)
            all ^= sums[s];
        __asm__ volatile("" : : "r"(all)); /* the sums are wanted */
    }
    free(words);
    return (double)(WORDS * sizeof *words) / peak_tenth(times, 5);
}
