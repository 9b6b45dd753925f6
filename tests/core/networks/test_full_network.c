/* SPDX-License-Identifier: MIT
 *
 * The full-alignment network against golden probabilities and layers (tests/data/networks/
 * README.md says how they were made), with both schools of padding, with rows left out, and
 * with weights that do not fit. */
#include "tests/core/networks/golden.h"

struct runner {
    struct full_network *network;
    struct full_scratch *scratch;
    size_t outputs, rows, channels;
};

static struct runner runner_new(const struct weights *weights, size_t rows, enum padding padding,
                                const struct kernels *kernels) {
    struct failure why = {0};
    struct runner r = {.network = full_network_new(weights, rows, padding, kernels, &why)};
    cr_assert(r.network != NULL, "%s", why.text);
    r.scratch = full_scratch_new(r.network, &why);
    cr_assert(r.scratch != NULL, "%s", why.text);
    r.outputs = full_network_outputs(r.network);
    r.rows = full_network_rows(r.network);
    r.channels = full_network_channels(r.network);
    return r;
}

static void runner_free(struct runner *r) {
    full_scratch_free(r->scratch);
    full_network_free(r->network);
}

/* Whole windows, one after the other in memory. */
static float *run(struct runner *r, const int8_t *values, size_t count) {
    struct full_input *windows = calloc(count, sizeof *windows);
    for (size_t w = 0; w < count; w++)
        windows[w] = (struct full_input){values + w * r->rows * 33 * r->channels, 0, r->rows};
    float *probabilities = malloc(count * r->outputs * sizeof(float));
    full_network_run(r->network, r->scratch, windows, count, probabilities);
    free(windows);
    return probabilities;
}

struct set {
    const char *name, *windows, *truth;
    size_t rows;
    enum padding padding;
    double bound; /* 0: twice PyTorch's own error */
    bool layers;
};

static struct weights *weights_of(const char *name) {
    struct weights *weights = golden_weights(name);
    if (strstr(name, "trained_89_dwell") == NULL)
        return weights;
    /* The trained network with a seeded ninth channel. */
    struct weights *dwell = weights_new(NULL);
    float ninth[64 * 9];
    seeded_fill(ninth, 64 * 9, "dwell.kernel", 1009, -0.05F, 0.05F);
    for (size_t t = 0; t < weights->count; t++) {
        const struct tensor *from = &weights->tensors[t];
        struct tensor *to;
        size_t shape[4];
        memcpy(shape, from->shape, sizeof shape);
        bool grows = strcmp(from->name, "conv1.conv.weight") == 0;
        shape[1] += grows ? 1 : 0;
        weights_add(dwell, from->name, from->rank, shape, &to, NULL);
        if (!grows)
            memcpy(to->values, from->values, from->count * sizeof(float));
        for (size_t o = 0; o < 64 && grows; o++) {
            memcpy(to->values + o * 81, from->values + o * 72, 72 * sizeof(float));
            memcpy(to->values + o * 81 + 72, ninth + o * 9, 9 * sizeof(float));
        }
    }
    weights_free(weights);
    return dwell;
}

static void check_golden(const struct set *set) {
    char file[256];
    snprintf(file, sizeof file, GOLDEN "%s.h5", set->name);
    struct golden windows = golden_windows(file, set->windows, H5T_NATIVE_INT8);
    struct golden truth = golden_read(file, set->truth, H5T_NATIVE_DOUBLE);
    struct weights *weights = weights_of(set->name);
    for (const struct kernels *const *level = golden_levels(); *level != NULL; level++) {
        size_t count = windows.shape[0];
        if (strcmp((*level)->name, "scalar") == 0 && strstr(set->name, "narrow") == NULL)
            count = 3;
        struct runner r = runner_new(weights, set->rows, set->padding, *level);
        struct seen seen = {0};
        struct tap tap = {&seen, see_layer};
        full_scratch_tap(r.scratch, set->layers ? &tap : NULL);
        float *ours = run(&r, windows.values, count);
        double difference = largest_difference(ours, truth.values, count * r.outputs);
        double allowed = set->bound > 0 ? set->bound : 2 * golden_error(file, "/");
        fprintf(stderr, "%-32s %-7s %zu windows: %.2e (bound %.2e)\n", set->name, (*level)->name,
                count, difference, allowed);
        cr_expect(difference <= allowed, "%s with %s is off by %g", set->name, (*level)->name,
                  difference);
        if (set->layers)
            compare_layers(file, (*level)->name, &seen, 4e-6);
        seen_free(&seen);
        free(ours);
        runner_free(&r);
    }
    weights_free(weights);
    free(windows.values);
    free(truth.values);
}

