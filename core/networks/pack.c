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

int pack_matrix(struct packed *packed, const float *matrix, const float *bias, size_t outputs,
                size_t inputs, size_t panel, struct failure *why) {
    packed->inputs = inputs;
    packed->panels = round_up(outputs, panel) / panel;
    packed->weights = floats_new(packed->panels * inputs * panel, why);
    packed->bias = floats_new(packed->panels * panel, why);
    if (packed->weights == NULL || packed->bias == NULL)
        return STATUS_NO_MEMORY;
    for (size_t o = 0; o < outputs; o++) {
        float *first = packed->weights + o / panel * inputs * panel + o % panel;
        for (size_t k = 0; k < inputs; k++)
            first[k * panel] = matrix[o * inputs + k];
        if (bias != NULL)
            packed->bias[o] = bias[o];
    }
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
