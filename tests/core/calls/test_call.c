/* SPDX-License-Identifier: MIT */
#include "core/calls/call.h"

#include <criterion/criterion.h>

Test(call, reference_and_alternatives) {
    struct call call = {0};
    text_append_string(&call.ref, "A");
    text_append_string(&call.alt, ".");
    cr_expect(call_is_reference(&call) && !call_has_two_alts(&call));
    text_clear(&call.alt);
    text_append_string(&call.alt, "A");
    cr_expect(call_is_reference(&call));
    text_append_string(&call.alt, ",C");
    cr_expect(!call_is_reference(&call) && call_has_two_alts(&call));
    call_free(&call);
    cr_expect_null(call.ref.bytes);
}

Test(call, a_copy_has_its_own_texts) {
    struct call from = {.contig = "c", .position = 7, .qual = 1.5, .genotype = "0/1"}, to = {0};
    text_append_string(&from.ref, "ACGT");
    text_append_string(&from.alt, "A");
    text_append_string(&to.ref, "something much longer than that, which is written over");
    cr_assert_eq(call_copy(&to, &from, NULL), STATUS_OK);
    call_free(&from);
    cr_expect_str_eq(to.ref.bytes, "ACGT");
    cr_expect_str_eq(to.alt.bytes, "A");
    cr_expect_str_eq(to.genotype, "0/1");
    cr_expect(to.position == 7 && to.qual == 1.5);
    call_free(&to);
}

Test(call, filters) {
    cr_expect_str_eq(call_filter_text(CALL_PASS), "PASS");
    cr_expect_str_eq(call_filter_text(CALL_LOW_QUAL), "LowQual");
    cr_expect_str_eq(call_filter_text(CALL_REF_CALL), "RefCall");
}
