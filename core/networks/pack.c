/* SPDX-License-Identifier: MIT
 *
 * Panels: output o of a matrix goes to panel o / P, lane o % P. */
#include "core/networks/pack.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { VECTOR_ALIGNMENT = 64 };

size_t round_up(size_t count, size_t unit) {
    return (count + unit - 1) / unit * unit;
}

float *floats_new(size_t count, struct failure *why) {
    if (count > SIZE_MAX / sizeof(float) / 2) {
        fail(why, STATUS_NO_MEMORY, "no memory for %zu numbers", count);
        return NULL;
    }
    size_t bytes = round_up(count * sizeof(float) + 1, VECTOR_ALIGNMENT);
    float *floats = aligned_alloc(VECTOR_ALIGNMENT, bytes);
    if (floats == NULL)
        fail(why, STATUS_NO_MEMORY, "no memory for %zu numbers of a network", count);
    else
        memset(floats, 0, bytes);
    return floats;
}

size_t arranged_floats(const struct kernels *kernels, size_t stretches, size_t length,
                       size_t width) {
    return kernels->arrange == NULL ? stretches * length * width
                                    : kernels->arranged(stretches, length, width);
}

void arrange_weights(const struct kernels *kernels, const float *weights, size_t stretches,
                     size_t length, size_t width, float *to) {
    if (kernels->arrange == NULL)
        memcpy(to, weights, stretches * length * width * sizeof *weights);
    else
        kernels->arrange(weights, stretches, length, width, to);
}

int pack_matrix(struct packed *packed, const float *matrix, const float *bias, size_t outputs,
                size_t stretches, size_t length, const struct kernels *kernels,
                struct failure *why) {
    size_t panel = kernels->panel, K = stretches * length;
    size_t floats = arranged_floats(kernels, stretches, length, panel);
    packed->panels = round_up(outputs, panel) / panel;
    packed->size = packed->panels * floats;
    packed->weights = floats_new(packed->size, why);
    packed->bias = floats_new(packed->panels * panel, why);
    float *side_by_side = floats_new(K * panel, why);
    if (packed->weights == NULL || packed->bias == NULL || side_by_side == NULL) {
        free(side_by_side);
        return STATUS_NO_MEMORY;
    }
    for (size_t n = 0; n < packed->panels; n++) {
        for (size_t lane = 0, o = n * panel; lane < panel; lane++, o++)
            for (size_t k = 0; k < K; k++)
                side_by_side[k * panel + lane] = o < outputs ? matrix[o * K + k] : 0.0F;
        arrange_weights(kernels, side_by_side, stretches, length, panel,
                        packed->weights + n * floats);
    }
    if (bias != NULL)
        memcpy(packed->bias, bias, outputs * sizeof *bias);
    free(side_by_side);
    return STATUS_OK;
}

void packed_free(struct packed *packed) {
    free(packed->weights);
    free(packed->bias);
    *packed = (struct packed){0};
}

void packed_use(const struct packed *packed, struct product *product) {
    product->panels = packed->panels;
    product->w = packed->weights;
    product->b = packed->bias;
}
