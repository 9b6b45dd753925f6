/* SPDX-License-Identifier: MIT */
#include "core/calls/text.h"

#include <criterion/criterion.h>
#include <string.h>

Test(text, grows_and_is_used_again) {
    struct text text = {0};
    cr_assert_str_eq(text_bytes(&text), "");
    for (int i = 0; i < 1000; i++)
        text_append_string(&text, "abc");
    cr_assert_eq(text.length, 3000);
    cr_assert_eq(strlen(text.bytes), 3000);
    const char *bytes = text.bytes;
    text_clear(&text);
    cr_assert_str_eq(text_bytes(&text), "");
    text_append_integer(&text, -42);
    text_append_char(&text, ' ');
    text_append_fixed(&text, 1.005, 2);
    text_append(&text, NULL, 0);
    cr_assert_str_eq(text.bytes, "-42 1.00"); /* 1.005 is a little less than that */
    cr_assert_eq(text.bytes, bytes);
    text_free(&text);
    cr_assert_null(text.bytes);
}

/* More than there is memory for: nothing is written, and said so until the text is cleared. */
Test(text, failure_is_remembered) {
    struct text text = {0};
    text_append_string(&text, "kept");
    text_append(&text, "x", SIZE_MAX - 2);
    cr_assert(text.failed);
    text_append_string(&text, "dropped");
    cr_assert_str_eq(text.bytes, "kept");
    text_clear(&text);
    cr_assert(!text.failed);
    text_free(&text);
}
