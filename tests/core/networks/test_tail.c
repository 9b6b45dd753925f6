/* SPDX-License-Identifier: MIT
 *
 * Dense layers and heads on their own: against float64, with padded inputs, two and four
 * heads, and probabilities that sum to one. */
#include "tests/core/networks/reference.h"

#include "core/networks/tail.h"

enum { STRETCHES = 3, GROUPS = 2, WIDTH = 5, D = 7, E = 6, ROWS = 4 };

static struct weights *tail_weights(bool four) {
    struct weights *w = weights_new(NULL);
    seeded_dense(w, 3, "L4", D, STRETCHES * GROUPS * WIDTH);
    seeded_dense(w, 3, "L5_1", E, D);
    seeded_dense(w, 3, "L5_2", E, D);
    seeded_dense(w, 3, "Y_gt21_logits", 21, E);
    seeded_dense(w, 3, "Y_genotype_logits", 3, E);
    if (four) {
        seeded_dense(w, 3, "L5_3", E, D);
        seeded_dense(w, 3, "L5_4", E, D);
        seeded_dense(w, 3, "Y_indel_length_logits_1", 33, E);
        seeded_dense(w, 3, "Y_indel_length_logits_2", 33, E);
    }
    return w;
}

static void check(const struct kernels *kernels, bool four) {
    struct weights *weights = tail_weights(four);
    size_t padded = round_up(WIDTH, kernels->lanes);
    struct flat_shape shape = {STRETCHES, GROUPS, WIDTH, padded};
    struct tail tail;
    struct tail_scratch scratch;
    struct failure why = {0};
    cr_assert(tail_pack(&tail, weights, &shape, kernels, &why) == STATUS_OK, "%s", why.text);
    cr_assert(tail_scratch_new(&scratch, &tail, ROWS, &why) == STATUS_OK);
    cr_assert_eq(tail.outputs, four ? 90 : 24);
    /* Rows side by side within a stretch, as the pileup network has them. */
    size_t x_step = GROUPS * padded, stretch_step = ROWS * x_step;
    float *x = floats_new(STRETCHES * stretch_step, NULL);
    double plain[ROWS][STRETCHES * GROUPS * WIDTH];
    for (size_t m = 0; m < ROWS; m++)
        for (size_t i = 0; i < STRETCHES * GROUPS * WIDTH; i++) {
            float v = (float)(seeded_bits(m, i) >> 40) * 0x1p-23F - 1.0F;
            size_t s = i / (GROUPS * WIDTH), g = i / WIDTH % GROUPS, k = i % WIDTH;
            x[s * stretch_step + m * x_step + g * padded + k] = v;
            plain[m][i] = (double)v;
        }
    float probabilities[ROWS * OUTPUTS_MAX];
    tail_run(&tail, &scratch, x, x_step, stretch_step, ROWS, NULL, probabilities);
    for (size_t m = 0; m < ROWS; m++) {
        struct reference r = {.weights = weights};
        ref_tail(&r, plain[m], STRETCHES * GROUPS * WIDTH);
        cr_assert_eq(r.outputs, tail.outputs);
        double difference =
            largest_difference(probabilities + m * tail.outputs, r.probabilities, tail.outputs);
        cr_expect(difference < 2e-6, "%s: off by %g", kernels->name, difference);
        double sum = 0;
        for (size_t i = 0; i < 21; i++)
            sum += (double)probabilities[m * tail.outputs + i];
        cr_expect(fabs(sum - 1) < 1e-6);
        reference_free(&r);
    }
    free(x);
    tail_scratch_free(&scratch);
    tail_free(&tail);
    weights_free(weights);
}

Test(tail, agrees_with_float64) {
    for (const struct kernels *const *level = golden_levels(); *level != NULL; level++) {
        check(*level, false);
        check(*level, true);
    }
}

/* Half a pair of length heads is no network. */
Test(tail, one_length_head_is_refused) {
    struct weights *weights = tail_weights(false);
    seeded_dense(weights, 3, "Y_indel_length_logits_1", 33, E);
    struct flat_shape shape = {STRETCHES, GROUPS, WIDTH, WIDTH};
    struct tail tail;
    struct failure why = {0};
    cr_expect(tail_pack(&tail, weights, &shape, &kernels_scalar, &why) != STATUS_OK);
    cr_expect(strstr(why.text, "L5_3.weight") != NULL, "%s", why.text);
    tail_free(&tail);
    weights_free(weights);
}
