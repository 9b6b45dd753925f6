/* SPDX-License-Identifier: MIT
 *
 * The draw of reads where the pile is deeper than the window (specification of windows, 2.6).
 * The generator is the GNU C library's random numbers written out, so that results do not depend on
 * the C library. */
#ifndef CORE_WINDOWS_SHUFFLE_H
#define CORE_WINDOWS_SHUFFLE_H

#include <stddef.h>
#include <stdint.h>

enum { GENERATOR_STATE = 31 };

struct generator {
    uint32_t state[GENERATOR_STATE]; /* the last ones; the oldest at `at` */
    int at;
};

/* As at the start of a program, which is seed 1. */
void generator_begin(struct generator *generator);

/* 0 to 2147483647. */
uint32_t generator_next(struct generator *generator);

/* Shuffles `numbers` in place. */
void shuffle(struct generator *generator, uint32_t *numbers, size_t count);

#endif