static const char F64[] = "probabilities_f64", SAME[] = "probabilities_f64_same_padding";

Test(full_network, golden_trained_89) {
    check_golden(&(struct set){"full_alignment_trained_89", "full_alignment_89", F64, 89,
                               PADDING_SYMMETRIC, 2e-6, true});
}

Test(full_network, golden_trained_55) {
    check_golden(&(struct set){"full_alignment_trained_55", "full_alignment_55", F64, 55,
                               PADDING_SYMMETRIC, 2e-6, false});
    check_golden(&(struct set){"full_alignment_trained_55", "full_alignment_55", SAME, 55,
                               PADDING_SAME, 2e-6, false});
}

Test(full_network, golden_trained_dwell) {
    check_golden(&(struct set){"full_alignment_trained_89_dwell", "full_alignment_89_dwell", F64,
                               89, PADDING_SYMMETRIC, 2e-6, false});
}

Test(full_network, golden_narrow) {
    check_golden(&(struct set){"full_alignment_narrow_89", "full_alignment_89", F64, 89,
                               PADDING_SYMMETRIC, 0, true});
    check_golden(&(struct set){"full_alignment_narrow_89_dwell", "full_alignment_89_dwell", F64, 89,
                               PADDING_SYMMETRIC, 0, true});
}

Test(full_network, golden_narrow_55) {
    check_golden(&(struct set){"full_alignment_narrow_55", "full_alignment_55", F64, 55,
                               PADDING_SYMMETRIC, 0, true});
    check_golden(&(struct set){"full_alignment_narrow_55", "full_alignment_55", SAME, 55,
                               PADDING_SAME, 0, false});
}

Test(full_network, golden_random) {
    check_golden(&(struct set){"full_alignment_random_89", "full_alignment_89", F64, 89,
                               PADDING_SYMMETRIC, 0, false});
    check_golden(&(struct set){"full_alignment_random_55", "full_alignment_55", F64, 55,
                               PADDING_SYMMETRIC, 0, false});
    check_golden(&(struct set){"full_alignment_random_89_dwell", "full_alignment_89_dwell", F64, 89,
                               PADDING_SYMMETRIC, 0, false});
}

/* The schools agree at 89 rows, where no axis is even, and differ at 55. */
Test(full_network, padding_matters_at_55_rows_only) {
    struct weights *weights = golden_weights("full_alignment_narrow");
    for (size_t rows = 55; rows <= 89; rows += 34) {
        struct golden windows =
            golden_read(GOLDEN "windows.h5", rows == 55 ? "full_alignment_55" : "full_alignment_89",
                        H5T_NATIVE_INT8);
        struct runner a = runner_new(weights, rows, PADDING_SYMMETRIC, kernels_best());
        struct runner b = runner_new(weights, rows, PADDING_SAME, kernels_best());
        float *p = run(&a, windows.values, 16), *q = run(&b, windows.values, 16);
        bool equal = memcmp(p, q, 16 * a.outputs * sizeof(float)) == 0;
        cr_expect_eq(equal, rows == 89);
        free(p);
        free(q);
        runner_free(&a);
        runner_free(&b);
        free(windows.values);
    }
    weights_free(weights);
}

