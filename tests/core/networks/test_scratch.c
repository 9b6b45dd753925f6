/* SPDX-License-Identifier: MIT
 *
 * Working memory: all of it is asked for when a scratch is made, and none is shared. */
#include "tests/core/networks/golden.h"

#include <pthread.h>

#ifndef __SANITIZE_ADDRESS__
/* The C library's own, under the names that it keeps for those who count. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
static _Atomic size_t allocations;

void *malloc(size_t size) {
    allocations++;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    allocations++;
    return __libc_calloc(count, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    allocations++;
    return __libc_memalign(alignment, size);
}

/* Criterion's own threads may allocate at any time, so the least of many runs counts. */
Test(scratch, running_allocates_nothing) {
    struct weights *full = golden_weights("full_alignment_narrow");
    struct weights *pileup = golden_weights("pileup_narrow");
    int8_t *window = calloc(89, 33 * 8);
    int32_t counts[9 * PILEUP_WINDOW_SIZE] = {0};
    float probabilities[9 * 90];
    window[1234] = 50;
    for (const struct kernels *const *level = golden_levels(); *level != NULL; level++) {
        struct full_network *network = full_network_new(full, 89, PADDING_SYMMETRIC, *level, NULL);
        struct full_scratch *scratch = full_scratch_new(network, NULL);
        struct pileup_network *p = pileup_network_new(pileup, *level, NULL);
        struct pileup_scratch *s = pileup_scratch_new(p, NULL);
        struct full_input windows[9];
        for (size_t w = 0; w < 9; w++)
            windows[w] = (struct full_input){window, 0, 89};
        size_t least = SIZE_MAX;
        for (int n = 0; n < 20; n++) {
            size_t before = allocations;
            full_network_run(network, scratch, windows, 9, probabilities);
            pileup_network_run(p, s, counts, 9, probabilities);
            size_t made = allocations - before;
            least = made < least ? made : least;
        }
        cr_expect_eq(least, 0, "%s: %zu allocations", (*level)->name, least);
        pileup_scratch_free(s);
        pileup_network_free(p);
        full_scratch_free(scratch);
        full_network_free(network);
    }
    free(window);
    weights_free(full);
    weights_free(pileup);
}
#endif

struct work {
    const struct full_network *network;
    const int8_t *values;
    size_t count;
    float *probabilities;
};

static void *run_thread(void *user) {
    struct work *work = user;
    struct full_scratch *scratch = full_scratch_new(work->network, NULL);
    for (size_t w = 0; w < work->count; w++)
        full_network_run(work->network, scratch,
                         &(struct full_input){work->values + w * 89 * 33 * 8, 0, 89}, 1,
                         work->probabilities + w * 90);
    full_scratch_free(scratch);
    return NULL;
}

/* Threads that share a network do not see each other. */
Test(scratch, threads_change_no_bit) {
    enum { THREADS = 3, COUNT = 12 };
    struct golden windows = golden_read(GOLDEN "windows.h5", "full_alignment_89", H5T_NATIVE_INT8);
    struct weights *weights = golden_weights("full_alignment_trained_89");
    struct full_network *network =
        full_network_new(weights, 89, PADDING_SYMMETRIC, kernels_best(), NULL);
    float *one = calloc(COUNT, 90 * sizeof(float)), *many[THREADS];
    run_thread(&(struct work){network, windows.values, COUNT, one});
    struct work work[THREADS];
    pthread_t threads[THREADS];
    for (size_t t = 0; t < THREADS; t++) {
        many[t] = calloc(COUNT, 90 * sizeof(float));
        work[t] = (struct work){network, windows.values, COUNT, many[t]};
        cr_assert_eq(pthread_create(&threads[t], NULL, run_thread, &work[t]), 0);
    }
    for (size_t t = 0; t < THREADS; t++) {
        pthread_join(threads[t], NULL);
        cr_expect(memcmp(one, many[t], COUNT * 90 * sizeof(float)) == 0);
        free(many[t]);
    }
    free(one);
    full_network_free(network);
    weights_free(weights);
    free(windows.values);
}
