/* SPDX-License-Identifier: MIT
 *
 * Every row of every kernel table against the scalar one: all remainders of rows, sizes from
 * one up, random and extreme values, arrays that end where the memory ends.  Plain C lanes of
 * every width stand in for instruction sets that the machine does not have. */
#define _GNU_SOURCE
#include "core/networks/kernels.h"
#include "core/networks/pack.h"

#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

extern const struct kernels kernels_lanes_4, kernels_lanes_8, kernels_lanes_16, kernels_tiles_1,
    kernels_tiles_3;

static const struct kernels *level(size_t n) {
    const struct kernels *const all[] = {
        &kernels_scalar,    &kernels_lanes_4,    &kernels_lanes_8,    &kernels_lanes_16,
        &kernels_tiles_1,   &kernels_tiles_3,    kernels_for("avx2"), kernels_for("avx512"),
        kernels_for("amx"), kernels_for("bf16"), kernels_for("neon")};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i] != NULL && n-- == 0)
            return all[i];
    return NULL;
}

/* ---- memory that ends at a page nobody may touch --------------------------------------------- */

struct guarded {
    char *map;
    size_t size;
    float *at;
};

static struct guarded guarded_new(size_t count) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE), bytes = count * sizeof(float);
    struct guarded g = {.size = (bytes + page - 1) / page * page + 2 * page};
    g.map = mmap(NULL, g.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert(g.map != MAP_FAILED);
    mprotect(g.map, page, PROT_NONE);
    mprotect(g.map + g.size - page, page, PROT_NONE);
    g.at = (float *)(g.map + g.size - page - bytes);
    return g;
}

static void guarded_free(struct guarded *g) {
    munmap(g->map, g->size);
}

static uint64_t state = 88172645463325252U;

/* Uniform in [-1, 1). */
static float noise(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (float)(int32_t)(state >> 32) * 0x1p-31F;
}

static void fill(float *values, size_t count, float scale) {
    for (size_t i = 0; i < count; i++)
        values[i] = scale * noise();
}

static void put(struct guarded *to, const float *from, size_t count) {
    memcpy(to->at, from, count * sizeof *from);
}

/* What of itself a term of a sum may lose besides its rounding as a float32: bfloat16 has 8 bits,
 * and of an input and a weight each loses half of the last. */
static double lost(const struct kernels *kernels) {
    return kernels->rounds ? 0x1.02p-7 : 0;
}

/* The same of the row's largest input times the output's largest weight (kernels_tiles.h). */
static double lost_of_largest(const struct kernels *kernels) {
    return kernels->arrange != NULL && !kernels->rounds ? 0x1p-21 : 0;
}

/* ---- product --------------------------------------------------------------------------------- */

struct product_case {
    size_t rows, outputs, stretches, length, gap; /* gap: between stretches */
    bool add, spread; /* spread: inputs from 1 down to 2^-20 of the largest */
    enum activation then;
};

static double apply(enum activation activation, double v) {
    if (activation == ACTIVATION_RELU)
        return v > 0 ? v : 0;
    if (activation == ACTIVATION_SELU)
        return 1.0507009873554805 * (v > 0 ? v : 1.6732632423543772 * expm1(v));
    return v;
}

/* What each output should be, and how far rounding may take it. */
static void expect_product(const struct product_case *c, const struct kernels *kernels,
                           const float *x, const float *w, const float *b, const float *add,
                           double *y, double *bound) {
    size_t K = c->stretches * c->length;
    for (size_t m = 0; m < c->rows; m++)
        for (size_t o = 0; o < c->outputs; o++) {
            double sum = (double)b[o], size = fabs(sum), loss = 0, largest_x = 0, largest_w = 0;
            for (size_t k = 0; k < K; k++) {
                double term = (double)x[m * K + k] * (double)w[o * K + k];
                sum += term;
                size += fabs(term);
                loss += fabs(term) * lost(kernels);
                largest_x = fmax(largest_x, fabs((double)x[m * K + k]));
                largest_w = fmax(largest_w, fabs((double)w[o * K + k]));
            }
            loss += (double)K * lost_of_largest(kernels) * largest_x * largest_w;
            if (add != NULL) {
                sum += (double)add[m * c->outputs + o];
                size += fabs((double)add[m * c->outputs + o]);
            }
            y[m * c->outputs + o] = apply(c->then, sum);
            /* With fixed point sums are exact and only then rounded, at most once for 64 inputs. */
            size_t additions = lost_of_largest(kernels) > 0 ? K / 64 + c->stretches : K;
            bound[m * c->outputs + o] =
                (((double)additions + 3) * (double)FLT_EPSILON * size + loss) * 1.76 + 3e-7;
        }
}

