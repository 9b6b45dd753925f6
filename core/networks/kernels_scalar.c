/* SPDX-License-Identifier: MIT
 *
 * What each kernel means, in plain C with one lane: panels of one output are rows of an
 * ordinary matrix, and the loops are the formulas of spec networks, 1 and 2.  Slow; the
 * others are held to it by the tests. */
#include "core/networks/kernels.h"

#include <math.h>

static const float SELU_SCALE = 1.0507009873554804934193349852946F;
static const float SELU_ALPHA = 1.6732632423543772848170429916717F;

static float activate(enum activation activation, float v) {
    if (activation == ACTIVATION_RELU)
        return v > 0.0F ? v : 0.0F;
    if (activation == ACTIVATION_SELU)
        return SELU_SCALE * (v > 0.0F ? v : SELU_ALPHA * expm1f(v));
    return v;
}

static float sigmoid(float v) {
    return 1.0F / (1.0F + expf(-v));
}

static void product(const struct product *p) {
    size_t K = p->stretches * p->length;
    for (size_t n = 0; n < p->panels; n++)
        for (size_t m = 0; m < p->rows; m++) {
            const float *w = p->w + n * K;
            float total = p->b == NULL ? 0.0F : p->b[n];
            for (size_t s = 0; s < p->stretches; s++) {
                const float *x = p->x + p->x_at[m] + s * p->step;
                float sum = 0.0F;
                for (size_t k = 0; k < p->length; k++)
                    sum += x[k] * *w++;
                total += sum;
            }
            if (p->add != NULL)
                total += p->add[p->y_at[m] + n];
            p->y[p->y_at[m] + n] = activate(p->then, total);
        }
}

/* Adds x(K) w(K,4) to the four gates. */
static void add_products(float gates[4], const float *x, size_t K, const float *w) {
    for (size_t k = 0; k < K; k++, w += 4)
        for (size_t gate = 0; gate < 4; gate++)
            gates[gate] += x[k] * w[gate];
}

static void lstm_step(const struct lstm_step *s) {
    for (size_t m = 0; m < s->rows; m++)
        for (size_t u = 0; u < s->units; u++) {
            const float *start = s->start + m * s->start_step + u * 4;
            float gates[4] = {start[0], start[1], start[2], start[3]};
            if (s->x != NULL)
                add_products(gates, s->x + m * s->x_step, s->inputs, s->w_x + u * s->inputs * 4);
            if (s->h != NULL)
                add_products(gates, s->h + m * s->h_step, s->units, s->w_h + u * s->units * 4);
            float *c = &s->c[m * s->units + u];
            *c = sigmoid(gates[1]) * *c + sigmoid(gates[0]) * tanhf(gates[2]);
            s->y[m * s->y_step + u] = sigmoid(gates[3]) * tanhf(*c);
        }
}

const struct kernels kernels_scalar = {
    .name = "scalar",
    .lanes = 1,
    .panel = 1,
    .block = 6,
    .product = product,
    .lstm_step = lstm_step,
};
