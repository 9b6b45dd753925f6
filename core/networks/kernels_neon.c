/* SPDX-License-Identifier: MIT
 *
 * The kernels for NEON: 4 lanes, 32 registers. */
#include "core/networks/kernels.h"

#if defined(__aarch64__)
#include <arm_neon.h>

#define LANES            4
#define PRODUCT_ROWS     12
#define STEP_ROWS        6
#define VECTOR_MIN(a, b) ((vec)vminq_f32((float32x4_t)(a), (float32x4_t)(b)))
#define VECTOR_MAX(a, b) ((vec)vmaxq_f32((float32x4_t)(a), (float32x4_t)(b)))
#include "core/networks/kernels_vector.h"

extern const struct kernels kernels_neon;
const struct kernels kernels_neon = {
    .name = "neon",
    .lanes = LANES,
    .panel = PANEL,
    .block = 12,
    .product = product,
    .lstm_step = lstm_step,
    .winograd_in = winograd_in,
    .winograd_out = winograd_out,
};
#endif
