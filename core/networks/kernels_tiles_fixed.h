/* SPDX-License-Identifier: MIT
 *
 * Numbers for kernels_tiles.h: integers of three bytes.  A row's inputs are multiplied by what
 * makes the largest of a pass 8355700, an output's weights by what makes its largest so, and
 * rounded. Products of bytes are summed exactly in int32, of the nine of two numbers those six that
 * are 2^-16 of the first or more (Ootomo, Ozaki and Yokota, "DGEMM on Integer Matrix Multiplication
 * Unit", do so for float64).  Bytes are signed, and so what is left out is 0 on average.
 *
 * Error of a term, in products of the largest input and the largest weight: 2^-24 for each of the
 * two that are rounded; what is left out is at most 2 * 2^7 * 2^7 * 2^8 + 2^14 of 8355700^2,
 * 2^-22.9. Together less than 2^-22. */
typedef int32_t tile_sum;
typedef int32_t ivec __attribute__((vector_size(4 * LANES), may_alias));

enum {
    TOGETHER = 4, /* inputs that the unit adds up at once */
    DEPTH = 8,    /* tiles of inputs of a pass at most: see sum_of */
    HEAD = PANEL * sizeof(float)
};

#define LARGEST 8355700.0F /* its bytes are 127, 127 and 116; 127, 127 and 127 are 11 more */

/* What an output's weights are divided by; in `head` what its sums are multiplied by. */
INLINE float output_scale(const float *weights, size_t inputs, size_t step, float *head) {
    float largest = 0.0F;
    for (size_t k = 0; k < inputs; k++)
        largest = fmaxf(largest, fabsf(weights[k * step]));
    float scale = largest > 0x1p-100F ? largest / LARGEST : 1.0F;
    *head = scale * 0x1p24F;
    return scale;
}

/* Adding 128 to the lower bytes carries what a signed byte lacks into the next. */
INLINE void place_parts(float weight, float scale, uint8_t *to) {
    double exact = (double)weight / (double)scale;
    uint32_t bytes = (uint32_t)(int32_t)(exact < 0 ? exact - 0.5 : exact + 0.5) + 0x8080U;
    to[0] = (uint8_t)(bytes >> 16);
    to[2 * TILE] = (uint8_t)(bytes >> 8 ^ 0x80U);
    to[4 * TILE] = (uint8_t)(bytes ^ 0x80U);
}

struct scale {
    float by, back; /* what a row's inputs are multiplied by, and what its sums */
};

INLINE vec larger_of(vec largest, const vec inputs[TOGETHER]) {
    UNROLL for (size_t i = 0; i < TOGETHER; i++) largest = VECTOR_LARGER(largest, inputs[i]);
    return largest;
}

/* From the largest inputs of each lane.  Where the largest of all has few bits, as a count has, by
 * a power of two, which keeps such inputs exact. */
INLINE struct scale scale_of(vec v) {
#define MIX(...) v = VECTOR_MAX(v, __builtin_shufflevector(v, v, __VA_ARGS__))
    MIX(8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
    MIX(4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11);
    MIX(2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
    MIX(1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
#undef MIX
    float largest = v[0] > 0x1p-100F ? v[0] : 0x1p-100F, back = largest * (1.0F / LARGEST);
    uint32_t bits;
    memcpy(&bits, &largest, sizeof bits);
    if ((bits & 0xfffU) == 0) {
        memcpy(&bits, &back, sizeof bits);
        bits = (bits + 0x7fffffU) & 0x7f800000U;
        memcpy(&back, &bits, sizeof bits);
    }
    return (struct scale){1.0F / back, back};
}

/* Bytes as in place_parts, of four inputs at a time: those of one part are side by side. */
INLINE void split(const vec inputs[TOGETHER], struct scale scale, uint8_t *to) {
    const uvec even = (uvec){0} + 0x00ff00ffU, low = (uvec){0} + 0xffffU;
    uvec v[TOGETHER];
    UNROLL for (size_t i = 0; i < TOGETHER; i++) v[i] =
        (uvec)VECTOR_NEAREST(inputs[i] * scale.by + 0x8080);
    uvec even01 = VECTOR_SELECT(even, v[0], v[1] << 8);
    uvec even23 = VECTOR_SELECT(even, v[2], v[3] << 8);
    uvec odd01 = VECTOR_SELECT(even, v[0] >> 8, v[1]);
    uvec odd23 = VECTOR_SELECT(even, v[2] >> 8, v[3]);
    *(uvec *)to = VECTOR_SELECT(low, even01 >> 16, even23);
    *(uvec *)(to + 2 * TILE) = VECTOR_SELECT(low, odd01, odd23 << 16) ^ 0x80808080U;
    *(uvec *)(to + 4 * TILE) = VECTOR_SELECT(low, even01, even23 << 16) ^ 0x80808080U;
}

/* Levels are 2^32, 2^24 and 2^16.  The first two together are at most 127 * 127 * 2^8 + 2 * 127 *
 * 128 a term, which 8 tiles keep below 2^31. */
INLINE vec sum_of(const tile_sum *sums, const float *head, struct scale scale) {
    enum { LEVEL = ROWS * PANEL / LANES };
    const ivec *levels = (const ivec *)sums;
    vec sum = __builtin_convertvector((levels[0] << 8) + levels[LEVEL], vec) +
              __builtin_convertvector(levels[2 * LEVEL], vec) * 0x1p-8F;
    return sum * scale.back * load(head);
}
