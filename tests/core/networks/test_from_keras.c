/* SPDX-License-Identifier: MIT
 *
 * The rules of moving a network, and every number of plugin/MIGRATION.md: computed here by the
 * code that reads the files, formatted, and looked for in the page. */
#include "core/networks/from_keras.h"

#include "core/networks/convolution.h"
#include "core/networks/pyramid.h"
#include "core/networks/tail.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the page -------------------------------------------------------------------------------- */

/* Asserts that a line of the page, its blanks taken together, holds the text. */
static void page_says(const char *format, ...) {
    static char page[1 << 16];
    if (page[0] == '\0') {
        FILE *file = fopen(TEST_DATA "/../../plugin/MIGRATION.md", "r");
        cr_assert(file != NULL);
        size_t n = 0;
        bool blank = false;
        for (int c; (c = fgetc(file)) != EOF && n + 1 < sizeof page; blank = c == ' ')
            if (c != ' ' || !blank)
                page[n++] = (char)c;
        fclose(file);
    }
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    cr_expect(strstr(page, text) != NULL, "the page does not say '%s'", text);
}

static struct weights *set(void) {
    struct weights *w = weights_new(NULL);
    cr_assert(w != NULL);
    return w;
}

static void add(struct weights *w, const char *layer, const char *variable, size_t rank, size_t a,
                size_t b, const float *values) {
    struct failure why = {0};
    cr_assert(from_keras_add(w, layer, variable, rank, (size_t[]){a, b}, values, &why) == STATUS_OK,
              "%s", why.text);
}

/* ---- examples -------------------------------------------------------------------------------- */

/* y = x w^T + b through the scalar kernel; one run of K inputs. */
static void dense(const float *w, const float *b, size_t outputs, const float *x, size_t K,
                  float *y) {
    struct packed packed;
    uint32_t zero = 0;
    cr_assert(pack_matrix(&packed, w, b, outputs, 1, K, &kernels_scalar, NULL) == STATUS_OK);
    struct product p = {
        .rows = 1, .x = x, .x_at = &zero, .stretches = 1, .length = K, .y = y, .y_at = &zero};
    packed_use(&packed, &p);
    kernels_scalar.product(&p);
    packed_free(&packed);
}

Test(from_keras, dense_layers_are_transposed) {
    const float kernel[] = {1, 2, 3, 4, 5, 6}, bias[] = {0, 0, 0.5F}, x[] = {1, 10};
    float y[3];
    struct weights *w = set();
    add(w, "L4", "kernel", 2, 2, 3, kernel);
    add(w, "L4", "bias", 1, 3, 1, bias);
    const struct tensor *t = weights_find(w, "L4.weight");
    cr_assert(t->shape[0] == 3 && t->shape[1] == 2);
    dense(t->values, weights_find(w, "L4.bias")->values, 3, x, 2, y);
    page_says("kernel 1 2 3 weight %g %g\n 4 5 6 %g %g\n %g %g\n", (double)t->values[0],
              (double)t->values[1], (double)t->values[2], (double)t->values[3],
              (double)t->values[4], (double)t->values[5]);
    page_says("output %g %g %g in both", (double)y[0], (double)y[1], (double)y[2]);
    weights_free(w);
}

/* Two steps of one unit; `order` says at which place of the file each of i, f, g, o stands. */
static void lstm(const struct weights *w, const size_t order[4], float times, float h[2]) {
    const float *ih = weights_find(w, "LSTM1.weight_ih_l0")->values;
    const float *hh = weights_find(w, "LSTM1.weight_hh_l0")->values;
    const float *b1 = weights_find(w, "LSTM1.bias_ih_l0")->values;
    const float *b2 = weights_find(w, "LSTM1.bias_hh_l0")->values;
    float w_x[4], w_h[4], start[4], gates[4], c = 0, x[] = {1, 2};
    for (size_t g = 0; g < 4; g++) {
        w_x[g] = ih[order[g]];
        w_h[g] = hh[order[g]];
        start[g] = times * (b1[order[g]] + b2[order[g]]);
    }
    for (size_t step = 0; step < 2; step++)
        kernels_scalar.lstm_step(&(struct lstm_step){.rows = 1,
                                                     .units = 1,
                                                     .start = start,
                                                     .x = &x[step],
                                                     .inputs = 1,
                                                     .h = step == 0 ? NULL : &h[0],
                                                     .gates = gates,
                                                     .w_x = w_x,
                                                     .w_h = w_h,
                                                     .c = &c,
                                                     .y = &h[step]});
}

