/* SPDX-License-Identifier: MIT */
#include "core/windows/read_filter.h"

#include "tests/core/windows/hand_reads.h"

static struct hand_read read;

static enum read_fate fate(unsigned refused, int min_mq, int64_t *span) {
    return read_filter(&read.alignment, refused, min_mq, 1000, span);
}

Test(read_filter, flags_of_both_kinds) {
    static const struct {
        uint16_t flag;
        enum read_fate pileup, full;
    } rows[] = {
        {0, READ_USED, READ_USED},
        {1 | 2 | 16 | 32 | 64, READ_USED, READ_USED},
        {4, READ_UNMAPPED, READ_UNMAPPED},
        {8, READ_USED, READ_MATE_UNMAPPED},
        {256, READ_SECONDARY, READ_SECONDARY},
        {512, READ_QC_FAIL, READ_USED},
        {1024, READ_DUPLICATE, READ_USED},
        {2048, READ_SUPPLEMENTARY, READ_SUPPLEMENTARY},
    };
    int64_t span;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        hand_read(&read, "10M", 5, NULL)->flag = rows[i].flag;
        cr_assert_eq(fate(PILEUP_REFUSED_FLAGS, 5, &span), rows[i].pileup, "%d", rows[i].flag);
        cr_assert_eq(fate(FULL_REFUSED_FLAGS, 5, &span), rows[i].full, "%d", rows[i].flag);
    }
}

Test(read_filter, mapping_quality) {
    int64_t span;
    hand_read(&read, "10M", 5, NULL)->mapq = 4;
    cr_assert_eq(fate(0, 5, &span), READ_LOW_MAPQ);
    read.alignment.mapq = 5;
    cr_assert_eq(fate(0, 5, &span), READ_USED);
    read.alignment.mapq = 255;
    cr_assert_eq(fate(0, 60, &span), READ_USED);
}

static void expect(enum read_fate expected, const char *cigar, int64_t position, int32_t length,
                   int64_t expected_span) {
    int64_t span;
    hand_read(&read, cigar, position, NULL);
    if (length >= 0)
        read.alignment.length = length;
    enum read_fate got = fate(PILEUP_REFUSED_FLAGS, 5, &span);
    cr_assert_eq(got, expected, "%s at %d: %s", cigar, (int)position, read_fate_name(got));
    cr_assert_eq(span, expected_span);
}

Test(read_filter, cigars_and_places) {
    expect(READ_USED, "2S10M3I4D5N1=1X2P3H", 999, -1, 21);
    expect(READ_OUTSIDE, "10M", 1000, -1, 0);
    expect(READ_OUTSIDE, "10M", -1, -1, 0);
    expect(READ_NO_REFERENCE, "10I5S", 0, -1, 0);
    expect(READ_NO_SEQUENCE, "10M", 0, 0, 0);
    expect(READ_NO_SEQUENCE, "10D", 0, 0, 0); /* 4.3 comes to this */
    expect(READ_BAD_CIGAR, "10M", 0, 9, 0);
    expect(READ_BAD_CIGAR, "10M", 0, 11, 0);
    expect(READ_BAD_CIGAR, "3D", 0, 2, 0);
    expect(READ_USED, "1M8388607N", 0, -1, READ_SPAN_MAX);
    expect(READ_TOO_LONG, "1M8388608N", 0, -1, 0);
}

Test(read_filter, unknown_operation) {
    int64_t span;
    hand_read(&read, "10M", 0, NULL);
    read.cigar[0] = 10U << 4 | 9;
    cr_assert_eq(fate(0, 0, &span), READ_BAD_CIGAR);
}

Test(read_filter, every_fate_has_a_name) {
    for (int i = 0; i < READ_FATES; i++)
        cr_assert_not_null(read_fate_name((enum read_fate)i));
}