static void check_product(const struct kernels *kernels, const struct product_case *c) {
    size_t K = c->stretches * c->length, padded = round_up(c->outputs, kernels->panel);
    float *x = malloc(c->rows * K * sizeof *x), *w = malloc(c->outputs * K * sizeof *w);
    float *b = malloc(c->outputs * sizeof *b), *add = malloc(c->rows * c->outputs * sizeof *add);
    double *y = malloc(c->rows * c->outputs * sizeof *y),
           *bound = malloc(c->rows * c->outputs * sizeof *bound);
    fill(x, c->rows * K, 3);
    for (size_t i = 0; i < c->rows * K && c->spread; i++)
        x[i] = ldexpf(x[i], (int)(noise() * 10) - 10);
    fill(w, c->outputs * K, 1);
    fill(b, c->outputs, 1);
    fill(add, c->rows * c->outputs, 2);
    expect_product(c, kernels, x, w, b, c->add ? add : NULL, y, bound);

    struct packed packed;
    cr_assert(pack_matrix(&packed, w, b, c->outputs, c->stretches, c->length, kernels, NULL) ==
              STATUS_OK);
    size_t step = c->length + c->gap, row = c->stretches * step;
    struct guarded gx = guarded_new(c->rows * row - c->gap), gw = guarded_new(packed.size);
    struct guarded gb = guarded_new(padded), gy = guarded_new(c->rows * padded);
    for (size_t i = 0; i < c->rows * c->stretches; i++)
        memcpy(gx.at + i * step, x + i * c->length, c->length * sizeof *x);
    put(&gw, packed.weights, packed.size);
    put(&gb, packed.bias, padded);
    uint32_t *x_at = malloc(c->rows * sizeof *x_at), *y_at = malloc(c->rows * sizeof *y_at);
    for (size_t m = 0; m < c->rows; m++) {
        x_at[m] = (uint32_t)(m * row);
        y_at[m] = (uint32_t)(m * padded);
        for (size_t o = 0; o < c->outputs && c->add; o++)
            gy.at[m * padded + o] = add[m * c->outputs + o];
    }
    kernels->product(&(struct product){.rows = c->rows,
                                       .panels = packed.panels,
                                       .x = gx.at,
                                       .x_at = x_at,
                                       .stretches = c->stretches,
                                       .length = c->length,
                                       .step = step,
                                       .w = gw.at,
                                       .b = gb.at,
                                       .add = c->add ? gy.at : NULL,
                                       .y = gy.at,
                                       .y_at = y_at,
                                       .then = c->then});
    for (size_t m = 0; m < c->rows; m++)
        for (size_t o = 0; o < c->outputs; o++) {
            double ours = (double)gy.at[m * padded + o], off = fabs(ours - y[m * c->outputs + o]);
            cr_assert(off <= bound[m * c->outputs + o],
                      "%s: %zu x %zu, K %zu x %zu, row %zu output %zu: %g instead of %g",
                      kernels->name, c->rows, c->outputs, c->stretches, c->length, m, o, ours,
                      y[m * c->outputs + o]);
        }
    packed_free(&packed);
    guarded_free(&gx);
    guarded_free(&gw);
    guarded_free(&gb);
    guarded_free(&gy);
    free(x), free(w), free(b), free(add), free(y), free(bound), free(x_at), free(y_at);
}

Test(kernels, product_is_right_for_every_size) {
    for (size_t l = 0; level(l) != NULL; l++)
        for (size_t rows = 1; rows <= 34; rows++)
            for (size_t n = 0; n < 7; n++) {
                const size_t lengths[] = {1, 2, 24, 7, 128, 3, 830},
                             stretches[] = {1, 3, 3, 33, 1, 2, 2};
                struct product_case c = {.rows = rows,
                                         .outputs = 1 + (rows * 7 + n * 13) % 70,
                                         .stretches = stretches[n],
                                         .length = lengths[n],
                                         .gap = rows % 2 * 5,
                                         .add = n % 2 == 1,
                                         .spread = rows % 3 == 0,
                                         .then = (enum activation)((n + rows) % 3)};
                check_product(level(l), &c);
            }
}

