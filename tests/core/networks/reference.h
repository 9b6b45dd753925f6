/* SPDX-License-Identifier: MIT
 *
 * The layers of both networks in float64, plain and slow, for any widths: what the real ones
 * are held to.  Written from spec networks, 1 to 3, and independent of core but for the type of
 * the weights. */
#ifndef TESTS_CORE_NETWORKS_REFERENCE_H
#define TESTS_CORE_NETWORKS_REFERENCE_H

#include "tests/core/networks/seeded.h"

/* Layers by name, as they are computed. */
struct reference_layer {
    char name[64];
    size_t count;
    double *values;
};
struct reference {
    const struct weights *weights;
    size_t count;
    struct reference_layer layers[64];
    double probabilities[90];
    size_t outputs;
};

static inline const struct tensor *ref_tensor(const struct reference *r, const char *layer,
                                              const char *leaf) {
    char name[TENSOR_NAME_MAX];
    snprintf(name, sizeof name, "%s%s", layer, leaf);
    const struct tensor *t = weights_find(r->weights, name);
    cr_assert(t != NULL, "no tensor %s", name);
    return t;
}

static inline double *ref_layer(struct reference *r, const char *name, size_t count) {
    struct reference_layer *layer = &r->layers[r->count++];
    snprintf(layer->name, sizeof layer->name, "%s", name);
    layer->count = count;
    layer->values = calloc(count, sizeof(double));
    return layer->values;
}

static inline void reference_free(struct reference *r) {
    for (size_t l = 0; l < r->count; l++)
        free(r->layers[l].values);
    r->count = 0;
}

static inline double ref_selu(double x) {
    return 1.0507009873554804934193349852946 *
           (x > 0 ? x : 1.6732632423543772848170429916717 * expm1(x));
}

static inline double ref_sigmoid(double x) {
    return 1.0 / (1.0 + exp(-x));
}

static inline double *ref_dense(struct reference *r, const char *name, const double *x,
                                size_t count) {
    const struct tensor *w = ref_tensor(r, name, ".weight"), *b = ref_tensor(r, name, ".bias");
    size_t O = w->shape[0], I = w->shape[1];
    cr_assert(I == count);
    double *y = ref_layer(r, name, O);
    for (size_t o = 0; o < O; o++) {
        y[o] = (double)b->values[o];
        for (size_t i = 0; i < I; i++)
            y[o] += x[i] * (double)w->values[o * I + i];
        y[o] = ref_selu(y[o]);
    }
    return y;
}

static inline void ref_tail(struct reference *r, const double *x, size_t count) {
    const char *const heads[][2] = {{"L5_1", "Y_gt21_logits"},
                                    {"L5_2", "Y_genotype_logits"},
                                    {"L5_3", "Y_indel_length_logits_1"},
                                    {"L5_4", "Y_indel_length_logits_2"}};
    const double *l4 = ref_dense(r, "L4", x, count);
    size_t d = r->layers[r->count - 1].count;
    r->outputs = 0;
    for (size_t h = 0; h < 4; h++) {
        char name[64];
        snprintf(name, sizeof name, "%s.weight", heads[h][0]);
        if (weights_find(r->weights, name) == NULL)
            continue;
        const double *l5 = ref_dense(r, heads[h][0], l4, d);
        const double *y = ref_dense(r, heads[h][1], l5, r->layers[r->count - 1].count);
        size_t n = r->layers[r->count - 1].count;
        double top = y[0], sum = 0, *p = r->probabilities + r->outputs;
        for (size_t i = 1; i < n; i++)
            top = y[i] > top ? y[i] : top;
        for (size_t i = 0; i < n; i++)
            sum += p[i] = exp(y[i] - top);
        for (size_t i = 0; i < n; i++)
            p[i] /= sum;
        r->outputs += n;
    }
}

