/* SPDX-License-Identifier: MIT */
#include "adapters/png.h"

#include <criterion/criterion.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

Test(png, what_is_written_is_read_again) {
    char path[] = "/tmp/runnel-test-XXXXXX";
    uint8_t pixels[5 * 7 * 3], back[5 * 7 * 3];
    struct failure why = {0};
    png_image image = {.version = PNG_IMAGE_VERSION};
    close(mkstemp(path));
    for (size_t i = 0; i < sizeof pixels; i++)
        pixels[i] = (uint8_t)(i * 37);
    cr_assert_eq(png_write_file(path, pixels, 7, 5, &why), STATUS_OK, "%s", why.text);
    cr_assert(png_image_begin_read_from_file(&image, path));
    cr_assert(image.width == 7 && image.height == 5);
    image.format = PNG_FORMAT_RGB;
    cr_assert(png_image_finish_read(&image, NULL, back, 0, NULL));
    cr_assert_arr_eq(back, pixels, sizeof pixels);
    remove(path);
}

Test(png, a_folder_that_is_not_there) {
    struct failure why = {0};
    uint8_t pixel[3] = {0};
    cr_assert_eq(png_write_file("/nowhere/at/all.png", pixel, 1, 1, &why), STATUS_IO);
    cr_assert_not_null(strstr(why.text, "/nowhere/at/all.png"), "%s", why.text);
}
