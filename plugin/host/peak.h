/* SPDX-License-Identifier: MIT
 *
 * What the core under this thread can do at most, measured: the figures that a benchmark stands
 * beside.  Times are thread CPU time, the tenth percentile of many short runs: with neighbours on
 * the machine a median measures the neighbours. */
#ifndef PLUGIN_HOST_PEAK_H
#define PLUGIN_HOST_PEAK_H

#include <stddef.h>

/* CPU seconds of this thread. */
double peak_clock(void);

/* The tenth percentile of `count` times, which are sorted by it. */
double peak_tenth(double *times, size_t count);

/* float32 multiply-adds per second of a loop with nothing but fused multiply-adds in twelve
 * independent chains, in vectors as wide as those of the kernels `level` ("avx2", "avx512",
 * "amx" and "bf16", which have those of avx512 beside tiles, "neon"); 0 for others. */
double peak_multiply_adds(const char *level);

/* Bytes per second read from memory, from 256 MiB; 0 where there is no room for them. */
double peak_memory(void);

#endif
