/* SPDX-License-Identifier: MIT
 *
 * What kernels for vectors of any width have in common however they multiply: functions, the cells
 * of an LSTM, Winograd's transforms.  Included by kernels_vector.h and kernels_tiles.h, and through
 * them once per instruction set by a file that has defined LANES, VECTOR_MIN and VECTOR_MAX. */
#include "core/networks/kernels.h"

#include <stddef.h>
#include <stdint.h>

typedef float vec __attribute__((vector_size(4 * LANES), may_alias));
typedef uint32_t uvec __attribute__((vector_size(4 * LANES), may_alias));
typedef float vec_anywhere __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

#define INLINE static inline __attribute__((always_inline))
#ifdef __clang__
#define UNROLL      _Pragma("unroll")
#define UNROLL_LOOP _Pragma("unroll 4")
#else
#define UNROLL      _Pragma("GCC unroll 16")
#define UNROLL_LOOP _Pragma("GCC unroll 4")
#endif

INLINE vec load(const float *from) {
    return *(const vec_anywhere *)from;
}

INLINE void store(float *to, vec v) {
    *(vec_anywhere *)to = v;
}

INLINE vec all(float v) {
    return v - (vec){0};
}

/* ---- functions ----------------------------------------------------------------------------- */

/* 2^x = 2^n * (1 + f q(f)) with n the nearest integer and f in [-1/2, 1/2].  q has the least
 * greatest relative error of its degree: 2^x within 1.6e-8, before rounding. */
struct power {
    vec scale; /* 2^n */
    vec rest;  /* 2^f - 1 */
};

INLINE struct power power_of_two(vec x) {
    const vec magic = all(0x1.8p23F); /* adding it leaves the nearest integer in the low bits */
    vec shifted = x + magic;
    vec f = x - (shifted - magic);
    vec q = all(0x1.41fbbcp-13F);
    q = q * f + 0x1.5f3e52p-10F;
    q = q * f + 0x1.3b2d4cp-7F;
    q = q * f + 0x1.c6aee8p-5F;
    q = q * f + 0x1.ebfbdcp-3F;
    q = q * f + 0x1.62e430p-1F;
    uvec bits = ((uvec)shifted << 23) + 0x3f800000U;
    return (struct power){(vec)bits, q * f};
}

#define LOG2_E 0x1.715476p+0F

/* exp(-x), its exponent held within [-126, 40]: beyond, a gate is 0 or 1 to 1e-12, and three
 * factors up to 2^40 + 1 multiply without overflow. */
INLINE vec exp_minus(vec x, float times) {
    vec exponent = VECTOR_MAX(VECTOR_MIN(x * (-LOG2_E * times), all(40.0F)), all(-126.0F));
    struct power p = power_of_two(exponent);
    return p.scale * p.rest + p.scale;
}

/* SELU, with expm1 kept exact near 0 as 2^n (2^f - 1) + (2^n - 1). */
INLINE vec selu(vec x) {
    const float scale = 1.0507009873554804934193349852946F;
    const float alpha = 1.6732632423543772848170429916717F;
    const vec zero = {0};
    vec below = VECTOR_MAX(VECTOR_MIN(x, zero), all(-80.0F));
    struct power p = power_of_two(below * LOG2_E);
    vec expm1 = p.scale * p.rest + (p.scale - 1.0F);
    return scale * VECTOR_MAX(x, zero) + scale * alpha * expm1;
}

INLINE vec activate(enum activation activation, vec v) {
    if (activation == ACTIVATION_RELU)
        return VECTOR_MAX(v, (vec){0});
    if (activation == ACTIVATION_SELU)
        return selu(v);
    return v;
}

enum { PANEL = 2 * LANES };

/* ---- cells of an LSTM ------------------------------------------------------------------------ */

enum { GATES = 4 };

/* With e_v = exp(-v) (and exp(-2v) for the tangents), sigmoid(v) = 1 / (1 + e_v) and
 * tanh(v) = (1 - e_v) / (1 + e_v), so that c and h cost one division each:
 *
 *     c' = (c i (1 + e_g) + (1 - e_g) f) / (f i (1 + e_g)),  i = 1 + e_i, f = 1 + e_f
 *
 * Error, with u = 2^-24 = 6e-8 a rounding: e_v is good to 2u of itself where it matters, a sum
 * 1 + e_v to 2u.  Of the first term i (1 + e_g) cancels: 2u for f, 3u for products and division,
 * 5u |c|.  Of the second nothing does: 2u each for 1 - e_g, i and 1 + e_g, 3u for the rest, 9u.
 * Together at most 14u = 8e-7 of max(1, |c|); h, a like quotient of o and c', stays below. */
INLINE void cell_c(const float *gates, float *c_place) {
    vec i = 1.0F + exp_minus(load(gates), 1.0F);
    vec f = 1.0F + exp_minus(load(gates + LANES), 1.0F);
    vec e_g = exp_minus(load(gates + 2 * LANES), 2.0F);
    vec ig = i * (1.0F + e_g);
    store(c_place, (load(c_place) * ig + (1.0F - e_g) * f) / (f * ig));
}

INLINE void cell_h(const float *gates, const float *c_place, float *y) {
    vec o = 1.0F + exp_minus(load(gates + 3 * LANES), 1.0F);
    vec e_c = exp_minus(load(c_place), 2.0F);
    store(y, (1.0F - e_c) / (o * (1.0F + e_c)));
}

/* All cells of a step whose gates are there.  In loops of their own, first all c, then all h: each
 * is a long chain, and only many of them side by side keep the multipliers busy. */
