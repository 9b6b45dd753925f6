/* SPDX-License-Identifier: MIT
 *
 * Both networks with every kernel table that this machine can run, against float64.  Needs no
 * file, so that it also runs where only core is built (tests/core/networks/neon.sh). */
#include "tests/core/networks/reference.h"

enum { COUNT = 3 };

static double bound(const struct kernels *kernels) {
    return kernels->rounds ? 0.03 : 5e-6;
}

/* Narrow networks of random weights, on values that a window can have. */
static void check_pileup(const struct kernels *kernels) {
    struct failure why = {0};
    struct weights *weights = seeded_pileup(4001, 8, 12, 16, 8);
    struct pileup_network *network = pileup_network_new(weights, kernels, &why);
    cr_assert(network != NULL, "%s", why.text);
    struct pileup_scratch *scratch = pileup_scratch_new(network, NULL);
    size_t outputs = pileup_network_outputs(network);
    int32_t windows[COUNT * PILEUP_WINDOW_SIZE];
    float ours[COUNT * 90];
    for (size_t i = 0; i < COUNT * PILEUP_WINDOW_SIZE; i++)
        windows[i] = (int32_t)(seeded_bits(5, i) % 101) - 50;
    pileup_network_run(network, scratch, windows, COUNT, ours);
    for (size_t m = 0; m < COUNT; m++) {
        struct reference r;
        reference_pileup(&r, weights, windows + m * PILEUP_WINDOW_SIZE);
        double off = largest_difference(ours + m * outputs, r.probabilities, outputs);
        printf("pileup %s, window %zu: off by %.2e\n", kernels->name, m, off);
        cr_expect(off < bound(kernels), "pileup, %s: off by %g", kernels->name, off);
        reference_free(&r);
    }
    pileup_scratch_free(scratch);
    pileup_network_free(network);
    weights_free(weights);
}

static void check_full(const struct kernels *kernels, size_t rows, size_t channels, bool same) {
    struct failure why = {0};
    struct weights *weights = seeded_full(4002, channels, 4, 8, 16, 16, 8);
    struct full_network *network =
        full_network_new(weights, rows, same ? PADDING_SAME : PADDING_SYMMETRIC, kernels, &why);
    cr_assert(network != NULL, "%s", why.text);
    struct full_scratch *scratch = full_scratch_new(network, NULL);
    size_t outputs = full_network_outputs(network), size = rows * WINDOW_WIDTH * channels;
    int8_t *windows = malloc(COUNT * size);
    struct full_input inputs[COUNT];
    float ours[COUNT * 90];
    for (size_t i = 0; i < COUNT * size; i++)
        windows[i] = (int8_t)(seeded_bits(7, i) >> 56);
    for (size_t m = 0; m < COUNT; m++)
        inputs[m] = (struct full_input){windows + m * size, 0, rows};
    full_network_run(network, scratch, inputs, COUNT, ours);
    for (size_t m = 0; m < COUNT; m++) {
        struct reference r;
        reference_full(&r, weights, windows + m * size, rows, channels, same);
        double off = largest_difference(ours + m * outputs, r.probabilities, outputs);
        printf("full alignment %s, %zu rows, window %zu: off by %.2e\n", kernels->name, rows, m,
               off);
        cr_expect(off < bound(kernels), "full alignment, %s, %zu rows: off by %g", kernels->name,
                  rows, off);
        reference_free(&r);
    }
    free(windows);
    full_scratch_free(scratch);
    full_network_free(network);
    weights_free(weights);
}

/* Not one of golden_levels(), as what is exact elsewhere is near here. */
Test(levels, rounding_stays_near) {
    const struct kernels *bf16 = kernels_for("bf16");
    if (bf16 == NULL)
        return;
    check_pileup(bf16);
    check_full(bf16, 89, 8, false);
    check_full(bf16, 55, 9, false);
}

Test(levels, pileup_network) {
    for (const struct kernels *const *level = golden_levels(); *level != NULL; level++)
        check_pileup(*level);
}

Test(levels, full_network) {
    for (const struct kernels *const *level = golden_levels(); *level != NULL; level++) {
        check_full(*level, 89, 8, false);
        check_full(*level, 55, 8, true);
        check_full(*level, 55, 9, false);
    }
}
