/* SPDX-License-Identifier: MIT
 *
 * Rounding to decimals is exact: the product with the power of ten is held as a sum of two
 * doubles (fma gives what the multiplication lost), so a value next to a half goes the way
 * its exact binary value says. */
#include "core/calls/numbers.h"

#include <math.h>

static const double power_of_ten[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};

int64_t number_scaled(double value, int decimals) {
    const double greatest = 1e9;
    if (!(value > 0))
        return 0;
    if (value > greatest)
        value = greatest;
    double scale = power_of_ten[decimals];
    double product = value * scale, lost = fma(value, scale, -product);
    double whole = floor(product);
    double above_half = (product - whole - 0.5) + lost; /* the first part is exact */
    int64_t rounded = (int64_t)whole;
    if (above_half > 0 || (above_half >= 0 && rounded % 2 != 0))
        rounded++;
    return rounded;
}

double number_rounded(double value, int decimals) {
    double rounded = (double)number_scaled(fabs(value), decimals) / power_of_ten[decimals];
    return value < 0 ? -rounded : rounded;
}

size_t number_integer(char *out, int64_t value) {
    char reversed[NUMBER_TEXT_MAX];
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    size_t count = 0, length = 0;
    do {
        reversed[count++] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0)
        out[length++] = '-';
    while (count > 0)
        out[length++] = reversed[--count];
    out[length] = '\0';
    return length;
}

size_t number_fixed(char *out, double value, int decimals) {
    int64_t scaled = number_scaled(value, decimals);
    int64_t scale = (int64_t)power_of_ten[decimals];
    size_t length = number_integer(out, scaled / scale);
    if (decimals == 0)
        return length;
    out[length++] = '.';
    int64_t rest = scaled % scale;
    for (int64_t digit = scale / 10; digit > 0; digit /= 10)
        out[length++] = (char)('0' + rest / digit % 10);
    out[length] = '\0';
    return length;
}