/* One row, one output. */
static double one_sum(const struct kernels *kernels, const float *x, const float *w, size_t K) {
    float y[32];
    uint32_t zero = 0;
    struct packed packed;
    pack_matrix(&packed, w, NULL, 1, 1, K, kernels, NULL);
    struct product p = {
        .rows = 1, .x = x, .x_at = &zero, .stretches = 1, .length = K, .y = y, .y_at = &zero};
    packed_use(&packed, &p);
    kernels->product(&p);
    packed_free(&packed);
    return (double)y[0];
}

/* Counts that nearly cancel. */
Test(kernels, whole_inputs_are_exact) {
    enum { K = 60 };
    float x[K], w[K];
    double truth = 0;
    for (size_t k = 0; k < K; k++) {
        x[k] = k == 0 ? 3 : (float)(1 + (k + 1) / 2 * 137 % 3001);
        w[k] = k % 2 == 0 ? 1 : -1;
        truth += (double)x[k] * (double)w[k];
    }
    for (size_t l = 0; level(l) != NULL; l++) {
        double sum = one_sum(level(l), x, w, K);
        cr_expect(level(l)->rounds || fabs(sum - truth) <= 1e-6 * fabs(truth),
                  "%s: %.9g instead of %g", level(l)->name, sum, truth);
    }
}

/* As many of the largest products as there can be: where they are summed as integers, the most that
 * these may hold. */
Test(kernels, the_largest_sum_fits) {
    enum { K = 1024 };
    float x[K], w[K];
    for (size_t k = 0; k < K; k++)
        x[k] = w[k] = k < K / 2 ? 1.7F : -1.7F;
    for (size_t l = 0; level(l) != NULL; l++) {
        double sum = one_sum(level(l), x, w, K);
        double truth = K * (double)x[0] * (double)x[0];
        cr_expect(fabs(sum - truth) <= truth * (K * (double)FLT_EPSILON + lost(level(l)) +
                                                lost_of_largest(level(l))),
                  "%s: %g instead of %g", level(l)->name, sum, truth);
    }
}

/* A row's bits do not depend on the rows beside it. */
Test(kernels, product_of_a_row_is_the_same_in_any_company) {
    enum { ROWS = 70, K = 50, OUTPUTS = 40 };
    float x[ROWS * K], w[OUTPUTS * K], b[OUTPUTS];
    fill(x, ROWS * K, 1);
    fill(w, OUTPUTS * K, 1);
    fill(b, OUTPUTS, 1);
    for (size_t l = 0; level(l) != NULL; l++) {
        const struct kernels *kernels = level(l);
        struct packed packed;
        pack_matrix(&packed, w, b, OUTPUTS, 2, K / 2, kernels, NULL);
        size_t padded = packed.panels * kernels->panel;
        float *alone = floats_new(padded, NULL), *together = floats_new(ROWS * padded, NULL);
        uint32_t x_at[ROWS], y_at[ROWS], zero = 0;
        for (size_t m = 0; m < ROWS; m++) {
            x_at[m] = (uint32_t)(m * K);
            y_at[m] = (uint32_t)(m * padded);
        }
        struct product p = {
            .stretches = 2, .length = K / 2, .step = K / 2, .x = x, .then = ACTIVATION_SELU};
        packed_use(&packed, &p);
        for (size_t rows = 1; rows <= ROWS; rows += rows < 34 ? 1 : 9) {
            p.rows = rows;
            p.x_at = x_at;
            p.y_at = y_at;
            p.y = together;
            kernels->product(&p);
            for (size_t m = 0; m < rows; m++) {
                p.rows = 1;
                p.x_at = &x_at[m];
                p.y_at = &zero;
                p.y = alone;
                kernels->product(&p);
                cr_assert(memcmp(alone, together + m * padded, OUTPUTS * sizeof(float)) == 0,
                          "%s: row %zu of %zu", kernels->name, m, rows);
            }
        }
        packed_free(&packed);
        free(alone);
        free(together);
    }
}

