/* SPDX-License-Identifier: MIT */
#include "core/status.h"

#include <criterion/criterion.h>
#include <string.h>

Test(status, first_failure_wins) {
    struct failure why = {0};
    cr_assert_eq(fail(&why, STATUS_IO, "%s is full", "disk"), STATUS_IO);
    cr_assert_eq(fail(&why, STATUS_BAD_INPUT, "later"), STATUS_BAD_INPUT);
    cr_assert_str_eq(why.text, "disk is full");
    cr_assert_eq(why.code, STATUS_IO);
}

Test(status, place_goes_in_front) {
    struct failure why = {0};
    fail(&why, STATUS_BAD_INPUT, "MAPQ is missing");
    cr_assert_eq(fail_at(&why, "in.bam, record %d", 3), STATUS_BAD_INPUT);
    cr_assert_str_eq(why.text, "in.bam, record 3: MAPQ is missing");
}

Test(status, long_text_is_cut_not_overrun) {
    struct failure why = {0};
    char longer[2 * FAILURE_TEXT_MAX];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    fail(&why, STATUS_IO, "%s", longer);
    cr_assert_eq(strlen(why.text), FAILURE_TEXT_MAX - 1);
    fail_at(&why, "%s", longer);
    cr_assert_eq(strlen(why.text), FAILURE_TEXT_MAX - 1);
}
