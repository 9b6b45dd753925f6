/* SPDX-License-Identifier: MIT */
#include "plugin/host/window_picture.h"

#include "core/windows/shape.h"
#include "tests/plugin/host/window_commands.h"

TestSuite(window_picture, .init = make_scratch, .fini = remove_scratch);

Test(window_picture, pileup) {
    static int32_t tensor[PILEUP_WINDOW_SIZE];
    struct window_picture picture = {.position = "c:1:ACGT", .alt_info = "1-", .pileup = tensor};
    unsigned width, height;
    tensor[5] = -100000;
    cr_assert_eq(window_picture_write(&picture, in_scratch("w.png"), NULL), STATUS_OK);
    png_size(in_scratch("w.png"), &width, &height);
    cr_assert(width > 33 * 15 && height > 18 * 15);
}

/* Nine channels need a third row of panels; long texts are cut, whatever they hold. */
Test(window_picture, full_with_dwell) {
    static int8_t tensor[FULL_ROWS_HIFI * WINDOW_WIDTH * FULL_CHANNELS_DWELL];
    static char text[5000];
    unsigned width, height, wider, higher;
    memset(text, 'x', sizeof text - 1);
    memset(tensor, -128, sizeof tensor);
    struct window_picture picture = {.position = text,
                                     .alt_info = text,
                                     .full = tensor,
                                     .rows = FULL_ROWS_HIFI,
                                     .channels = FULL_CHANNELS};
    cr_assert_eq(window_picture_write(&picture, in_scratch("w.png"), NULL), STATUS_OK);
    png_size(in_scratch("w.png"), &width, &height);
    picture.channels = FULL_CHANNELS_DWELL;
    cr_assert_eq(window_picture_write(&picture, in_scratch("w.png"), NULL), STATUS_OK);
    png_size(in_scratch("w.png"), &wider, &higher);
    cr_assert_eq(width, wider);
    cr_assert_gt(higher, height);
}
