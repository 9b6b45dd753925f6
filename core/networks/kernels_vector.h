/* SPDX-License-Identifier: MIT
 *
 * The kernels for vectors of any width, included once per instruction set by a file that has
 * defined LANES, PRODUCT_ROWS, STEP_ROWS, VECTOR_MIN and VECTOR_MAX.  What each kernel means
 * stands in kernels_scalar.c.
 *
 * The one idea: a tile of rows x vectors of the result stays in registers while the inner loop
 * walks over the inputs.  Rows are exact-size variants of one inline function, so that a
 * remainder of rows costs no test in the loop, and each output is one chain of fused
 * multiply-adds whatever the number of rows.  These files are compiled with contraction on. */
#include "core/networks/kernels_shared.h"

/* Calls `call` with the number of rows as a constant: every variant is compiled apart. */
/* clang-format off */
#define EXACT_ROWS(rows, call)                                                                     \
    switch (rows) {                                                                                \
    case 1: call(1); break;                                                                        \
    case 2: call(2); break;                                                                        \
    case 3: call(3); break;                                                                        \
    case 4: call(4); break;                                                                        \
    case 5: call(5); break;                                                                        \
    case 6: call(6); break;                                                                        \
    case 7: call(7); break;                                                                        \
    case 8: call(8); break;                                                                        \
    case 9: call(9); break;                                                                        \
    case 10: call(10); break;                                                                      \
    case 11: call(11); break;                                                                      \
    default: call(12); break;                                                                      \
    }
/* clang-format on */

/* ---- product ------------------------------------------------------------------------------- */

/* Adds x(rows, K) w(K, 2, L) to the sums. */
INLINE void add_run(vec sum[][2], const float *const x[], size_t K, const float *w,
                    const size_t rows) {
    for (size_t k = 0; k < K; k++, w += PANEL) {
        vec w0 = load(w), w1 = load(w + LANES);
        UNROLL for (size_t r = 0; r < rows; r++) {
            vec v = all(x[r][k]);
            sum[r][0] += v * w0;
            sum[r][1] += v * w1;
        }
    }
}

/* Rows [first, first + rows) of one panel. */
INLINE void product_tile(const struct product *p, size_t panel, size_t first, const size_t rows) {
    const float *x[PRODUCT_ROWS];
    const float *w = p->w + panel * p->stretches * p->length * PANEL;
    vec total[PRODUCT_ROWS][2];
    UNROLL for (size_t r = 0; r < rows; r++) {
        x[r] = p->x + p->x_at[first + r];
        total[r][0] = total[r][1] = (vec){0};
    }
    add_run(total, x, p->length, w, rows);
    if (p->b != NULL) {
        vec b0 = load(p->b + panel * PANEL), b1 = load(p->b + panel * PANEL + LANES);
        UNROLL for (size_t r = 0; r < rows; r++) {
            total[r][0] += b0;
            total[r][1] += b1;
        }
    }
    for (size_t s = 1; s < p->stretches; s++) {
        vec sum[PRODUCT_ROWS][2];
        UNROLL for (size_t r = 0; r < rows; r++) {
            x[r] += p->step;
            sum[r][0] = sum[r][1] = (vec){0};
        }
        add_run(sum, x, p->length, w += p->length * PANEL, rows);
        UNROLL for (size_t r = 0; r < rows; r++) {
            total[r][0] += sum[r][0];
            total[r][1] += sum[r][1];
        }
    }
    UNROLL for (size_t r = 0; r < rows; r++) {
        size_t place = p->y_at[first + r] + panel * PANEL;
        if (p->add != NULL) {
            total[r][0] += load(p->add + place);
            total[r][1] += load(p->add + place + LANES);
        }
        store(p->y + place, activate(p->then, total[r][0]));
        store(p->y + place + LANES, activate(p->then, total[r][1]));
    }
}

/* All rows of a panel while its weights are near; rows in tiles of nearly equal size. */
static void product(const struct product *p) {
    size_t tiles = (p->rows + PRODUCT_ROWS - 1) / PRODUCT_ROWS;
    for (size_t panel = 0; panel < p->panels; panel++)
        for (size_t t = 0, first = 0; t < tiles; t++) {
            size_t rows = (p->rows - first) / (tiles - t);
#define PRODUCT_TILE(n) product_tile(p, panel, first, n <= PRODUCT_ROWS ? n : PRODUCT_ROWS)
            EXACT_ROWS(rows, PRODUCT_TILE)
            first += rows;
        }
}

/* ---- LSTM ---------------------------------------------------------------------------------- */

/* Adds x(rows, K) w(K, 4, L). */
INLINE void add_gates(vec gates[][GATES], const float *x, size_t x_step, size_t K, const float *w,
                      const size_t rows) {
    UNROLL_LOOP for (size_t k = 0; k < K; k++, w += GATES * LANES) {
        vec v[STEP_ROWS];
        UNROLL for (size_t r = 0; r < rows; r++) v[r] = all(x[r * x_step + k]);
        UNROLL for (size_t g = 0; g < GATES; g++) {
            vec w_g = load(w + g * LANES);
            UNROLL for (size_t r = 0; r < rows; r++) gates[r][g] += v[r] * w_g;
        }
    }
}

/* Gates of rows [first, first + rows) of one vector of units. */
INLINE void step_tile(const struct lstm_step *s, size_t vector, size_t first, const size_t rows) {
    size_t place = vector * GATES * LANES, gates_step = s->units * GATES;
    const float *start = s->start + first * s->start_step + place;
    float *to = s->gates + first * gates_step + place;
    vec gates[STEP_ROWS][GATES];
    UNROLL for (size_t r = 0; r < rows; r++) {
        UNROLL for (size_t g = 0; g < GATES; g++) gates[r][g] =
            load(start + r * s->start_step + g * LANES);
    }
    if (s->x != NULL)
        add_gates(gates, s->x + first * s->x_step, s->x_step, s->inputs,
                  s->w_x + vector * s->inputs * GATES * LANES, rows);
    if (s->h != NULL)
        add_gates(gates, s->h + first * s->h_step, s->h_step, s->units,
                  s->w_h + vector * s->units * GATES * LANES, rows);
    UNROLL for (size_t r = 0; r < rows; r++) {
        UNROLL for (size_t g = 0; g < GATES; g++)
            store(to + r * gates_step + g * LANES, gates[r][g]);
    }
}

static void lstm_step(const struct lstm_step *s) {
    size_t tiles = (s->rows + STEP_ROWS - 1) / STEP_ROWS, vectors = s->units / LANES;
    for (size_t vector = 0; vector < vectors; vector++)
        for (size_t t = 0, first = 0; t < tiles; t++) {
            size_t rows = (s->rows - first) / (tiles - t);
#define STEP_TILE(n) step_tile(s, vector, first, n <= STEP_ROWS ? n : STEP_ROWS)
            EXACT_ROWS(rows, STEP_TILE)
            first += rows;
        }
    cells(s);
}