Test(from_keras, lstm_gates_and_biases) {
    const float kernel[] = {0.5F, -0.25F, 1, 0.75F}, recurrent[] = {0.1F, 0.2F, 0.3F, 0.4F};
    const float bias[] = {0, 1, 0.5F, -0.5F};
    float h[2];
    struct weights *w = set();
    add(w, "LSTM1/forward", "kernel", 2, 1, 4, kernel);
    add(w, "LSTM1/forward", "recurrent_kernel", 2, 1, 4, recurrent);
    add(w, "LSTM1/forward", "bias", 1, 4, 1, bias);
    lstm(w, (size_t[]){0, 1, 2, 3}, 1, h);
    page_says("h %.6f, then %.6f\n", (double)h[0], (double)h[1]);
    lstm(w, (size_t[]){0, 1, 3, 2}, 1, h);
    page_says("gates i, f, o, g %.6f, then %.6f wrong", (double)h[0], (double)h[1]);
    lstm(w, (size_t[]){0, 1, 2, 3}, 2, h);
    page_says("bias twice %.6f, then %.6f wrong", (double)h[0], (double)h[1]);
    add(w, "LSTM1/backward", "bias", 1, 4, 1, bias);
    cr_expect_not_null(weights_find(w, "LSTM1.bias_hh_l0_reverse"));
    weights_free(w);
}

/* A map of one channel through a convolution whose middle row is `taps`, norm included. */
static void convolve(const float *x, size_t length, const float taps[3], size_t stride,
                     size_t before, const float norm[4], float bias, float *y, size_t *count) {
    struct weights *w = set();
    float kernel[9] = {0};
    for (size_t tap = 0; tap < 3; tap++)
        kernel[tap * 3 + 1] = taps[tap]; /* (row, position): a column of the kernel */
    cr_assert(from_keras_add(w, "conv1/conv", "kernel", 4, (size_t[]){3, 3, 1, 1}, kernel, NULL) ==
              STATUS_OK);
    add(w, "conv1/conv", "bias", 1, 1, 1, &bias);
    const char *const variables[] = {"gamma", "beta", "moving_mean", "moving_variance"};
    for (size_t v = 0; v < 4; v++)
        add(w, "conv1/bn", variables[v], 1, 1, 1, &norm[v]);
    struct convolution c = {.kernels = &kernels_scalar,
                            .stride = stride,
                            .before = before,
                            .in = {length, 1, 1},
                            .out = {stride == 1 ? length : (length + 1) / 2, 1, 1}};
    struct failure why = {0};
    cr_assert(convolution_pack(&c, w, "conv1.conv", "conv1.bn", 1, 1, 1.0, &why) == STATUS_OK, "%s",
              why.text);
    float *in = floats_new(map_size(&c.in), NULL), *out = floats_new(map_size(&c.out), NULL);
    uint32_t at[2][16];
    for (size_t r = 0; r < length; r++)
        in[(r + 1) * map_row(&c.in) + 1] = x[r];
    struct row_range all = {0, c.out.R};
    convolution_run(&c, &(struct convolution_scratch){.x_at = at[0], .y_at = at[1]}, in, NULL, out,
                    &all, 1);
    *count = c.out.R;
    for (size_t r = 0; r < c.out.R; r++)
        y[r] = out[(r + 1) * map_row(&c.out) + 1];
    convolution_free(&c);
    weights_free(w);
    free(in);
    free(out);
}

