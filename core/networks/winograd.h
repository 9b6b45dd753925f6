/* SPDX-License-Identifier: MIT
 *
 * Winograd's form of a 3 x 3 convolution of stride 1: tiles of inputs and the kernels are taken to
 * points where a convolution is a product, and the products back to outputs.  A tile of 2 x 3
 * outputs takes 20 multiplications an input and output channel instead of 54, one of 4 x 3 takes 30
 * instead of 108. */
#ifndef CORE_NETWORKS_WINOGRAD_H
#define CORE_NETWORKS_WINOGRAD_H

#include "core/networks/convolution.h"

/* Fills c->points, (N, panels, C, P), from `matrix` (outputs, 9, in.C) as convolution.c folds it.
 */
int winograd_pack(struct convolution *c, const float *matrix, size_t outputs, struct failure *why);

/* As convolution_run, for whole tiles: rows beside a range that share a tile with it are written
 * as well, with the bits that they would have anyway. */
void winograd_run(const struct convolution *c, struct convolution_scratch *scratch, const float *x,
                  const float *add, float *y, const struct row_range *ranges, size_t M);

#endif