/* SELU is within 3e-7 of its value, or of 1e-7 times it, from underflow to large values. */
Test(kernels, selu_keeps_its_bound) {
    for (size_t l = 0; level(l) != NULL; l++) {
        const struct kernels *kernels = level(l);
        size_t P = kernels->panel;
        float *w = floats_new(P, NULL), *y = floats_new(P, NULL);
        uint32_t zero = 0;
        float one = 1;
        for (float v = -200.0F; v < 200.0F; v += fabsf(v) < 2 ? 0.001F : 0.13F) {
            for (size_t i = 0; i < P; i++)
                w[i] = v * (1.0F + 1e-3F * (float)i);
            struct packed packed;
            pack_matrix(&packed, w, NULL, P, 1, 1, kernels, NULL);
            struct product p = {.rows = 1,
                                .x = &one,
                                .x_at = &zero,
                                .stretches = 1,
                                .length = 1,
                                .y = y,
                                .y_at = &zero,
                                .then = ACTIVATION_SELU};
            packed_use(&packed, &p);
            kernels->product(&p);
            packed_free(&packed);
            for (size_t i = 0; i < P; i++) {
                double truth = apply(ACTIVATION_SELU, (double)w[i]);
                double bound =
                    3e-7 + 2e-7 * fabs(truth) + lost(kernels) * fabs((double)w[i]) * 1.76;
                cr_assert(fabs((double)y[i] - truth) <= bound, "%s: %g: %.9g", kernels->name,
                          (double)w[i], (double)y[i]);
            }
        }
        free(w), free(y);
    }
}

/* ---- LSTM ------------------------------------------------------------------------------------ */

static double sigmoid(double v) {
    return 1 / (1 + exp(-v));
}

/* Columns [first, first + count) of w (4U, W) as runs of the vectors of units, of `rounded` inputs.
 */
static struct guarded gates_packed(const struct kernels *kernels, const float *w, size_t U,
                                   size_t W, size_t first, size_t count, size_t rounded) {
    size_t L = kernels->lanes, vectors = round_up(U, L) / L,
           floats = arranged_floats(kernels, 1, rounded, 4 * L);
    struct guarded g = guarded_new(vectors * floats);
    for (size_t v = 0; v < vectors; v++) {
        float *run = floats_new(rounded * 4 * L, NULL);
        for (size_t gate = 0; gate < 4; gate++)
            for (size_t u = v * L; u < (v + 1) * L && u < U; u++)
                for (size_t k = 0; k < count; k++)
                    run[(k * 4 + gate) * L + u % L] = w[(gate * U + u) * W + first + k];
        arrange_weights(kernels, run, 1, rounded, 4 * L, g.at + v * floats);
        free(run);
    }
    return g;
}

/* A step from plain matrices: gates (M, 4, U) of the start, w (4U, K + U). */
static void check_step(const struct kernels *kernels, size_t M, size_t U, size_t K, bool shared,
                       bool first, float scale) {
    size_t L = kernels->lanes, P = round_up(U, L);
    float *start = malloc(M * 4 * U * sizeof *start), *w = malloc(4 * U * (K + U) * sizeof *w);
    float *x = malloc((M * K + 1) * sizeof *x), *h = malloc(M * U * sizeof *h);
    float *c = malloc(M * U * sizeof *c);
    fill(start, M * 4 * U, scale);
    fill(w, 4 * U * (K + U), 0.3F);
    fill(x, M * K, 2);
    fill(h, M * U, 1);
    fill(c, M * U, 2);
    struct guarded gs = guarded_new((shared ? 1 : M) * 4 * P);
    struct guarded gwx = gates_packed(kernels, w, U, K + U, 0, K, K);
    struct guarded gwh = gates_packed(kernels, w, U, K + U, K, U, P);
    struct guarded gx = guarded_new(M * K), gh = guarded_new(M * P), gc = guarded_new(M * P);
    struct guarded gy = guarded_new(M * P), gg = guarded_new(M * 4 * P);
    for (size_t g = 0; g < 4; g++)
        for (size_t u = 0; u < U; u++) {
            size_t place = (u / L * 4 + g) * L + u % L;
            for (size_t m = 0; m < (shared ? 1 : M); m++)
                gs.at[m * 4 * P + place] = start[(m * 4 + g) * U + u];
        }
    put(&gx, x, M * K);
    for (size_t m = 0; m < M; m++) {
        memcpy(gh.at + m * P, h + m * U, U * sizeof *h);
        memcpy(gc.at + m * P, c + m * U, U * sizeof *c);
    }
    kernels->lstm_step(&(struct lstm_step){.rows = M,
                                           .units = P,
                                           .start = gs.at,
                                           .start_step = shared ? 0 : 4 * P,
                                           .x = K > 0 ? gx.at : NULL,
                                           .x_step = K,
                                           .inputs = K,
                                           .h = first ? NULL : gh.at,
                                           .h_step = P,
                                           .gates = gg.at,
                                           .w_x = gwx.at,
                                           .w_h = gwh.at,
                                           .c = gc.at,
                                           .y = gy.at,
                                           .y_step = P});
    for (size_t m = 0; m < M; m++)
        for (size_t u = 0; u < U; u++) {
            double gates[4];
            for (size_t g = 0; g < 4; g++) {
                const float *row = w + (g * U + u) * (K + U);
                gates[g] = (double)start[((shared ? 0 : m) * 4 + g) * U + u];
                for (size_t k = 0; k < K; k++)
                    gates[g] += (double)x[m * K + k] * (double)row[k];
                for (size_t k = 0; k < U && !first; k++)
                    gates[g] += (double)h[m * U + k] * (double)row[K + k];
            }
            double cell =
                sigmoid(gates[1]) * (double)c[m * U + u] + sigmoid(gates[0]) * tanh(gates[2]);
            double y = sigmoid(gates[3]) * tanh(cell);
            /* A gate may be off by its rounding; its function moves by at most as much. */
            double bound = 3e-7 +
                           (double)(K + U) * 0.3 * 2 *
                               ((double)FLT_EPSILON + lost(kernels) + lost_of_largest(kernels)) +
                           4 * (double)scale * (double)FLT_EPSILON;
            double off =
                fmax(fabs((double)gc.at[m * P + u] - cell), fabs((double)gy.at[m * P + u] - y));
            cr_assert(off <= 3 * bound, "%s: %zu windows, %zu units, %zu inputs: off by %g",
                      kernels->name, M, U, K, off);
        }
    guarded_free(&gs), guarded_free(&gwx), guarded_free(&gwh), guarded_free(&gx), guarded_free(&gh);
    guarded_free(&gc), guarded_free(&gy), guarded_free(&gg);
    free(start), free(w), free(x), free(h), free(c);
}

