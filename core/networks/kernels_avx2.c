/* SPDX-License-Identifier: MIT
 *
 * The kernels for AVX2 with fused multiply-add: 8 lanes, 16 registers.  A product tile takes 12
 * sums, 2 weights and 1 input; an LSTM tile 12 sums, 3 inputs and 1 weight. */
#include "core/networks/kernels.h"

#if defined(__AVX2__) && defined(__FMA__)
#include <immintrin.h>

#define LANES            8
#define PRODUCT_ROWS     6
#define STEP_ROWS        3
#define VECTOR_MIN(a, b) ((vec)_mm256_min_ps((__m256)(a), (__m256)(b)))
#define VECTOR_MAX(a, b) ((vec)_mm256_max_ps((__m256)(a), (__m256)(b)))
#include "core/networks/kernels_vector.h"

extern const struct kernels kernels_avx2;
const struct kernels kernels_avx2 = {
    .name = "avx2",
    .lanes = LANES,
    .panel = PANEL,
    .block = 24,
    .product = product,
    .lstm_step = lstm_step,
    .winograd_in = winograd_in,
    .winograd_out = winograd_out,
};
#endif