/* One direction into columns [offset, offset + h) of y (33, width). */
static inline void ref_lstm_direction(struct reference *r, const char *layer, bool reverse,
                                      const double *x, double *y, size_t offset, size_t width) {
    char end[32];
    snprintf(end, sizeof end, ".weight_ih_l0%s", reverse ? "_reverse" : "");
    const struct tensor *wi = ref_tensor(r, layer, end);
    snprintf(end, sizeof end, ".weight_hh_l0%s", reverse ? "_reverse" : "");
    const struct tensor *wh = ref_tensor(r, layer, end);
    snprintf(end, sizeof end, ".bias_ih_l0%s", reverse ? "_reverse" : "");
    const struct tensor *bi = ref_tensor(r, layer, end);
    snprintf(end, sizeof end, ".bias_hh_l0%s", reverse ? "_reverse" : "");
    const struct tensor *bh = ref_tensor(r, layer, end);
    size_t H = wh->shape[1], I = wi->shape[1];
    double *h = calloc(H, sizeof *h), *c = calloc(H, sizeof *c), *g = calloc(4 * H, sizeof *g);
    for (size_t s = 0; s < 33; s++) {
        size_t t = reverse ? 32 - s : s;
        for (size_t j = 0; j < 4 * H; j++) {
            g[j] = (double)bi->values[j] + (double)bh->values[j];
            for (size_t i = 0; i < I; i++)
                g[j] += x[t * I + i] * (double)wi->values[j * I + i];
            for (size_t i = 0; i < H; i++)
                g[j] += h[i] * (double)wh->values[j * H + i];
        }
        for (size_t u = 0; u < H; u++) {
            c[u] = ref_sigmoid(g[H + u]) * c[u] + ref_sigmoid(g[u]) * tanh(g[2 * H + u]);
            h[u] = ref_sigmoid(g[3 * H + u]) * tanh(c[u]);
            y[t * width + offset + u] = h[u];
        }
    }
    free(h);
    free(c);
    free(g);
}

static inline double *ref_lstm(struct reference *r, const char *layer, const double *x) {
    size_t H = ref_tensor(r, layer, ".weight_hh_l0")->shape[1];
    double *y = ref_layer(r, layer, 33 * 2 * H);
    ref_lstm_direction(r, layer, false, x, y, 0, 2 * H);
    ref_lstm_direction(r, layer, true, x, y, H, 2 * H);
    return y;
}

static inline void reference_pileup(struct reference *r, const struct weights *weights,
                                    const int32_t *window) {
    *r = (struct reference){.weights = weights};
    double x[33 * 18];
    for (size_t i = 0; i < 33 * 18; i++)
        x[i] = window[i];
    const double *y = ref_lstm(r, "LSTM2", ref_lstm(r, "LSTM1", x));
    ref_tail(r, y, r->layers[r->count - 1].count);
}

/* ---- full alignment ------------------------------------------------------------------------ */

struct ref_map {
    size_t R, W, C;
    const double *values;
};

/* Zeros before the first of n, and the number of outputs. */
static inline size_t ref_before(size_t n, size_t stride, bool same, size_t *outputs) {
    if (!same) {
        *outputs = (n + 2 - 3) / stride + 1;
        return 1;
    }
    *outputs = (n + stride - 1) / stride;
    size_t reach = (*outputs - 1) * stride + 3;
    return (reach > n ? reach - n : 0) / 2;
}

static inline struct ref_map ref_convolution(struct reference *r, const char *name,
                                             const char *layer, struct ref_map x, size_t stride,
                                             bool same) {
    const struct tensor *w = ref_tensor(r, name, ".weight"), *b = ref_tensor(r, name, ".bias");
    struct ref_map y = {.C = w->shape[0]};
    size_t up = ref_before(x.R, stride, same, &y.R), left = ref_before(x.W, stride, same, &y.W);
    cr_assert(w->shape[1] == x.C);
    double *to = ref_layer(r, layer, y.R * y.W * y.C);
    y.values = to;
    for (size_t i = 0; i < y.R * y.W; i++)
        for (size_t o = 0; o < y.C; o++, to++) {
            *to = (double)b->values[o];
            for (size_t tap = 0; tap < 9; tap++) {
                size_t row = i / y.W * stride + tap / 3 - up;
                size_t column = i % y.W * stride + tap % 3 - left;
                if (row >= x.R || column >= x.W) /* wraps below zero */
                    continue;
                const double *from = x.values + (row * x.W + column) * x.C;
                for (size_t k = 0; k < x.C; k++)
                    *to += from[k] * (double)w->values[(o * x.C + k) * 9 + tap];
            }
        }
    return y;
}