Test(from_keras, batch_norm_has_keras_epsilon) {
    const float middle[] = {0, 1, 0}, norm[] = {1, 0, 0, 0.01F}, one = 1;
    float y[1];
    size_t count;
    convolve(&one, 1, middle, 1, 1, norm, 0, y, &count);
    page_says("epsilon 0.001 %.6f\n", (double)y[0]);
    page_says("epsilon 0.00001 %.6f wrong", 1 / sqrt(0.01 + 1e-5));
    cr_expect(fabs((double)y[0] - 1 / sqrt((double)0.01F + 1e-3)) < 1e-6);
    /* Bias 1 against mean 1: what is left is the input's own. */
    const float shifted[] = {1, 0, 1, 0.01F};
    float with[1];
    convolve(&one, 1, middle, 1, 1, shifted, 1, with, &count);
    cr_expect_eq(with[0], y[0]);
}

Test(from_keras, same_padding_is_not_padding_by_one) {
    const float x[] = {1, 2, 3, 4, 5}, taps[] = {1, 10, 100};
    /* gamma = sqrt(1 + epsilon) undoes the norm. */
    const float norm[] = {1.00049987506246F, 0, 0, 1};
    float torch[3], same[3];
    size_t count;
    convolve(x, 5, taps, 2, 1, norm, 0, torch, &count);
    cr_assert_eq(count, 3);
    page_says("1 2 3 4 5 symmetric %.0f %.0f %.0f same %.0f %.0f %.0f\n", (double)torch[0],
              (double)torch[1], (double)torch[2], (double)torch[0], (double)torch[1],
              (double)torch[2]);
    convolve(x, 4, taps, 2, 1, norm, 0, torch, &count);
    convolve(x, 4, taps, 2, 0, norm, 0, same, &count);
    cr_assert_eq(count, 2);
    page_says("1 2 3 4 symmetric %.0f %.0f same %.0f %.0f\n", (double)torch[0], (double)torch[1],
              (double)same[0], (double)same[1]);
}

/* A dense layer of one output behind positions of two channels, as the networks end in. */
struct seen {
    double l4;
};

static void see_l4(void *user, const struct layer_view *view) {
    if (strcmp(view->name, "L4") == 0)
        ((struct seen *)user)->l4 = (double)view->values[0];
}

static double flat_dense(const float weights[4], const float *x) {
    static const char *const layers[] = {"L5_1", "L5_2", "Y_gt21_logits", "Y_genotype_logits"};
    static const size_t outputs[] = {1, 1, GENOTYPE_CLASSES, ZYGOSITY_CLASSES};
    const float nothing[GENOTYPE_CLASSES] = {0};
    struct weights *w = set();
    struct tail tail;
    struct tail_scratch scratch;
    struct seen seen;
    float probabilities[GENOTYPE_CLASSES + ZYGOSITY_CLASSES];
    add(w, "L4", "kernel", 2, 4, 1, weights);
    add(w, "L4", "bias", 1, 1, 1, nothing);
    for (size_t l = 0; l < 4; l++) {
        add(w, layers[l], "kernel", 2, 1, outputs[l], nothing);
        add(w, layers[l], "bias", 1, outputs[l], 1, nothing);
    }
    struct failure why = {0};
    cr_assert(tail_pack(&tail, w, &(struct flat_shape){2, 1, 2, 2}, &kernels_scalar, &why) ==
                  STATUS_OK,
              "%s", why.text);
    cr_assert(tail_scratch_new(&scratch, &tail, 1, NULL) == STATUS_OK);
    tail_run(&tail, &scratch, x, 4, 2, 1, &(struct tap){&seen, see_l4}, probabilities);
    tail_scratch_free(&scratch);
    tail_free(&tail);
    weights_free(w);
    return seen.l4 / 1.0507009873554805; /* SELU's factor */
}

Test(from_keras, flattening_is_channels_last) {
    const float weights[] = {1, 10, 100, 1000}, a[] = {1, 2}, b[] = {3, 4};
    const float last[] = {a[0], b[0], a[1], b[1]}, first[] = {a[0], a[1], b[0], b[1]};
    float y;
    page_says("channels last 1 3 2 4 %.0f\n", flat_dense(weights, last));
    dense(weights, NULL, 1, first, 4, &y);
    page_says("channels first 1 2 3 4 %.0f wrong", (double)y);
}

