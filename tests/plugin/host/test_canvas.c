/* SPDX-License-Identifier: MIT */
#include "plugin/host/canvas.h"

#include <criterion/criterion.h>

static struct canvas canvas;

static void begin(void) {
    cr_assert_eq(canvas_new(&canvas, 30, 20, NULL), STATUS_OK);
}

static void end(void) {
    canvas_free(&canvas);
}

TestSuite(canvas, .init = begin, .fini = end);

static int dark(int x, int y) {
    return canvas.pixels[(y * canvas.width + x) * 3] == 0;
}

static int dark_pixels(void) {
    int count = 0;
    for (int y = 0; y < canvas.height; y++)
        for (int x = 0; x < canvas.width; x++)
            count += dark(x, y);
    return count;
}

Test(canvas, begins_white_and_fills) {
    cr_assert_eq(dark_pixels(), 0);
    canvas_fill(&canvas, 3, 4, 2, 5, (struct colour){0, 0, 0});
    cr_assert_eq(dark_pixels(), 10);
    cr_assert(dark(3, 4) && dark(4, 8) && !dark(5, 4) && !dark(3, 9));
}

Test(canvas, cuts_what_lies_outside) {
    canvas_fill(&canvas, -5, -5, 6, 6, (struct colour){0, 0, 0});
    canvas_fill(&canvas, 29, 19, 100, 100, (struct colour){0, 0, 0});
    cr_assert_eq(dark_pixels(), 2);
    canvas_text(&canvas, 25, 15, 2, (struct colour){0, 0, 0}, "WWW");
}

Test(canvas, letters) {
    canvas_text(&canvas, 0, 0, 1, (struct colour){0, 0, 0}, "T");
    cr_assert_eq(dark_pixels(), 5 + 6);
    canvas_text(&canvas, 6, 0, 1, (struct colour){0, 0, 0}, "t");
    cr_assert_eq(dark_pixels(), 11 + 11);
    canvas_text(&canvas, 12, 0, 1, (struct colour){0, 0, 0}, "   ");
    cr_assert_eq(dark_pixels(), 11 + 11);
    canvas_text(&canvas, 12, 0, 1, (struct colour){0, 0, 0}, "~"); /* one that there is not */
    cr_assert_gt(dark_pixels(), 11 + 11);
}
