/* SPDX-License-Identifier: MIT
 *
 * Numbers for kernels_tiles.h: bfloat16, to which inputs and weights are rounded.  Sums are
 * float32. */
typedef float tile_sum;

enum {
    TOGETHER = 2, /* inputs that the unit adds up at once */
    DEPTH = 18,   /* tiles of inputs of a pass at most, so that they stay near */
    HEAD = 0
};

INLINE float output_scale(const float *weights, size_t inputs, size_t step, float *head) {
    (void)weights, (void)inputs, (void)step, (void)head;
    return 1.0F;
}

INLINE void place_parts(float weight, float scale, uint8_t *to) {
    (void)scale;
    uint32_t bits;
    memcpy(&bits, &weight, sizeof bits);
    uint16_t rounded = (uint16_t)((bits + 0x8000U) >> 16);
    memcpy(to, &rounded, sizeof rounded);
}

struct scale {
    float none;
};

INLINE vec larger_of(vec largest, const vec inputs[TOGETHER]) {
    (void)inputs;
    return largest;
}

INLINE struct scale scale_of(vec largest) {
    return (struct scale){largest[0]};
}

INLINE void split(const vec inputs[TOGETHER], struct scale scale, uint8_t *to) {
    (void)scale;
    uvec first = (uvec)inputs[0] + 0x8000U, last = (uvec)inputs[1] + 0x8000U;
    *(uvec *)to = first >> 16 | (last & 0xffff0000U);
}

INLINE vec sum_of(const tile_sum *sums, const float *head, struct scale scale) {
    (void)head, (void)scale;
    return load(sums);
}