INLINE void cells(const struct lstm_step *s) {
    size_t vectors = s->units / LANES;
    for (size_t n = 0; n < s->rows * vectors; n++)
        cell_c(s->gates + n * GATES * LANES, s->c + n * LANES);
    for (size_t m = 0; m < s->rows; m++)
        for (size_t vector = 0, n = m * vectors; vector < vectors; vector++, n++)
            cell_h(s->gates + n * GATES * LANES, s->c + n * LANES,
                   s->y + m * s->y_step + vector * LANES);
}

/* ---- Winograd's transforms ------------------------------------------------------------------- */

/* One axis, in place: what a tile of m outputs reads, to its m + 2 points.  The points are 0, 1, -1
 * and infinity, with 2 for three outputs and 2, -2 for four.  With two outputs the first never
 * meets the last input, nor the second the first, so that each output has the bits that it would
 * have if the others were not there. */
INLINE void transform_in(vec *a, const size_t step, const size_t m) {
    vec a0 = a[0], a1 = a[step], a2 = a[2 * step], a3 = a[3 * step];
    if (m == 2) {
        a[0] = a0 - a2;
        a[step] = a1 + a2;
        a[2 * step] = a2 - a1;
        a[3 * step] = a1 - a3;
    } else if (m == 3) {
        vec a4 = a[4 * step], d = a3 - a1;
        a[0] = 2.0F * (a0 - a2) + d;
        a[step] = a3 - a2 - 2.0F * a1;
        a[2 * step] = a3 - 3.0F * a2 + 2.0F * a1;
        a[3 * step] = d;
        a[4 * step] = a4 - a2 - 2.0F * d;
    } else {
        vec a4 = a[4 * step], a5 = a[5 * step];
        vec even = a4 - 4.0F * a2, odd = a3 - 4.0F * a1, b = a4 - a2, c = 2.0F * (a3 - a1);
        a[0] = 4.0F * a0 - 5.0F * a2 + a4;
        a[step] = even + odd;
        a[2 * step] = even - odd;
        a[3 * step] = b + c;
        a[4 * step] = b - c;
        a[5 * step] = 4.0F * a1 - 5.0F * a3 + a5;
    }
}

/* One axis, in place: m + 2 points to m outputs. */
INLINE void transform_out(vec *a, const size_t step, const size_t m) {
    vec a0 = a[0], a1 = a[step], a2 = a[2 * step], a3 = a[3 * step];
    vec sum = a1 + a2, difference = a1 - a2;
    if (m == 2) {
        a[0] = a0 + sum;
        a[step] = difference - a3;
    } else if (m == 3) {
        a[0] = a0 + sum + a3;
        a[step] = difference + 2.0F * a3;
        a[2 * step] = sum + 4.0F * a3 + a[4 * step];
    } else {
        vec a4 = a[4 * step], high = a3 + a4, low = a3 - a4;
        a[0] = a0 + sum + high;
        a[step] = difference + 2.0F * low;
        a[2 * step] = sum + 4.0F * high;
        a[3 * step] = difference + 8.0F * low + a[5 * step];
    }
}

enum { COLUMNS = WINOGRAD_COLUMNS, REACH = WINOGRAD_REACH };

INLINE void tiles_in(const struct winograd_in *w, const size_t m) {
    for (size_t t = 0; t < w->tile_count; t++)
        for (size_t c = 0; c < w->channels; c += LANES) {
            const float *x = w->x + w->tiles[t].x_at + c;
            float *v = w->v + t * w->channels + c;
            vec a[WINOGRAD_POINTS_MAX];
            UNROLL for (size_t r = 0; r < m + 2; r++) {
                UNROLL for (size_t k = 0; k < REACH; k++) a[r * REACH + k] =
                    load(x + r * w->x_row + k * w->x_column);
                transform_in(a + r * REACH, 1, COLUMNS);
            }
            UNROLL for (size_t k = 0; k < REACH; k++) {
                transform_in(a + k, REACH, m);
                UNROLL for (size_t r = 0; r < m + 2; r++)
                    store(v + (r * REACH + k) * w->v_step, a[r * REACH + k]);
            }
        }
}

/* Not every table has Winograd's form. */
__attribute__((unused)) static void winograd_in(const struct winograd_in *w) {
    if (w->rows == 2)
        tiles_in(w, 2);
    else
        tiles_in(w, 4);
}

INLINE void tiles_out(const struct winograd_out *w, const size_t m) {
    for (size_t t = 0; t < w->tile_count; t++)
        for (size_t c = 0; c < w->channels; c += LANES) {
            const struct winograd_tile *tile = &w->tiles[t];
            const float *from = w->m + t * w->channels + c;
            vec a[WINOGRAD_POINTS_MAX], b = load(w->b + c);
            UNROLL for (size_t k = 0; k < REACH; k++) {
                UNROLL for (size_t r = 0; r < m + 2; r++) a[r * REACH + k] =
                    load(from + (r * REACH + k) * w->m_step);
                transform_out(a + k, REACH, m);
            }
            UNROLL for (size_t r = 0; r < m; r++) transform_out(a + r * REACH, 1, COLUMNS);
            UNROLL for (size_t r = 0; r < m; r++) {
                UNROLL for (size_t k = 0; k < COLUMNS; k++) {
                    size_t place = tile->y_at + r * w->y_row + k * w->y_column + c;
                    if (r >= tile->rows || k >= tile->columns)
                        continue;
                    vec y = a[r * REACH + k] + b;
                    if (w->add != NULL)
                        y += load(w->add + place);
                    store(w->y + place, activate(ACTIVATION_RELU, y));
                }
            }
        }
}

__attribute__((unused)) static void winograd_out(const struct winograd_out *w) {
    if (w->rows == 2)
        tiles_out(w, 2);
    else
        tiles_out(w, 4);
}