/* relu(norm(x) + add) */
static inline struct ref_map ref_norm(struct reference *r, const char *name, const char *layer,
                                      struct ref_map x, const double *add) {
    const float *g = ref_tensor(r, name, ".weight")->values;
    const float *b = ref_tensor(r, name, ".bias")->values;
    const float *m = ref_tensor(r, name, ".running_mean")->values;
    const float *v = ref_tensor(r, name, ".running_var")->values;
    size_t count = x.R * x.W * x.C;
    double *y = ref_layer(r, layer, count);
    for (size_t i = 0; i < count; i++) {
        size_t c = i % x.C;
        y[i] = (x.values[i] - (double)m[c]) / sqrt((double)v[c] + 0.001) * (double)g[c] +
               (double)b[c] + (add == NULL ? 0.0 : add[i]);
        y[i] = y[i] > 0 ? y[i] : 0;
    }
    x.values = y;
    return x;
}

/* Bins of an axis: kernel = ceil(n / level), padded half before. */
static inline void ref_bin(size_t n, size_t level, size_t bin, size_t *begin, size_t *end) {
    size_t kernel = (n + level - 1) / level, bins = (n + kernel - 1) / kernel;
    size_t before = (bins * kernel - n) / 2;
    *begin = bin * kernel > before ? bin * kernel - before : 0;
    *end = (bin + 1) * kernel - before < n ? (bin + 1) * kernel - before : n;
}

static inline double *ref_pyramid(struct reference *r, struct ref_map x) {
    double *y = ref_layer(r, "pyramid", 14 * x.C), *to = y;
    for (size_t level = 3; level >= 1; level--)
        for (size_t bin = 0; bin < level * level; bin++, to += x.C) {
            size_t r0, r1, w0, w1;
            ref_bin(x.R, level, bin / level, &r0, &r1);
            ref_bin(x.W, level, bin % level, &w0, &w1);
            for (size_t c = 0; c < x.C; c++) {
                to[c] = -HUGE_VAL;
                for (size_t i = r0; i < r1; i++)
                    for (size_t j = w0; j < w1; j++)
                        to[c] = fmax(to[c], x.values[(i * x.W + j) * x.C + c]);
            }
        }
    return y;
}

static inline void reference_full(struct reference *r, const struct weights *weights,
                                  const int8_t *window, size_t rows, size_t channels, bool same) {
    *r = (struct reference){.weights = weights};
    size_t count = rows * 33 * channels;
    double *input = malloc(count * sizeof *input);
    for (size_t i = 0; i < count; i++)
        input[i] = window[i] / 100.0;
    struct ref_map x = {rows, 33, channels, input};
    for (size_t k = 1; k <= 3; k++) {
        char name[6][40];
        snprintf(name[0], 40, "conv%zu.conv", 2 * k - 1);
        snprintf(name[1], 40, "conv%zu.bn", 2 * k - 1);
        snprintf(name[2], 40, "conv%zu", 2 * k - 1);
        x = ref_norm(r, name[1], name[2], ref_convolution(r, name[0], name[0], x, 2, same), NULL);
        snprintf(name[0], 40, "res_block%zu.0.conv1", k);
        snprintf(name[1], 40, "res_block%zu.0.bn1", k);
        snprintf(name[2], 40, "res_block%zu.0.mid", k);
        snprintf(name[3], 40, "res_block%zu.0.conv2", k);
        snprintf(name[4], 40, "res_block%zu.0.bn2", k);
        snprintf(name[5], 40, "res_block%zu.0", k);
        struct ref_map mid =
            ref_norm(r, name[1], name[2], ref_convolution(r, name[0], name[0], x, 1, same), NULL);
        x = ref_norm(r, name[4], name[5], ref_convolution(r, name[3], name[3], mid, 1, same),
                     x.values);
    }
    free(input);
    ref_tail(r, ref_pyramid(r, x), 14 * x.C);
}

#endif
