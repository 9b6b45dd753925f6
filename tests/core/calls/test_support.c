/* SPDX-License-Identifier: MIT
 *
 * AD by the rule of the first flag that fits, as rows. */
#include "core/calls/choice.h"

#include <criterion/criterion.h>
#include <string.h>

struct row {
    const char *reads, *ref, *alt;
    enum outcome_class first, second; /* flags; 0: none, a reference call */
    const char *ad;
};

static const struct row rows[] = {
    {"20-RA 15 XG 4", "A", ".", 0, 0, "15"},
    {"20-RA 15 XG 4", "A", "G", OUTCOME_HOM_SNP, 0, "15,4"},
    {"20-RA 1 XG 9 XT 8", "A", "G,T", OUTCOME_HET_SNP, 0, "1,9,8"},
    {"20-RA 1 IAC 9", "A", "AC", OUTCOME_HOM_INSERTION, 0, "1,9"},
    {"20-RA 1 IAC 9 XG 5", "A", "G,AC", OUTCOME_BASE_INSERTION, 0, "1,5,9"},
    {"20-RA 1 IAC 9 XG 5", "A", "G,AC", OUTCOME_BASE_INSERTION, OUTCOME_TWO_INSERTIONS, "1,0,9"},
    {"20-RA 1 DCC 9", "ACC", "A", OUTCOME_HOM_DELETION, 0, "1,9"},
    {"20-RA 1 XG 2", "ACC", "A", OUTCOME_HOM_DELETION, 0, "1"},
    {"20-RA 1 DCC 9 DC 7", "ACC", "A,AC", OUTCOME_TWO_DELETIONS, 0, "1,9,7"},
    {"20-RA 1 DCC 9", "ACC", "A,AC", OUTCOME_TWO_DELETIONS, 0, "1"},
    {"20-RA 1 DCC 9 XG 5", "ACC", "A,GCC", OUTCOME_BASE_DELETION, 0, "1,5,9"},
    {"20-RA 1 DCC 9 XG 5", "ACC", "A", OUTCOME_BASE_DELETION, 0, "1,9"},
    {"20-RA 1 DCC 9 IAG 5", "ACC", "A,AGCC", OUTCOME_INSERTION_DELETION, 0, "1,9,5"},
};

static void check(const struct row *row) {
    struct evidence reads = {.longest_indel = EVIDENCE_LONGEST_INDEL};
    struct choice choice = {.reference = row->first == 0};
    struct call call = {0};
    struct text ad = {0};
    cr_assert_eq(evidence_read(&reads, row->reads, strlen(row->reads)), STATUS_OK);
    choice.flags[row->first] = choice.flags[row->second] = true;
    text_append_string(&call.ref, row->ref);
    text_append_string(&call.alt, row->alt);
    count_support(&reads, &choice, false, &call);
    for (size_t i = 0; i < call.ad_count; i++) {
        if (i > 0)
            text_append_char(&ad, ',');
        text_append_integer(&ad, call.ad[i]);
    }
    cr_expect_str_eq(ad.bytes, row->ad, "%s: %s, not %s", row->reads, ad.bytes, row->ad);
    cr_expect(call.af[0] == (double)(choice.reference    ? call.ad[0]
                                     : call.ad_count > 1 ? call.ad[1]
                                                         : 0) /
                                20);
    evidence_free(&reads);
    text_free(&ad);
    call_free(&call);
}

Test(support, every_rule) {
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check(&rows[i]);
}