Test(full_network, reference_is_right) {
    const struct {
        const char *file, *windows, *truth;
        size_t rows, channels;
        bool same;
    } sets[] = {
        {GOLDEN "full_alignment_narrow_89.h5", "full_alignment_89", F64, 89, 8, false},
        {GOLDEN "full_alignment_narrow_89_dwell.h5", "full_alignment_89_dwell", F64, 89, 9, false},
        {GOLDEN "full_alignment_narrow_55.h5", "full_alignment_55", F64, 55, 8, false},
        {GOLDEN "full_alignment_narrow_55.h5", "full_alignment_55", SAME, 55, 8, true},
    };
    for (size_t s = 0; s < 4; s++) {
        struct golden windows = golden_windows(sets[s].file, sets[s].windows, H5T_NATIVE_INT8);
        struct golden truth = golden_read(sets[s].file, sets[s].truth, H5T_NATIVE_DOUBLE);
        struct weights *weights = golden_weights(strrchr(sets[s].file, '/') + 1);
        for (size_t w = 0; w < windows.shape[0]; w += 13) {
            struct reference r;
            reference_full(&r, weights,
                           (int8_t *)windows.values + w * sets[s].rows * 33 * sets[s].channels,
                           sets[s].rows, sets[s].channels, sets[s].same);
            for (size_t p = 0; p < 90; p++)
                cr_assert(fabs(r.probabilities[p] - ((double *)truth.values)[w * 90 + p]) < 1e-12);
            if (w == 0 && !sets[s].same)
                reference_compare(sets[s].file, &r);
            reference_free(&r);
        }
        weights_free(weights);
        free(windows.values);
        free(truth.values);
    }
}

/* Any number of rows that gives the pyramid its bins, odd or even, in both schools. */
Test(full_network, other_depths_agree_with_the_reference) {
    struct weights *weights = golden_weights("full_alignment_narrow");
    int8_t *window = malloc(128 * 33 * 8);
    for (size_t i = 0; i < 128 * 33 * 8; i++)
        window[i] = (int8_t)(seeded_bits(7, i) >> 56);
    const size_t depths[] = {17, 20, 40, 64, 70, 100, 128};
    for (size_t d = 0; d < sizeof depths / sizeof depths[0]; d++)
        for (int same = 0; same < 2; same++)
            for (const struct kernels *const *level = golden_levels(); *level != NULL; level++) {
                struct failure why = {0};
                struct full_network *network = full_network_new(
                    weights, depths[d], same ? PADDING_SAME : PADDING_SYMMETRIC, *level, &why);
                if (network == NULL) { /* said so, with the number */
                    cr_expect(strstr(why.text, "rows") != NULL, "%s", why.text);
                    continue;
                }
                full_network_free(network);
                struct runner r =
                    runner_new(weights, depths[d], same ? PADDING_SAME : PADDING_SYMMETRIC, *level);
                struct reference reference;
                reference_full(&reference, weights, window, depths[d], 8, same);
                float *ours = run(&r, window, 1);
                double difference = largest_difference(ours, reference.probabilities, 90);
                cr_expect(difference < 5e-6, "%zu rows, %s: off by %g", depths[d], (*level)->name,
                          difference);
                reference_free(&reference);
                free(ours);
                runner_free(&r);
            }
    free(window);
    weights_free(weights);
}

/* Zeroes all but rows [first, first + used) of a copy. */
static int8_t *with_rows(const int8_t *window, size_t rows, size_t first, size_t used) {
    int8_t *copy = calloc(rows, 33 * 8);
    memcpy(copy + first * 33 * 8, window + first * 33 * 8, used * 33 * 8);
    return copy;
}

/* Rows that are not sent, rows of zeros, and rows computed the long way give the same bits, in
 * any batch.  A first row of a single 1 in a corner far from the rest makes the network compute
 * everything; that the result then differs is the proof that rows matter at all. */
