/* SPDX-License-Identifier: MIT
 *
 * One row per rule: what the reads show, which outcome, what is spelt. */
#include "core/calls/choice.h"

#include <criterion/criterion.h>
#include <string.h>

struct row {
    const char *reads;
    char base;
    enum outcome_class class;
    struct outcome outcome;
    bool has_lengths;
    const char *wanted; /* "REF ALT"; NULL: cannot be spelt */
};

static const struct row rows[] = {
    {"9-XG 4", 'A', OUTCOME_HOM_SNP, {"GG", {0}}, false, "A G"},
    {"9-XG 4", 'A', OUTCOME_HOM_SNP, {"CC", {0}}, false, "A G"},
    {"9-XA 4", 'A', OUTCOME_HOM_SNP, {"GG", {0}}, false, "A A"},
    {"9-IAC 4", 'A', OUTCOME_HOM_SNP, {"GG", {0}}, false, NULL},
    {"9-XG 4 XC 3", 'A', OUTCOME_HET_SNP, {"AC", {0}}, false, "A C"},
    {"9-XG 4 XC 3", 'A', OUTCOME_HET_SNP, {"CA", {0}}, false, "A C"},
    {"9-XG 4 XC 3 XT 1", 'A', OUTCOME_HET_SNP, {"CT", {0}}, false, "A G,C"},
    {"9-XG 4", 'A', OUTCOME_HET_SNP, {"CT", {0}}, false, NULL},
    {"9-IAG 4 IAGG 3", 'A', OUTCOME_HOM_INSERTION, {"", {2, 2}}, true, "A AGG"},
    {"9-DG 4", 'A', OUTCOME_HOM_INSERTION, {"", {2, 2}}, true, NULL},
    {"9-IAG 4 XT 2", 'A', OUTCOME_BASE_INSERTION, {"A", {0}}, false, "A AG"},
    {"9-IAG 4 XT 2", 'A', OUTCOME_BASE_INSERTION, {"C", {0}}, false, "A T,AG"},
    {"9-IAG 4", 'A', OUTCOME_BASE_INSERTION, {"C", {0}}, false, "A AG"},
    {"9-IAG 4 IAT 3", 'A', OUTCOME_TWO_INSERTIONS, {"", {0}}, false, "A AT,AG"},
    {"9-IAG 4 IATT 3 IAC 5", 'A', OUTCOME_TWO_INSERTIONS, {"", {1, 2}}, true, "A ATT,AC"},
    {"9-IAG 4", 'A', OUTCOME_TWO_INSERTIONS, {"", {1, 2}}, true, NULL},
    {"9-DGT 4", 'A', OUTCOME_HOM_DELETION, {"", {0}}, false, "AGT A"},
    {"9-XG 4", 'A', OUTCOME_HOM_DELETION, {"", {0}}, false, NULL},
    {"9-DGT 4", 'A', OUTCOME_BASE_DELETION, {"A", {0}}, false, "AGT A"},
    {"9-DGT 4", 'A', OUTCOME_BASE_DELETION, {"C", {0}}, false, "AGT A,CGT"},
    {"9-DGT 4 DG 3", 'A', OUTCOME_TWO_DELETIONS, {"", {0}}, false, "AGT A,AT"},
    {"9-DG 3 DGT 4 DGTT 9", 'A', OUTCOME_TWO_DELETIONS, {"", {1, 2}}, true, "AGT A,AT"},
    {"9-DGT 4 DCC 3", 'A', OUTCOME_TWO_DELETIONS, {"", {0}}, false, "ACC A"},
    {"9-DGT 4", 'A', OUTCOME_TWO_DELETIONS, {"", {0}}, false, NULL},
    {"9-DGT 4 IAC 3", 'A', OUTCOME_INSERTION_DELETION, {"", {0}}, false, "AGT A,ACGT"},
    {"9-IAC 3", 'A', OUTCOME_INSERTION_DELETION, {"", {0}}, false, NULL},
};

Test(spell, every_rule) {
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct evidence reads = {.longest_indel = EVIDENCE_LONGEST_INDEL};
        struct text ref = {0}, alt = {0};
        cr_assert_eq(evidence_read(&reads, rows[i].reads, strlen(rows[i].reads)), STATUS_OK);
        struct spelling site = {&reads, rows[i].base, rows[i].has_lengths, &ref, &alt};
        bool spelt = spell(&site, rows[i].class, &rows[i].outcome);
        cr_expect_eq(spelt, rows[i].wanted != NULL, "row %zu", i);
        if (spelt && rows[i].wanted) {
            text_append_char(&ref, ' ');
            text_append(&ref, alt.bytes, alt.length);
            cr_expect_str_eq(ref.bytes, rows[i].wanted, "row %zu: %s", i, ref.bytes);
        }
        evidence_free(&reads);
        text_free(&ref);
        text_free(&alt);
    }
}
