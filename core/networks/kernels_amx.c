/* SPDX-License-Identifier: MIT
 *
 * The kernels for AMX, as exact as float32: numbers of 24 bits, multiplied byte by byte. */
#include "core/networks/kernels.h"

#if defined(__AMX_INT8__) || defined(__AMXINT8__) /* gcc, clang */
#define PARTS 3
#include "core/networks/kernels_amx.h"
#include "core/networks/kernels_tiles.h"

extern const struct kernels kernels_avx512, kernels_amx;
const struct kernels kernels_amx = {
    .name = "amx",
    .lanes = LANES,
    .panel = PANEL,
    .block = ROWS,
    .narrowest = TILE_INPUTS, /* fewer leave tiles empty, and are summed more exactly as float32 */
    .narrow = &kernels_avx512,
    .arranged = arranged,
    .arrange = arrange,
    .product = product,
    .lstm_step = lstm_step,
    .winograd_in = winograd_in,
    .winograd_out = winograd_out,
};
#endif
