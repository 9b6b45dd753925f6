/* SPDX-License-Identifier: MIT
 *
 * An additive feedback generator and a shuffle (specification of windows, 2.6). */
#include "core/windows/shuffle.h"

enum {
    LAG = 3,         /* r[i] = r[i - 3] + r[i - 31] */
    DISCARDED = 310, /* outputs thrown away at the start */
    RAND_MAXIMUM = 2147483647
};

static uint32_t advance(struct generator *g) {
    uint32_t *oldest = &g->state[g->at];
    *oldest += g->state[(g->at + GENERATOR_STATE - LAG) % GENERATOR_STATE];
    g->at = (g->at + 1) % GENERATOR_STATE;
    return *oldest;
}

void generator_begin(struct generator *g) {
    int64_t value = 1;
    for (int i = 0; i < GENERATOR_STATE; i++) {
        g->state[i] = (uint32_t)value;
        value = 16807 * value % RAND_MAXIMUM;
    }
    /* r[31] to r[33] repeat r[0] to r[2]: the state goes on unchanged for three steps. */
    g->at = LAG;
    for (int i = 0; i < DISCARDED; i++)
        advance(g);
}

uint32_t generator_next(struct generator *g) {
    return advance(g) >> 1;
}

void shuffle(struct generator *g, uint32_t *numbers, size_t count) {
    for (size_t i = 0; i + 1 < count; i++) {
        size_t width = RAND_MAXIMUM / (count - i) + 1;
        size_t j = i + generator_next(g) / width;
        uint32_t other = numbers[j];
        numbers[j] = numbers[i];
        numbers[i] = other;
    }
}
