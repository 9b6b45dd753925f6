/* SPDX-License-Identifier: MIT
 *
 * The kernels for AVX-512: 16 lanes, 32 registers.  A product tile takes 24 sums, 2 weights
 * and 1 input; an LSTM tile 24 sums, 6 inputs and 1 weight. */
#include "core/networks/kernels.h"

#if defined(__AVX512F__)
#include <immintrin.h>

#define LANES            16
#define PRODUCT_ROWS     12
#define STEP_ROWS        6
#define VECTOR_MIN(a, b) ((vec)_mm512_min_ps((__m512)(a), (__m512)(b)))
#define VECTOR_MAX(a, b) ((vec)_mm512_max_ps((__m512)(a), (__m512)(b)))
#include "core/networks/kernels_vector.h"

extern const struct kernels kernels_avx512;
const struct kernels kernels_avx512 = {
    .name = "avx512",
    .lanes = LANES,
    .panel = PANEL,
    .block = 12,
    .product = product,
    .lstm_step = lstm_step,
    .winograd_in = winograd_in,
    .winograd_out = winograd_out,
};
#endif
