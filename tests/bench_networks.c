/* SPDX-License-Identifier: MIT
 *
 * How near the networks come to what a core can do: multiply-adds per second of a loop with
 * nothing but fused multiply-adds (twelve independent chains), then windows per second of both
 * networks and their share of it.  Usage: bench_networks MODEL [LEVEL].
 *
 * Times are thread CPU time, the tenth percentile of many short runs: with neighbours on the
 * machine a median measures the neighbours. */
#include "adapters/models.h"
#include "core/networks/pileup_network.h"
#include "core/windows/shape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RUNS = 40, CHAINS = 12 };

static const double PILEUP_MACS = 23892992, FULL_MACS_89 = 225769216, FULL_MACS_55 = 136406272;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int by_size(const void *a, const void *b) {
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static double tenth(double times[RUNS], size_t count) {
    qsort(times, count, sizeof *times, by_size);
    return times[count / 10];
}

#if defined(__x86_64__)
typedef float vec8 __attribute__((vector_size(32)));

__attribute__((target("avx2,fma"))) static float fused(size_t steps) {
    vec8 c[CHAINS] = {{0}}, a = {0}, b = {0};
    for (size_t i = 0; i < 8; i++) {
        a[i] = 0.999F;
        b[i] = 1e-3F * (float)i;
    }
    vec8 c0 = c[0], c1 = c[1], c2 = c[2], c3 = c[3], c4 = c[4], c5 = c[5], c6 = c[6], c7 = c[7],
         c8 = c[8], c9 = c[9], c10 = c[10], c11 = c[11];
#define FUSED(n) __asm__ volatile("vfmadd213ps %2, %1, %0" : "+x"(c##n) : "x"(a), "x"(b))
    for (size_t s = 0; s < steps; s++) {
        FUSED(0);
        FUSED(1);
        FUSED(2);
        FUSED(3);
        FUSED(4);
        FUSED(5);
        FUSED(6);
        FUSED(7);
        FUSED(8);
        FUSED(9);
        FUSED(10);
        FUSED(11);
    }
    c[0] = c0 + c1 + c2 + c3 + c4 + c5 + c6 + c7 + c8 + c9 + c10 + c11;
    return c[0][0];
}
#endif

/* Multiply-adds per second, 0 where it is not known how to measure. */
static double peak(void) {
#if defined(__x86_64__)
    enum { STEPS = 200000 };
    double times[RUNS];
    volatile float sink;
    for (size_t r = 0; r < RUNS; r++) {
        double begin = now();
        sink = fused(STEPS);
        (void)sink;
        times[r] = now() - begin;
    }
    return (double)STEPS * CHAINS * 8 / tenth(times, RUNS);
#else
    return 0;
#endif
}

static void report(const char *what, double windows, double seconds, double macs) {
    double top = peak();
    printf("%-34s %8.0f windows/s %7.1f GMAC/s", what, windows / seconds,
           windows / seconds * macs * 1e-9);
    if (top > 0)
        printf("  %5.1f %% of %.1f", 100 * windows / seconds * macs / top, top * 1e-9);
    printf("\n");
    fflush(stdout);
}

static void bench_pileup(const struct model *model, const struct kernels *kernels) {
    struct failure why = {0};
    struct pileup_network *network = pileup_network_new(model->pileup, kernels, &why);
    struct pileup_scratch *scratch = pileup_scratch_new(network, &why);
    const size_t batches[] = {1, 2, 4, 6, 8, 12, 16, 64, 256};
    int32_t *windows = calloc(256, PILEUP_WINDOW_SIZE * sizeof *windows);
    float *probabilities = calloc(256, 90 * sizeof *probabilities);
    for (size_t i = 0; i < 256 * PILEUP_WINDOW_SIZE; i++)
        windows[i] = (int32_t)(i * 2654435761U >> 26) - 32;
    for (size_t b = 0; b < sizeof batches / sizeof batches[0]; b++) {
        double times[RUNS];
        size_t repeats = 24 / batches[b] + 1;
        for (size_t r = 0; r < RUNS; r++) {
            double begin = now();
            for (size_t n = 0; n < repeats; n++)
                pileup_network_run(network, scratch, windows, batches[b], probabilities);
            times[r] = now() - begin;
        }
        char what[64];
        snprintf(what, sizeof what, "pileup %s, batch %zu", kernels->name, batches[b]);
        report(what, (double)(repeats * batches[b]), tenth(times, RUNS), PILEUP_MACS);
    }
    free(windows);
    free(probabilities);
    pileup_scratch_free(scratch);
    pileup_network_free(network);
}

static void bench_full(const struct model *model, const struct kernels *kernels, size_t rows) {
    struct failure why = {0};
    struct full_network *network =
        full_network_new(model->full, rows, PADDING_SYMMETRIC, kernels, &why);
    struct full_scratch *scratch = full_scratch_new(network, &why);
    size_t size = WINDOW_WIDTH * model->channels;
    const size_t batches[] = {1, 8, 16, 64}, used[] = {10, 28, 60, rows};
    int8_t *values = malloc(rows * size);
    float *probabilities = calloc(64, 90 * sizeof *probabilities);
    for (size_t i = 0; i < rows * size; i++)
        values[i] = (int8_t)((i * 2654435761U >> 25) % 127 + 1);
    for (size_t u = 0; u < 4; u++)
        for (size_t b = 0; b < 4 && used[u] <= rows; b++) {
            struct full_input windows[64];
            for (size_t w = 0; w < 64; w++)
                windows[w] = (struct full_input){values, (rows - used[u]) / 2, used[u]};
            double times[RUNS];
            size_t repeats = 4 / batches[b] + 1, runs = batches[b] > 8 ? RUNS / 4 : RUNS;
            for (size_t r = 0; r < runs; r++) {
                double begin = now();
                for (size_t n = 0; n < repeats; n++)
                    full_network_run(network, scratch, windows, batches[b], probabilities);
                times[r] = now() - begin;
            }
            char what[64];
            snprintf(what, sizeof what, "full %s, %zu of %zu rows, batch %zu", kernels->name,
                     used[u], rows, batches[b]);
            report(what, (double)(repeats * batches[b]), tenth(times, runs),
                   rows == FULL_ROWS_ONT ? FULL_MACS_89 : FULL_MACS_55);
        }
    free(values);
    free(probabilities);
    full_scratch_free(scratch);
    full_network_free(network);
}

int main(int argc, char **argv) {
    struct failure why = {0};
    struct model *model;
    if (argc < 2 || model_open(argv[1], &model, &why) != STATUS_OK) {
        fprintf(stderr, "bench_networks: %s\n", argc < 2 ? "which model?" : why.text);
        return 1;
    }
    const struct kernels *kernels = argc > 2 ? kernels_for(argv[2]) : kernels_best();
    if (kernels == NULL) {
        fprintf(stderr, "bench_networks: this machine has no %s\n", argv[2]);
        return 1;
    }
    const char *only = argc > 3 ? argv[3] : "both";
    if (model->pileup != NULL && strcmp(only, "full") != 0)
        bench_pileup(model, kernels);
    if (model->full != NULL && strcmp(only, "pileup") != 0) {
        bench_full(model, kernels, FULL_ROWS_ONT);
        bench_full(model, kernels, FULL_ROWS_HIFI);
    }
    model_free(model);
    return 0;
}
