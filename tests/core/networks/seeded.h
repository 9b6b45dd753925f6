/* SPDX-License-Identifier: MIT
 *
 * Networks of any widths from the seeded recipe of tests/data/networks/README.md, the kernels
 * that this machine can run, and layers as a tap sees them.  Needs no file and no library. */
#ifndef TESTS_CORE_NETWORKS_SEEDED_H
#define TESTS_CORE_NETWORKS_SEEDED_H

#include "core/networks/full_network.h"
#include "core/networks/kernels.h"
#include "core/networks/pileup_network.h"
#include "core/windows/shape.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Names and shapes of a network of any widths; last: 0 ends the list. */
struct plan {
    const char *name;
    size_t rank, shape[4];
};

static inline uint64_t seeded_bits(uint64_t seed, uint64_t i) {
    uint64_t z = seed + (i + 1) * UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

static inline uint64_t name_seed(const char *name, uint64_t seed) {
    uint64_t hash = UINT64_C(0xCBF29CE484222325);
    for (; *name != '\0'; name++)
        hash = (hash ^ (uint8_t)*name) * UINT64_C(0x100000001B3);
    return hash ^ seed;
}

/* Uniform in [lo, hi), each step rounded to float32. */
static inline void seeded_fill(float *values, size_t count, const char *name, uint64_t seed,
                               float lo, float hi) {
    float width = hi - lo;
    for (size_t i = 0; i < count; i++) {
        float u = (float)(seeded_bits(name_seed(name, seed), i) >> 40) * 0x1p-24F;
        float product = width * u;
        values[i] = lo + product;
    }
}

static inline void seeded_add(struct weights *weights, uint64_t seed, const char *name, size_t rank,
                              size_t a, size_t b, size_t c, size_t d) {
    struct tensor *t;
    struct failure why = {0};
    size_t shape[] = {a, b, c, d};
    cr_assert(weights_add(weights, name, rank, shape, &t, &why) == STATUS_OK, "%s", why.text);
    const char *leaf = strrchr(name, '.') + 1;
    float lo, hi;
    if (strcmp(leaf, "running_var") == 0) {
        lo = 0.5F;
        hi = 1.5F;
    } else if (strcmp(leaf, "running_mean") == 0) {
        lo = -(hi = 0.25F);
    } else if (strstr(name, ".bn") != NULL && strcmp(leaf, "weight") == 0) {
        lo = 0.5F;
        hi = 1.25F;
    } else if (strncmp(leaf, "bias", 4) == 0) {
        lo = -(hi = 0.125F);
    } else {
        float g = strncmp(name, "Y_", 2) == 0               ? 6.0F
                  : strstr(name, "LSTM1.weight_ih") != NULL ? 0.5F
                                                            : 2.5F;
        lo = -(hi = g / sqrtf((float)(t->count / t->shape[0])));
    }
    seeded_fill(t->values, t->count, name, seed, lo, hi);
}

static inline void seeded_dense(struct weights *w, uint64_t seed, const char *layer, size_t out,
                                size_t in) {
    char name[96];
    snprintf(name, sizeof name, "%s.weight", layer);
    seeded_add(w, seed, name, 2, out, in, 1, 1);
    snprintf(name, sizeof name, "%s.bias", layer);
    seeded_add(w, seed, name, 1, out, 1, 1, 1);
}

static inline void seeded_tail(struct weights *w, uint64_t seed, size_t d, size_t e) {
    seeded_dense(w, seed, "L5_1", e, d);
    seeded_dense(w, seed, "L5_2", e, d);
    seeded_dense(w, seed, "L5_3", e, d);
    seeded_dense(w, seed, "L5_4", e, d);
    seeded_dense(w, seed, "Y_gt21_logits", 21, e);
    seeded_dense(w, seed, "Y_genotype_logits", 3, e);
    seeded_dense(w, seed, "Y_indel_length_logits_1", 33, e);
    seeded_dense(w, seed, "Y_indel_length_logits_2", 33, e);
}

static inline struct weights *seeded_pileup(uint64_t seed, size_t h1, size_t h2, size_t d,
                                            size_t e) {
    struct weights *w = weights_new(NULL);
    for (size_t layer = 1; layer <= 2; layer++)
        for (size_t r = 0; r < 2; r++) {
            size_t h = layer == 1 ? h1 : h2, in = layer == 1 ? 18 : 2 * h1;
            const char *const parts[] = {"weight_ih", "weight_hh", "bias_ih", "bias_hh"};
            for (size_t p = 0; p < 4; p++) {
                char name[64];
                snprintf(name, sizeof name, "LSTM%zu.%s_l0%s", layer, parts[p],
                         r == 0 ? "" : "_reverse");
                seeded_add(w, seed, name, p < 2 ? 2 : 1, 4 * h, p == 0 ? in : h, 1, 1);
            }
        }
    seeded_dense(w, seed, "L4", d, 33 * 2 * h2);
    seeded_tail(w, seed, d, e);
    return w;
}

static inline void seeded_convolution(struct weights *w, uint64_t seed, const char *name,
                                      const char *norm, size_t out, size_t in) {
    char full[96];
    snprintf(full, sizeof full, "%s.weight", name);
    seeded_add(w, seed, full, 4, out, in, 3, 3);
    snprintf(full, sizeof full, "%s.bias", name);
    seeded_add(w, seed, full, 1, out, 1, 1, 1);
    const char *const parts[] = {"weight", "bias", "running_mean", "running_var"};
    for (size_t p = 0; p < 4; p++) {
        snprintf(full, sizeof full, "%s.%s", norm, parts[p]);
        seeded_add(w, seed, full, 1, out, 1, 1, 1);
    }
}

static inline struct weights *seeded_full(uint64_t seed, size_t channels, size_t c1, size_t c2,
                                          size_t c3, size_t d, size_t e) {
    struct weights *w = weights_new(NULL);
    size_t c[] = {channels, c1, c2, c3};
    for (size_t k = 1; k <= 3; k++) {
        char name[48], norm[48];
        snprintf(name, sizeof name, "conv%zu.conv", 2 * k - 1);
        snprintf(norm, sizeof norm, "conv%zu.bn", 2 * k - 1);
        seeded_convolution(w, seed, name, norm, c[k], c[k - 1]);
        for (size_t n = 1; n <= 2; n++) {
            snprintf(name, sizeof name, "res_block%zu.0.conv%zu", k, n);
            snprintf(norm, sizeof norm, "res_block%zu.0.bn%zu", k, n);
            seeded_convolution(w, seed, name, norm, c[k], c[k]);
        }
    }
    seeded_dense(w, seed, "L4", d, 14 * c3);
    seeded_tail(w, seed, d, e);
    return w;
}

/* The kernel tables that this machine can run; NULL ends them. */
static inline const struct kernels *const *golden_levels(void) {
    static const struct kernels *levels[6];
    const char *const names[] = {"scalar", "avx2", "avx512", "amx", "neon"};
    size_t n = 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (kernels_for(names[i]) != NULL)
            levels[n++] = kernels_for(names[i]);
    levels[n] = NULL;
    return levels;
}

/* Largest absolute difference; NaN counts as infinite. */
static inline double largest_difference(const float *ours, const double *theirs, size_t count) {
    double largest = 0.0;
    for (size_t i = 0; i < count; i++) {
        double d = fabs((double)ours[i] - theirs[i]);
        largest = d <= largest ? largest : isnan(d) ? (double)INFINITY : d;
    }
    return largest;
}

/* ---- layers -------------------------------------------------------------------------------- */

/* Layers of the first window as a tap saw them, in the order of the dumps. */
struct seen_layer {
    char name[64];
    size_t count;
    float *values;
};
struct seen {
    size_t count;
    struct seen_layer layers[64];
};

static inline void see_layer(void *user, const struct layer_view *v) {
    struct seen *seen = user;
    for (size_t l = 0; l < seen->count; l++)
        if (strcmp(seen->layers[l].name, v->name) == 0)
            return;
    struct seen_layer *layer = &seen->layers[seen->count++];
    snprintf(layer->name, sizeof layer->name, "%s", v->name);
    layer->count = v->rows * v->columns * v->channels;
    layer->values = malloc(layer->count * sizeof(float));
    float *to = layer->values;
    for (size_t r = 0; r < v->rows; r++)
        for (size_t c = 0; c < v->columns; c++, to += v->channels)
            memcpy(to, v->values + r * v->row_step + c * v->column_step,
                   v->channels * sizeof(float));
}

static inline void seen_free(struct seen *seen) {
    for (size_t l = 0; l < seen->count; l++)
        free(seen->layers[l].values);
    seen->count = 0;
}

#endif
