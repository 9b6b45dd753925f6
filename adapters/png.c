/* SPDX-License-Identifier: MIT
 *
 * The PNG adapter: libpng's simplified interface. */
#include "adapters/png.h"

#include <png.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

int png_write_file(const char *path, const uint8_t *pixels, size_t width, size_t height,
                   struct failure *why) {
    char beside[4096];
    png_image image = {
        .version = PNG_IMAGE_VERSION,
        .width = (png_uint_32)width,
        .height = (png_uint_32)height,
        .format = PNG_FORMAT_RGB,
    };
    int written = snprintf(beside, sizeof beside, "%s.part", path);
    if (written < 0 || (size_t)written >= sizeof beside)
        return fail(why, STATUS_BAD_INPUT, "%s: the name is too long", path);
    if (!png_image_write_to_file(&image, beside, 0, pixels, 0, NULL)) {
        remove(beside);
        return fail(why, STATUS_IO, "%s: cannot write the picture: %s", path, image.message);
    }
    if (rename(beside, path) != 0) {
        int error = errno;
        remove(beside);
        return fail(why, STATUS_IO, "%s: cannot rename the picture: %s", path, strerror(error));
    }
    return STATUS_OK;
}