/* Our pyramid's two bins over three rows of a map, which is `x` in each of three positions. */
static void pool(const float x[3], float y[2]) {
    struct map_shape map = {3, 3, 1};
    struct pyramid pyramid;
    float values[25] = {0}, pooled[PYRAMID_BINS];
    for (size_t r = 0; r < 3; r++)
        for (size_t w = 0; w < 3; w++)
            values[(r + 1) * 5 + w + 1] = x[r];
    cr_assert(pyramid_lay(&pyramid, &map, NULL) == STATUS_OK);
    pyramid_pool(&pyramid, &map, values, pooled);
    y[0] = pooled[9]; /* the first of the 2 x 2 bins */
    y[1] = pooled[11];
}

Test(from_keras, pooling_ignores_what_is_padded) {
    const float low[] = {-3, -1, -2}, high[] = {3, 1, 2};
    float y[2];
    pool(low, y);
    page_says("-3 -1 -2 minus infinity %g %g zero %g %g\n", (double)y[0], (double)y[1],
              (double)y[0], fmax((double)low[2], 0));
    pool(high, y);
    page_says("3 1 2 minus infinity %g %g zero %g %g\n", (double)y[0], (double)y[1], (double)y[0],
              fmax((double)high[2], 0));
}

/* ---- names and refusals ---------------------------------------------------------------------- */

Test(from_keras, every_layer_gets_its_name) {
    const float one = 1;
    struct weights *w = set();
    add(w, "Y_gt21_logits", "kernel", 2, 1, 1, &one);
    add(w, "conv3/bn", "moving_variance", 1, 1, 1, &one);
    add(w, "res_block2/bn1", "beta", 1, 1, 1, &one);
    add(w, "LSTM2/backward", "recurrent_kernel", 2, 1, 1, &one);
    cr_assert(from_keras_add(w, "res_block3/conv2", "kernel", 4, (size_t[]){1, 1, 1, 1}, &one,
                             NULL) == STATUS_OK);
    const char *const names[] = {"Y_gt21_logits.weight", "conv3.bn.running_var",
                                 "res_block2.0.bn1.bias", "LSTM2.weight_hh_l0_reverse",
                                 "res_block3.0.conv2.weight"};
    for (size_t n = 0; n < 5; n++)
        cr_expect_not_null(weights_find(w, names[n]), "%s", names[n]);
    cr_expect_eq(w->count, 5);
    weights_free(w);
}

/* A convolution kernel with all sizes different: (row, position, in, out) to (out, in, row,
 * position). */
Test(from_keras, convolution_kernels_turn_all_four_axes) {
    enum { R = 2, P = 3, I = 4, O = 5 };
    float kernel[R * P * I * O];
    for (size_t i = 0; i < R * P * I * O; i++)
        kernel[i] = (float)i;
    struct weights *w = set();
    from_keras_add(w, "conv1/conv", "kernel", 4, (size_t[]){R, P, I, O}, kernel, NULL);
    const struct tensor *t = weights_find(w, "conv1.conv.weight");
    cr_assert(t->shape[0] == O && t->shape[1] == I && t->shape[2] == R && t->shape[3] == P);
    for (size_t i = 0; i < R * P * I * O; i++) {
        size_t o = i / (I * R * P), k = i / (R * P) % I, r = i / P % R, p = i % P;
        cr_assert_eq(t->values[i], kernel[((r * P + p) * I + k) * O + o]);
    }
    weights_free(w);
}

Test(from_keras, refuses_what_has_no_place) {
    const float one = 1;
    struct weights *w = set();
    struct failure shape = {0}, name = {0}, gates = {0};
    size_t sizes[] = {1, 1, 1, 1};
    cr_expect(from_keras_add(w, "L4", "kernel", 3, sizes, &one, &shape) != STATUS_OK);
    cr_expect(strstr(shape.text, "L4/kernel") != NULL);
    cr_expect(from_keras_add(w, "L4", "momentum", 1, sizes, &one, &name) != STATUS_OK);
    cr_expect(strstr(name.text, "L4/momentum") != NULL);
    cr_expect(from_keras_add(w, "LSTM1/forward", "bias", 2, sizes, &one, &gates) != STATUS_OK);
    cr_expect(strstr(gates.text, "LSTM1/forward/bias") != NULL);
    cr_expect_eq(w->count, 0);
    weights_free(w);
}
