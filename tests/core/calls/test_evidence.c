/* SPDX-License-Identifier: MIT */
#include "core/calls/evidence.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct evidence read_text(const char *text) {
    struct evidence evidence = {.longest_indel = EVIDENCE_LONGEST_INDEL};
    cr_assert_eq(evidence_read(&evidence, text, strlen(text)), STATUS_OK, "%s", text);
    return evidence;
}

static struct letters of(const char *text) {
    return (struct letters){text, strlen(text)};
}

static const struct letters none = {NULL, 0};

static void expect_letters(struct letters got, const char *wanted) {
    cr_expect(got.length == strlen(wanted) && memcmp(got.bytes, wanted, got.length) == 0,
              "wanted %s, got %.*s", wanted, (int)got.length, got.bytes ? got.bytes : "");
}

Test(evidence, keys_and_counts) {
    struct evidence evidence = read_text("37-XC 4 RA 9 IAC 2 RG 3 DTT 1 XC 6 Q 5 XT \n");
    cr_expect_eq(evidence.depth, 37);
    cr_expect_eq(evidence.reference_count, 3);                /* of the last R key */
    cr_expect_eq(evidence_count(&evidence, 'X', of("C")), 6); /* the last count */
    cr_expect_eq(evidence_count(&evidence, 'X', of("T")), 0); /* a key without a count */
    cr_expect_eq(evidence_count(&evidence, 'D', of("TT")), 1);
    cr_expect_eq(evidence_keys(&evidence, 'I'), 1);
    cr_expect_eq(evidence_deletion_count(&evidence, 2), 1);
    evidence_free(&evidence);
}

Test(evidence, no_items_and_more_parts) {
    struct evidence evidence = read_text("8");
    cr_expect(evidence.depth == 8 && evidence.count == 0);
    evidence_free(&evidence);
    evidence = read_text("8-XA 1-XC 2");
    cr_expect(evidence.count == 1 && evidence_count(&evidence, 'X', of("C")) == 0);
    evidence_free(&evidence);
}

Test(evidence, substitutions) {
    struct evidence evidence = read_text("50-XC 4 XG 12 XT 12 XA 3");
    char best[2];
    evidence_substitutions(&evidence, best);
    cr_expect(best[0] == 'G' && best[1] == 'T');
    cr_expect_eq(evidence_pick_substitution(&evidence, 'C'), 'C'); /* 8 fewer */
    cr_expect_eq(evidence_pick_substitution(&evidence, 'A'), 'G'); /* 9 fewer */
    cr_expect_eq(evidence_pick_substitution(&evidence, 'N'), 'G');
    evidence_free(&evidence);
    evidence = read_text("50-IAC 4");
    cr_expect_eq(evidence_pick_substitution(&evidence, 'A'), '\0');
    evidence_free(&evidence);
}

Test(evidence, best_indels) {
    struct evidence evidence = read_text("50-IAC 5 IACC 5 IAG 3 DT 2 DTTT 7");
    expect_letters(evidence_best_indel(&evidence, 'I', 0, none), "AC");
    expect_letters(evidence_best_indel(&evidence, 'I', 2, none), "ACC");
    expect_letters(evidence_best_indel(&evidence, 'I', 9, none), "AC");
    expect_letters(evidence_best_indel(&evidence, 'I', 1, of("AC")), "AG");
    expect_letters(evidence_best_indel(&evidence, 'D', 1, none), "T");
    expect_letters(evidence_best_indel(&evidence, 'D', 0, of("TTT")), "T");
    struct letters two[2];
    cr_assert(evidence_two_indels(&evidence, 'I', two)); /* the later first on ties */
    expect_letters(two[0], "ACC");
    expect_letters(two[1], "AC");
    evidence_free(&evidence);
    evidence = read_text("50-IAC 5");
    cr_expect(!evidence_two_indels(&evidence, 'I', two));
    evidence_free(&evidence);
}

/* 51 letters are too long, unless their length is what was asked for. */
Test(evidence, long_indels) {
    char text[128] = "9-D", letters[52] = "";
    memset(letters, 'T', 51);
    strcat(strcat(text, letters), " 4");
    struct evidence evidence = read_text(text);
    cr_expect_null(evidence_best_indel(&evidence, 'D', 0, none).bytes);
    cr_expect_eq(evidence_best_indel(&evidence, 'D', 51, none).length, 51);
    evidence.longest_indel = EVIDENCE_LONGEST_LONG_INDEL;
    cr_expect_eq(evidence_best_indel(&evidence, 'D', 0, none).length, 51);
    evidence_free(&evidence);
}

/* However long, what is alike has 50 letters at least. */
Test(evidence, similar_insertions_are_long_too) {
    char text[1024] = "9-", letters[128];
    memset(letters, 'A', sizeof letters);
    for (int length = 49; length <= 51; length++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "I%.*s %d ", length, letters,
                 1 << (length - 49));
    struct evidence evidence = read_text(text);
    struct letters insertion = {letters, 52};
    cr_expect_eq(evidence_similar_insertions(&evidence, insertion), 2 + 4);
    evidence_free(&evidence);
}

/* Of 100 inserted letters those from 90 to 110, both included, are alike. */
Test(evidence, similar_insertions) {
    static const size_t lengths[] = {101, 90, 89, 110, 111};
    char text[1024] = "9-", letters[128];
    for (size_t i = 0; i < 5; i++) {
        memset(letters, 'A', sizeof letters);
        snprintf(text + strlen(text), sizeof text - strlen(text), "I%.*s %d ", (int)lengths[i],
                 letters, 1 << i);
    }
    struct evidence evidence = read_text(text);
    struct letters insertion = {letters, 101};
    cr_expect_eq(evidence_similar_insertions(&evidence, insertion), 2 + 8);
    insertion.length = 50;
    cr_expect_eq(evidence_similar_insertions(&evidence, insertion), 0);
    evidence_free(&evidence);
}

Test(evidence, damaged_texts) {
    static const char *const damaged[] = {
        "", "-", "x-XA 1", "-5-XA 1", "5-XA b", "5-XA 1 XC  2", "99999999999999999999-XA 1"};
    struct evidence evidence = {.longest_indel = 50};
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++)
        cr_expect_eq(evidence_read(&evidence, damaged[i], strlen(damaged[i])), STATUS_BAD_INPUT,
                     "%s", damaged[i]);
    evidence_free(&evidence);
}