Test(kernels, lstm_step_is_right_for_every_size) {
    for (size_t l = 0; level(l) != NULL; l++)
        for (size_t M = 1; M <= 35; M += M < 14 ? 1 : 7)
            for (size_t n = 0; n < 4; n++) {
                const size_t units[] = {1, 12, 32, 20}, inputs[] = {18, 0, 70, 1};
                check_step(level(l), M, units[n], inputs[n], n % 2 == 0, n == 3, 2);
            }
}

/* Gates far beyond where exponentials overflow. */
Test(kernels, lstm_step_survives_extreme_gates) {
    const float scales[] = {20, 60, 200, 1e4F, 1e9F};
    for (size_t l = 0; level(l) != NULL; l++)
        for (size_t s = 0; s < 5; s++)
            check_step(level(l), 5, 32, 0, false, true, scales[s]);
}

/* c and h from gates alone, against float64: the functions' own error, bounded in
 * kernels_shared.h. */
Test(kernels, gate_functions_keep_their_bound) {
    for (size_t l = 0; level(l) != NULL; l++) {
        const struct kernels *kernels = level(l);
        size_t L = kernels->lanes;
        float *start = floats_new(4 * L, NULL), *c = floats_new(L, NULL), *y = floats_new(L, NULL);
        float *gates = floats_new(4 * L, NULL);
        double worst = 0;
        for (size_t n = 0; n < 200000; n++) {
            fill(start, 4 * L, n % 4 == 0 ? 30 : n % 4 == 1 ? 5 : n % 4 == 2 ? 0.5F : 0.01F);
            fill(c, L, n % 3 == 0 ? 8 : 1);
            double truth_c[16], truth_h[16];
            for (size_t u = 0; u < L; u++) {
                truth_c[u] = sigmoid((double)start[L + u]) * (double)c[u] +
                             sigmoid((double)start[u]) * tanh((double)start[2 * L + u]);
                truth_h[u] = sigmoid((double)start[3 * L + u]) * tanh(truth_c[u]);
            }
            kernels->lstm_step(&(struct lstm_step){
                .rows = 1, .units = L, .start = start, .gates = gates, .c = c, .y = y});
            for (size_t u = 0; u < L; u++) {
                double size = fmax(1, fabs(truth_c[u]));
                worst = fmax(worst, fabs((double)c[u] - truth_c[u]) / size);
                worst = fmax(worst, fabs((double)y[u] - truth_h[u]));
            }
        }
        fprintf(stderr, "%-16s gate functions within %.2e\n", kernels->name, worst);
        cr_expect(worst <= 8e-7, "%s: %g", kernels->name, worst);
        free(start), free(c), free(y), free(gates);
    }
}

Test(kernels, tables_are_found_by_name) {
    cr_expect_eq(kernels_for("scalar"), &kernels_scalar);
    cr_expect_null(kernels_for("sse"));
    cr_expect_null(kernels_for(""));
    const struct kernels *best = kernels_best();
    cr_expect_eq(kernels_for(best->name), best);
    cr_expect(!best->rounds);
}
