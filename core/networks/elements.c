/* SPDX-License-Identifier: MIT
 *
 * Float formats by their bits: spec networks, 5 and 6. */
#include "core/networks/elements.h"

#include <math.h>
#include <string.h>

size_t element_size(enum element element) {
    switch (element) {
    case ELEMENT_FLOAT16:
    case ELEMENT_BFLOAT16:
        return 2;
    case ELEMENT_FLOAT32:
        return 4;
    default:
        return 8;
    }
}

static uint64_t little_endian(const uint8_t *bytes, size_t size) {
    uint64_t value = 0;
    for (size_t i = size; i-- > 0;)
        value = value << 8 | bytes[i];
    return value;
}

static float from_bits(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* One sign bit, 5 of exponent (bias 15), 10 of fraction. */
static float from_float16(uint32_t half) {
    uint32_t sign = (half & 0x8000U) << 16, exponent = half >> 10 & 31U, fraction = half & 1023U;
    if (exponent == 31)
        return from_bits(sign | 0x7f800000U | fraction << 13);
    if (exponent == 0) {
        float tiny = ldexpf((float)fraction, -24);
        return sign != 0 ? -tiny : tiny;
    }
    return from_bits(sign | (exponent + 127 - 15) << 23 | fraction << 13);
}

float element_read(enum element element, const uint8_t *bytes) {
    uint64_t bits = little_endian(bytes, element_size(element));
    switch (element) {
    case ELEMENT_FLOAT32:
        return from_bits((uint32_t)bits);
    case ELEMENT_FLOAT16:
        return from_float16((uint32_t)bits);
    case ELEMENT_BFLOAT16:
        return from_bits((uint32_t)bits << 16);
    case ELEMENT_FLOAT64: {
        double value;
        memcpy(&value, &bits, sizeof value);
        return (float)value;
    }
    default:
        return (float)(int64_t)bits;
    }
}
