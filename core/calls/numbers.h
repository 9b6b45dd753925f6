/* SPDX-License-Identifier: MIT
 *
 * Numbers as they stand in a record, in one place: QUAL with two decimals, AF with four,
 * rounded correctly (nearest to the exact binary value, ties to even), as printf does in the
 * C locale; written by hand so that the locale of a host program cannot change a comma.
 * Spec: calling, sections 2.8 and 2.9. */
#ifndef CORE_CALLS_NUMBERS_H
#define CORE_CALLS_NUMBERS_H

#include <stddef.h>
#include <stdint.h>

enum { NUMBER_TEXT_MAX = 32, QUAL_DECIMALS = 2, AF_DECIMALS = 4 };

/* value * 10^decimals rounded to an integer as described above; 0 <= value <= 1e9 and
 * decimals 0 to 6 (values outside are brought to the nearest end, NaN to 0). */
int64_t number_scaled(double value, int decimals);

/* The double nearest to `value`, of either sign, written with that many decimals. */
double number_rounded(double value, int decimals);

/* Both write at most NUMBER_TEXT_MAX bytes with the NUL and return the length without it. */
size_t number_fixed(char *out, double value, int decimals);
size_t number_integer(char *out, int64_t value);

#endif
