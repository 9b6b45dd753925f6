/* SPDX-License-Identifier: MIT
 *
 * The kernels for AMX with inputs and weights rounded to bfloat16: for who asks for them.
 * Convolutions are summed directly: one product of tiles a term costs less than Winograd's
 * transforms, and its points would lose more to rounding. */
#include "core/networks/kernels.h"

#if defined(__AMX_BF16__) || defined(__AMXBF16__) /* gcc, clang */
#define PARTS 1
#include "core/networks/kernels_amx.h"
#include "core/networks/kernels_tiles.h"

extern const struct kernels kernels_bf16;
const struct kernels kernels_bf16 = {
    .name = "bf16",
    .rounds = true,
    .lanes = LANES,
    .panel = PANEL,
    .block = ROWS,
    .arranged = arranged,
    .arrange = arrange,
    .product = product,
    .lstm_step = lstm_step,
};
#endif
