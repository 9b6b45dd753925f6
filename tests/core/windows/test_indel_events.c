/* SPDX-License-Identifier: MIT
 *
 * Events become tables in the order of the reads, however the reads came. */
#include "core/windows/indel_events.h"

#include "tests/core/windows/hand_reads.h"

static struct hand_read read;

static void add(struct indel_events *events, struct column_rest *column, const char *name,
                int64_t position, const char *text) {
    struct alignment *a = hand_read(&read, "4M", position, NULL);
    size_t length = strlen(text);
    a->name = name;
    for (size_t i = 0; i < length; i++)
        read.sequence[i / 2] = 0;
    for (size_t i = 0; i < length; i++)
        read.sequence[i / 2] |= (uint8_t)((text[i] == 'A'   ? 1
                                           : text[i] == 'C' ? 2
                                                            : 4)
                                          << (i % 2 ? 0 : 4));
    cr_assert_eq(indel_events_read(events, a, NULL), STATUS_OK);
    cr_assert_eq(indel_events_add(events, column, a, (int64_t)length, 0, NULL), STATUS_OK);
}

static void expect_first(struct indel_events *events, struct column_rest *column, const char *text,
                         uint32_t entries) {
    const struct indel_tables *tables;
    for (int look = 0; look < 2; look++) { /* looking changes nothing */
        cr_assert_eq(indel_events_look(events, column, &tables, NULL), STATUS_OK);
        cr_assert_not_null(tables);
        cr_assert_eq(tables->insertions.entry_count, entries);
        cr_assert_arr_eq(tables->insertions.letters + tables->insertions.entries[0].text, text,
                         strlen(text));
    }
}

Test(indel_events, sorted_order_is_that_of_adding) {
    struct indel_events events = {0};
    struct column_rest column = {0};
    add(&events, &column, "b", 5, "CC");
    add(&events, &column, "a", 5, "GG");
    expect_first(&events, &column, "CC", 2);
    indel_events_drop(&events, &column);
    const struct indel_tables *tables;
    cr_assert_eq(indel_events_look(&events, &column, &tables, NULL), STATUS_OK);
    cr_assert_null(tables);
    indel_events_release(&events);
}

Test(indel_events, any_order_is_by_position_and_name) {
    struct indel_events events = {.any_order = true};
    struct column_rest column = {0};
    add(&events, &column, "b", 5, "CC");
    add(&events, &column, "a", 5, "GGGGGGGGGGGGGGGGGGGGGGGG"); /* long texts too */
    expect_first(&events, &column, "GGGGGGGGGGGGGGGGGGGGGGGG", 2);
    add(&events, &column, "z", 4, "A");
    expect_first(&events, &column, "A", 3);
    indel_events_release(&events);
}

/* Dropped events and tables are used again: the second round needs no more memory. */
Test(indel_events, memory_is_used_again) {
    struct indel_events events = {0};
    struct column_rest column = {0};
    uint32_t capacity = 0, tables = 0;
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 1000; i++)
            add(&events, &column, "r", 1, i % 2 ? "C" : "CCCCCCCCCCCCCCCCCCCC");
        indel_events_drop(&events, &column);
        cr_assert(round == 0 || capacity == events.event_capacity);
        cr_assert(round == 0 || tables == events.table_count);
        capacity = events.event_capacity;
        tables = events.table_count;
    }
    indel_events_release(&events);
}
