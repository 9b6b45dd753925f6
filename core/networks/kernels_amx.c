/* SPDX-License-Identifier: MIT
 *
 * The kernels for AMX, as exact as float32. */
#include "core/networks/kernels.h"

#if defined(__AMX_BF16__) || defined(__AMXBF16__) /* gcc, clang */
#include "core/networks/kernels_amx.h"

#define PARTS 3
#include "core/networks/kernels_tiles.h"

extern const struct kernels kernels_amx;
const struct kernels kernels_amx = {
    .name = "amx",
    .lanes = LANES,
    .panel = PANEL,
    .block = ROWS,
    .arranged = arranged,
    .arrange = arrange,
    .product = product,
    .lstm_step = lstm_step,
    .winograd_in = winograd_in,
    .winograd_out = winograd_out,
};
#endif