Test(full_network, unused_rows_change_no_bit) {
    struct golden windows = golden_read(GOLDEN "windows.h5", "full_alignment_89", H5T_NATIVE_INT8);
    struct weights *weights = golden_weights("full_alignment_trained_89");
    const size_t spans[][2] = {{40, 10}, {30, 28}, {15, 60}, {0, 89}, {0, 3},
                               {86, 3},  {0, 1},   {88, 1},  {44, 0}, {13, 31}};
    enum { SPANS = sizeof spans / sizeof spans[0] };
    for (const struct kernels *const *level = golden_levels() + 1; *level != NULL; level++) {
        struct runner r = runner_new(weights, 89, PADDING_SYMMETRIC, *level);
        struct full_input sent[SPANS], whole[SPANS];
        float *a = malloc(SPANS * r.outputs * sizeof(float));
        float *b = malloc(SPANS * r.outputs * sizeof(float));
        int8_t *copies[SPANS];
        for (size_t s = 0; s < SPANS; s++) {
            const int8_t *window = (int8_t *)windows.values + (66 + s % 6) * 89 * 33 * 8;
            copies[s] = with_rows(window, 89, spans[s][0], spans[s][1]);
            whole[s] = (struct full_input){copies[s], 0, 89};
            sent[s] = (struct full_input){window + spans[s][0] * 33 * 8, spans[s][0], spans[s][1]};
        }
        full_network_run(r.network, r.scratch, whole, SPANS, a);
        full_network_run(r.network, r.scratch, sent, SPANS, b);
        cr_expect(memcmp(a, b, SPANS * r.outputs * sizeof(float)) == 0, "%s: rows sent",
                  (*level)->name);
        for (size_t s = 0; s < SPANS; s++) { /* alone, after others have used the scratch */
            full_network_run(r.network, r.scratch, &sent[s], 1, b);
            cr_expect(memcmp(a + s * r.outputs, b, r.outputs * sizeof(float)) == 0,
                      "%s: rows %zu+%zu alone", (*level)->name, spans[s][0], spans[s][1]);
        }
        for (size_t s = 0; s < SPANS; s++) {
            struct reference reference;
            if (s % 3 != 0)
                continue;
            reference_full(&reference, weights, copies[s], 89, 8, false);
            double difference =
                largest_difference(a + s * r.outputs, reference.probabilities, r.outputs);
            cr_expect(difference < 2e-6, "%s: rows %zu+%zu off by %g", (*level)->name, spans[s][0],
                      spans[s][1], difference);
            reference_free(&reference);
        }
        for (size_t s = 0; s < SPANS; s++)
            free(copies[s]);
        free(a);
        free(b);
        runner_free(&r);
    }
    weights_free(weights);
    free(windows.values);
}

/* Computed with no row left out: a tap that sees every layer must see the same rows that the
 * reference computes, background included. */
Test(full_network, background_rows_are_right_in_every_layer) {
    struct golden windows = golden_read(GOLDEN "windows.h5", "full_alignment_55", H5T_NATIVE_INT8);
    struct weights *weights = golden_weights("full_alignment_narrow");
    int8_t *window = with_rows((int8_t *)windows.values + 63 * 55 * 33 * 8, 55, 20, 7);
    for (const struct kernels *const *level = golden_levels(); *level != NULL; level++)
        for (int same = 0; same < 2; same++) {
            struct runner r =
                runner_new(weights, 55, same ? PADDING_SAME : PADDING_SYMMETRIC, *level);
            struct seen seen = {0};
            struct tap tap = {&seen, see_layer};
            full_scratch_tap(r.scratch, &tap);
            free(run(&r, window, 1));
            struct reference reference;
            reference_full(&reference, weights, window, 55, 8, same);
            size_t compared = 0;
            for (size_t s = 0; s < seen.count; s++)
                for (size_t l = 0; l < reference.count; l++)
                    if (strcmp(seen.layers[s].name, reference.layers[l].name) == 0) {
                        double difference =
                            largest_difference(seen.layers[s].values, reference.layers[l].values,
                                               seen.layers[s].count);
                        cr_expect(difference < 2e-5, "%s: %s off by %g", (*level)->name,
                                  seen.layers[s].name, difference);
                        compared++;
                    }
            cr_expect(compared >= 18, "only %zu layers", compared);
            seen_free(&seen);
            reference_free(&reference);
            runner_free(&r);
        }
    free(window);
    weights_free(weights);
    free(windows.values);
}

/* Left out or computed, a row has the same bits.  Window B is window A with the outermost rows
 * used as well, so that nothing of it comes from the background; what those rows cannot reach
 * must be the same in both. */
