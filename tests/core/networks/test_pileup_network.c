/* SPDX-License-Identifier: MIT
 *
 * The pileup network against golden probabilities and layers (tests/data/networks/README.md says
 * how they were made), against itself in other batches, and with weights that do not fit. */
#include "tests/core/networks/golden.h"

/* Runs the first `count` windows of a golden file; probabilities are the caller's. */
static float *run(const struct weights *weights, const struct kernels *kernels,
                  const int32_t *windows, size_t count, const struct tap *tap, size_t *outputs) {
    struct failure why = {0};
    struct pileup_network *network = pileup_network_new(weights, kernels, &why);
    cr_assert(network != NULL, "%s", why.text);
    struct pileup_scratch *scratch = pileup_scratch_new(network, &why);
    cr_assert(scratch != NULL, "%s", why.text);
    *outputs = pileup_network_outputs(network);
    float *probabilities = malloc(count * *outputs * sizeof(float));
    pileup_scratch_tap(scratch, tap);
    pileup_network_run(network, scratch, windows, count, probabilities);
    pileup_scratch_free(scratch);
    pileup_network_free(network);
    return probabilities;
}

/* The trained pileup network with its length heads, which stand in a file of their own. */
static struct weights *weights_of(const char *name) {
    struct weights *weights = golden_weights(name);
    if (strstr(name, "trained") == NULL)
        return weights;
    struct golden_file {
        uint8_t bytes[1 << 18];
        size_t size;
    } *file = calloc(1, sizeof *file);
    FILE *f = fopen(TEST_DATA "/networks/pileup_length_heads.pt", "rb");
    cr_assert(f != NULL);
    file->size = fread(file->bytes, 1, sizeof file->bytes, f);
    fclose(f);
    struct failure why = {0};
    struct weights *heads = torch_zip_read(file->bytes, file->size, &why);
    cr_assert(heads != NULL, "%s", why.text);
    for (size_t t = 0; t < heads->count; t++) {
        struct tensor *to;
        const struct tensor *from = &heads->tensors[t];
        cr_assert(weights_add(weights, from->name, from->rank, from->shape, &to, &why) ==
                  STATUS_OK);
        memcpy(to->values, from->values, from->count * sizeof(float));
    }
    weights_free(heads);
    free(file);
    return weights;
}

static void check_golden(const char *name, double bound) {
    char file[256];
    snprintf(file, sizeof file, GOLDEN "%s.h5", name);
    struct golden windows = golden_windows(file, "pileup", H5T_NATIVE_INT32);
    struct golden truth = golden_read(file, "probabilities_f64", H5T_NATIVE_DOUBLE);
    struct weights *weights = weights_of(name);
    for (const struct kernels *const *level = golden_levels(); *level != NULL; level++) {
        /* The scalar kernels are slow. */
        size_t count = windows.shape[0], outputs;
        if (strcmp((*level)->name, "scalar") == 0 && strstr(name, "narrow") == NULL)
            count = count < 12 ? count : 12;
        struct seen seen = {0};
        struct tap tap = {&seen, see_layer};
        float *ours = run(weights, *level, windows.values, count, &tap, &outputs);
        cr_assert_eq(outputs, truth.shape[1]);
        double difference = largest_difference(ours, truth.values, count * outputs);
        double allowed = bound > 0 ? bound : 2 * golden_error(file, "/");
        fprintf(stderr, "%-16s %-7s %zu windows: %.2e (bound %.2e)\n", name, (*level)->name, count,
                difference, allowed);
        cr_expect(difference <= allowed, "%s with %s is off by %g", name, (*level)->name,
                  difference);
        compare_layers(file, (*level)->name, &seen, 2e-6);
        seen_free(&seen);
        free(ours);
    }
    weights_free(weights);
    free(windows.values);
    free(truth.values);
}

Test(pileup_network, golden_trained) {
    check_golden("pileup_trained", 2e-6);
}

Test(pileup_network, golden_narrow) {
    check_golden("pileup_narrow", 0);
}

Test(pileup_network, golden_random) {
    check_golden("pileup_random", 0);
}

