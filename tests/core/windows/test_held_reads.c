/* SPDX-License-Identifier: MIT */
#include "core/windows/held_reads.h"

#include "tests/core/windows/hand_reads.h"

static struct hand_read made;

static struct held_read *hold(struct held_reads *held, const char *name, int64_t position) {
    struct held_read *read;
    struct alignment *a = hand_read(&made, "10M2I8M", position, "ACGTACGTACGTACGTACGT");
    a->name = name;
    cr_assert_eq(held_reads_add(held, a, 18, false, &read, NULL), STATUS_OK);
    return read;
}

Test(held_reads, copies_what_it_was_given) {
    struct held_reads held = {0};
    struct held_read *read = hold(&held, "one", 100);
    memset(&made, 0, sizeof made);
    cr_assert_str_eq(read->name, "one");
    cr_assert(read->start == 100 && read->end == 118 && read->mapq == 60 && !read->reverse);
    cr_assert_eq(read->cigar_count, 3);
    cr_assert_eq(read->cigar[1], 2U << 4 | 1);
    cr_assert_eq(sequence_code(read->sequence, 19), 8);
    cr_assert_eq(read->qualities[19], 30);
    cr_assert_null(read->dwell);
    held_reads_release(&held);
}

Test(held_reads, repeated_names) {
    struct held_reads held = {0};
    struct held_read *first = hold(&held, "a", 0), *other = hold(&held, "b", 5);
    struct held_read *again = hold(&held, "a", 30);
    cr_assert(!first->repeated && !other->repeated && again->repeated);
    cr_assert(!held_reads_has_earlier(&held, first, 0, 100));
    cr_assert(held_reads_has_earlier(&held, again, 0, 100));
    cr_assert(!held_reads_has_earlier(&held, again, 18, 100)); /* the first ends before */
    held_reads_drop(&held, 18);
    cr_assert_eq(held.count, 2);
    cr_assert(!held_reads_has_earlier(&held, again, 0, 100));
    held_reads_release(&held);
}

/* Many reads come and go; the order of those that stay is that in which they came. */
Test(held_reads, come_and_go) {
    struct held_reads held = {0};
    char name[16];
    for (int i = 0; i < 5000; i++) {
        snprintf(name, sizeof name, "r%d", i % 700);
        hold(&held, name, i);
        if (i % 50 == 0)
            held_reads_drop(&held, i - 400);
    }
    cr_assert_leq(held.count, 500);
    for (size_t i = 1; i < held.count; i++)
        cr_assert_lt(held.reads[i - 1]->number, held.reads[i]->number);
    held_reads_release(&held);
}
