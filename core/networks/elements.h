/* SPDX-License-Identifier: MIT
 *
 * Numbers as weight files store them, little-endian, read as float32.  Float64 is rounded;
 * all others are exact. */
#ifndef CORE_NETWORKS_ELEMENTS_H
#define CORE_NETWORKS_ELEMENTS_H

#include <stddef.h>
#include <stdint.h>

enum element {
    ELEMENT_FLOAT32,
    ELEMENT_FLOAT64,
    ELEMENT_FLOAT16,
    ELEMENT_BFLOAT16,
    ELEMENT_INT64 /* counters: stepped over, never read as weights */
};

size_t element_size(enum element element);

/* The element that begins at `bytes`, which need not be aligned. */
float element_read(enum element element, const uint8_t *bytes);

#endif
