/* SPDX-License-Identifier: MIT
 *
 * A picture to a PNG file. */
#ifndef ADAPTERS_PNG_H
#define ADAPTERS_PNG_H

#include "core/status.h"

#include <stddef.h>
#include <stdint.h>

/* Writes height x width pixels of red, green and blue, row by row.  The file appears under its
 * name only when whole. */
int png_write_file(const char *path, const uint8_t *pixels, size_t width, size_t height,
                   struct failure *why);

#endif