Test(full_network, background_rows_have_the_bits_of_computed_ones) {
    struct golden windows = golden_read(GOLDEN "windows.h5", "full_alignment_89", H5T_NATIVE_INT8);
    struct weights *weights = golden_weights("full_alignment_trained_89");
    const int8_t *full = (int8_t *)windows.values + 70 * 89 * 33 * 8;
    int8_t *a = with_rows(full, 89, 40, 9), *b = with_rows(full, 89, 40, 9);
    memset(b, 1, 33 * 8);
    memset(b + 88 * 33 * 8, 1, 33 * 8);
    const struct {
        const char *name;
        size_t begin, end, row; /* rows that rows 0 and 88 do not reach; floats in one */
    } layers[] = {{"conv1", 1, 44, 17 * 64},
                  {"res_block1.0", 4, 41, 17 * 64},
                  {"conv3", 3, 20, 9 * 128},
                  {"res_block2.0", 6, 17, 9 * 128}};
    for (const struct kernels *const *level = golden_levels() + 1; *level != NULL; level++) {
        struct runner r = runner_new(weights, 89, PADDING_SYMMETRIC, *level);
        struct seen seen[2] = {{0}, {0}};
        for (int w = 0; w < 2; w++) {
            struct tap tap = {&seen[w], see_layer};
            full_scratch_tap(r.scratch, &tap);
            free(run(&r, w == 0 ? a : b, 1));
        }
        for (size_t l = 0; l < 4; l++)
            for (size_t s = 0; s < seen[0].count; s++)
                if (strcmp(seen[0].layers[s].name, layers[l].name) == 0)
                    cr_expect(memcmp(seen[0].layers[s].values + layers[l].begin * layers[l].row,
                                     seen[1].layers[s].values + layers[l].begin * layers[l].row,
                                     (layers[l].end - layers[l].begin) * layers[l].row *
                                         sizeof(float)) == 0,
                              "%s: rows of %s differ", (*level)->name, layers[l].name);
        seen_free(&seen[0]);
        seen_free(&seen[1]);
        runner_free(&r);
    }
    free(a);
    free(b);
    weights_free(weights);
    free(windows.values);
}

Test(full_network, batch_changes_no_bit) {
    struct golden windows = golden_read(GOLDEN "windows.h5", "full_alignment_89", H5T_NATIVE_INT8);
    struct weights *weights = golden_weights("full_alignment_trained_89");
    for (const struct kernels *const *level = golden_levels() + 1; *level != NULL; level++) {
        struct runner r = runner_new(weights, 89, PADDING_SYMMETRIC, *level);
        size_t count = 24, size = 89 * 33 * 8;
        const int8_t *first = (int8_t *)windows.values + 48 * size;
        float *all = run(&r, first, count);
        const size_t batches[] = {1, 3, 7, 11};
        for (size_t b = 0; b < 4; b++)
            for (size_t w = 0; w < count; w += batches[b]) {
                size_t n = count - w < batches[b] ? count - w : batches[b];
                float *part = run(&r, first + w * size, n);
                cr_assert(memcmp(all + w * r.outputs, part, n * r.outputs * sizeof(float)) == 0,
                          "%s: windows %zu.. in batches of %zu", (*level)->name, w, batches[b]);
                free(part);
            }
        free(all);
        runner_free(&r);
    }
    weights_free(weights);
    free(windows.values);
}

static void refused(struct weights *weights, size_t rows, const char *word) {
    struct failure why = {0};
    struct full_network *network =
        full_network_new(weights, rows, PADDING_SYMMETRIC, kernels_best(), &why);
    cr_expect(network == NULL);
    cr_expect(strstr(why.text, word) != NULL, "'%s' does not name %s", why.text, word);
    full_network_free(network);
    weights_free(weights);
}

Test(full_network, names_what_does_not_fit) {
    const char *const names[] = {"conv1.conv.weight",
                                 "conv3.bn.running_var",
                                 "res_block2.0.conv2.weight",
                                 "res_block3.0.bn1.bias",
                                 "L4.weight",
                                 "Y_indel_length_logits_2.bias"};
    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
        struct weights *missing = golden_weights("full_alignment_narrow");
        ((struct tensor *)weights_find(missing, names[n]))->name[0] = 'X';
        refused(missing, 89, names[n]);
        struct weights *wrong = golden_weights("full_alignment_narrow");
        struct tensor *tensor = (struct tensor *)weights_find(wrong, names[n]);
        tensor->shape[tensor->rank - 1]--;
        refused(wrong, 89, names[n]);
        struct weights *odd = golden_weights("full_alignment_narrow");
        ((struct tensor *)weights_find(odd, names[n]))->values[0] = NAN;
        refused(odd, 89, names[n]);
    }
    struct weights *negative = golden_weights("full_alignment_narrow");
    ((struct tensor *)weights_find(negative, "conv1.bn.running_var"))->values[1] = -1.0F;
    refused(negative, 89, "conv1.bn.running_var");
    refused(golden_weights("full_alignment_narrow"), 0, "0 rows");
    refused(golden_weights("full_alignment_narrow"), 9, "9 rows");
}
