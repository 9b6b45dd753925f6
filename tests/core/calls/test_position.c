/* SPDX-License-Identifier: MIT */
#include "core/calls/position.h"

#include <criterion/criterion.h>
#include <string.h>

static int read_text(struct position *position, const char *text) {
    return position_read(position, text, strlen(text), NULL);
}

Test(position, contig_may_hold_colons) {
    struct position position;
    cr_assert_eq(read_text(&position, "HLA:A*01:01:77:G \n"), STATUS_OK);
    cr_assert_eq(position.contig_length, strlen("HLA:A*01:01"));
    cr_assert_eq(position.position, 77);
    cr_assert_eq(position.reference, 'G');
}

Test(position, of_a_window_the_centre_counts) {
    struct position position;
    cr_assert_eq(read_text(&position, "c:5:AAAAAAAAAAAAAAAATAAAAAAAAAAAAAAAA"), STATUS_OK);
    cr_assert_eq(position.reference, 'T');
}

Test(position, damaged_texts_are_refused) {
    static const char *const damaged[] = {"",          "chr1",      "chr1:5",
                                          "chr1:x:A",  "chr1:5:",   "chr1::A",
                                          "chr1:5:AC", "chr1:-5:A", "c:99999999999999999999:A"};
    struct position position;
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++)
        cr_assert_eq(read_text(&position, damaged[i]), STATUS_BAD_INPUT, "%s", damaged[i]);
}