Test(pileup_network, reference_is_right) {
    const char *file = GOLDEN "pileup_narrow.h5";
    struct golden windows = golden_windows(file, "pileup", H5T_NATIVE_INT32);
    struct golden truth = golden_read(file, "probabilities_f64", H5T_NATIVE_DOUBLE);
    struct weights *weights = golden_weights("pileup_narrow");
    for (size_t w = 0; w < windows.shape[0]; w += 5) {
        struct reference r;
        reference_pileup(&r, weights, (int32_t *)windows.values + w * 33 * 18);
        for (size_t p = 0; p < 90; p++)
            cr_assert(fabs(r.probabilities[p] - ((double *)truth.values)[w * 90 + p]) < 1e-12);
        if (w == 0)
            reference_compare(file, &r);
        reference_free(&r);
    }
    weights_free(weights);
    free(windows.values);
    free(truth.values);
}

/* A window's bits are the same alone, in any batch, and anywhere in it. */
Test(pileup_network, batch_changes_no_bit) {
    struct golden windows = golden_read(GOLDEN "windows.h5", "pileup", H5T_NATIVE_INT32);
    struct weights *weights = golden_weights("pileup_trained");
    struct failure why = {0};
    for (const struct kernels *const *level = golden_levels() + 1; *level != NULL; level++) {
        struct pileup_network *network = pileup_network_new(weights, *level, &why);
        struct pileup_scratch *scratch = pileup_scratch_new(network, &why);
        size_t outputs = pileup_network_outputs(network), count = windows.shape[0];
        float *all = malloc(count * outputs * sizeof(float));
        float *part = malloc(count * outputs * sizeof(float));
        pileup_network_run(network, scratch, windows.values, count, all);
        for (size_t batch = 1; batch <= 17; batch++)
            for (size_t first = 0; first < count; first += batch) {
                size_t n = count - first < batch ? count - first : batch;
                pileup_network_run(network, scratch, (int32_t *)windows.values + first * 33 * 18, n,
                                   part + first * outputs);
                cr_assert(memcmp(all + first * outputs, part + first * outputs,
                                 n * outputs * sizeof(float)) == 0,
                          "%s: windows %zu.. differ in batches of %zu", (*level)->name, first,
                          batch);
            }
        free(all);
        free(part);
        pileup_scratch_free(scratch);
        pileup_network_free(network);
    }
    weights_free(weights);
    free(windows.values);
}

/* Without length heads the first 24 probabilities are the same bits. */
Test(pileup_network, two_heads_are_the_first_two_of_four) {
    struct golden windows = golden_read(GOLDEN "windows.h5", "pileup", H5T_NATIVE_INT32);
    struct model *two = golden_model(FIXTURES "pileup.two_heads.pt");
    struct weights *four = golden_weights("pileup_narrow");
    size_t n2, n4;
    float *a = run(two->pileup, kernels_best(), windows.values, 20, NULL, &n2);
    float *b = run(four, kernels_best(), windows.values, 20, NULL, &n4);
    cr_assert_eq(n2, 24);
    cr_assert_eq(n4, 90);
    for (size_t w = 0; w < 20; w++)
        cr_assert(memcmp(a + w * 24, b + w * 90, 24 * sizeof(float)) == 0);
    free(a);
    free(b);
    model_free(two);
    weights_free(four);
    free(windows.values);
}

/* The sentence names the tensor. */
static void refused(struct weights *weights, const char *tensor) {
    struct failure why = {0};
    struct pileup_network *network = pileup_network_new(weights, kernels_best(), &why);
    cr_expect(network == NULL);
    cr_expect(strstr(why.text, tensor) != NULL, "'%s' does not name %s", why.text, tensor);
    pileup_network_free(network);
    weights_free(weights);
}

Test(pileup_network, names_the_tensor_that_does_not_fit) {
    const char *const names[] = {"LSTM1.weight_ih_l0", "LSTM2.bias_hh_l0_reverse", "L4.weight",
                                 "L5_2.bias",          "Y_genotype_logits.weight", "L5_4.weight"};
    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
        struct weights *missing = golden_weights("pileup_narrow");
        struct tensor *tensor = (struct tensor *)weights_find(missing, names[n]);
        tensor->name[0] = 'X';
        refused(missing, names[n]);
        struct weights *wrong = golden_weights("pileup_narrow");
        tensor = (struct tensor *)weights_find(wrong, names[n]);
        tensor->shape[tensor->rank - 1]--;
        refused(wrong, names[n]);
        struct weights *odd = golden_weights("pileup_narrow");
        tensor = (struct tensor *)weights_find(odd, names[n]);
        tensor->values[tensor->count - 1] = n % 2 == 0 ? NAN : INFINITY;
        refused(odd, names[n]);
    }
}
