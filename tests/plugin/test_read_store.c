/* SPDX-License-Identifier: MIT
 *
 * Reads by place, against a list that is looked through. */
#include "plugin/read_store.h"

#include "tests/core/windows/random_reads.h"

#include <criterion/criterion.h>

enum { READS = 800, CONTIG = 40000 };

static const int64_t LENGTHS[] = {CONTIG, 100};

struct kept {
    char name[16];
    uint32_t cigar[2];
    uint8_t sequence[8], qualities[16], moves[5];
    struct alignment alignment;
    int64_t span;
};

/* Read `i`: most are short, some span several bins; every fourth begins where another does. */
static void make(struct kept *kept, struct dice *dice, int i) {
    snprintf(kept->name, sizeof kept->name, "r%u", roll(dice, 100000));
    kept->span = roll(dice, 10) ? 1 + roll(dice, 500) : 1 + roll(dice, 15000);
    int64_t position = i % 4 ? roll(dice, CONTIG) : 4096 * roll(dice, 9);
    kept->span = position + kept->span > CONTIG ? CONTIG - position : kept->span;
    memset(kept->sequence, i & 0xff, sizeof kept->sequence);
    memset(kept->qualities, i % 60, sizeof kept->qualities);
    kept->cigar[0] = (uint32_t)kept->span << 4;
    kept->cigar[1] = 1U << 4 | 4;
    kept->alignment = (struct alignment){.name = kept->name,
                                         .position = position,
                                         .flag = (uint16_t)(16 * roll(dice, 2)),
                                         .mapq = (uint8_t)(i % 50),
                                         .haplotype = (int8_t)(i % 3),
                                         .cigar_count = (size_t)(1 + i % 2),
                                         .cigar = kept->cigar,
                                         .length = i % 16,
                                         .sequence = kept->sequence,
                                         .qualities = kept->qualities,
                                         .move_count = i % 3 ? sizeof kept->moves : 0,
                                         .moves = i % 3 ? kept->moves : NULL};
}

static bool in_order(const struct alignment *a, const struct alignment *b) {
    if (a->position != b->position)
        return a->position < b->position;
    if (a->flag != b->flag)
        return a->flag < b->flag;
    return strcmp(a->name, b->name) <= 0;
}

static bool same_read(const struct alignment *a, const struct alignment *b) {
    return strcmp(a->name, b->name) == 0 && a->flag == b->flag && a->mapq == b->mapq &&
           a->haplotype == b->haplotype && a->position == b->position &&
           a->cigar_count == b->cigar_count && a->length == b->length &&
           a->move_count == b->move_count && (a->moves == NULL) == (b->moves == NULL) &&
           memcmp(a->cigar, b->cigar, a->cigar_count * sizeof *a->cigar) == 0 &&
           memcmp(a->sequence, b->sequence, ((size_t)a->length + 1) / 2) == 0 &&
           memcmp(a->qualities, b->qualities, (size_t)a->length) == 0;
}

static void check(struct read_store *store, const struct kept *kept, size_t count, int64_t begin,
                  int64_t end) {
    const struct alignment *reads;
    size_t got, wanted = 0;
    struct failure why = {0};
    cr_assert_eq(read_store_over(store, 0, begin, end, &reads, &got, &why), STATUS_OK, "%s",
                 why.text);
    for (size_t i = 0; i < count; i++) {
        const struct alignment *a = &kept[i].alignment;
        bool over = a->position < end && a->position + kept[i].span > begin;
        bool found = false;
        for (size_t j = 0; j < got; j++)
            found |= same_read(&reads[j], a);
        cr_assert(over == found, "read %zu at [%d, %d)", i, (int)begin, (int)end);
        wanted += over;
    }
    cr_assert_eq(got, wanted, "a read twice?");
    for (size_t j = 1; j < got; j++)
        cr_assert(in_order(&reads[j - 1], &reads[j]));
}

Test(read_store, reads_over_places) {
    static struct kept kept[READS];
    struct dice dice = {7};
    struct read_store *store;
    const struct alignment *reads;
    size_t count;
    cr_assert_eq(read_store_open(&store, NULL, LENGTHS, 2, NULL), STATUS_OK);
    cr_assert_eq(read_store_over(store, 0, 100, 200, &reads, &count, NULL), STATUS_OK);
    cr_expect_eq(count, 0);
    for (int i = 0; i < READS; i++) {
        make(&kept[i], &dice, i);
        cr_assert_eq(read_store_add(store, 0, &kept[i].alignment, kept[i].span, NULL), STATUS_OK);
        int64_t at = i % 2 ? roll(&dice, CONTIG) : 4096 * (int64_t)roll(&dice, 10) - 16;
        check(store, kept, (size_t)i + 1, at, at + 33);
    }
    check(store, kept, READS, 0, CONTIG);
    check(store, kept, READS, -20, 13);
    cr_assert_eq(read_store_over(store, 1, 0, 100, &reads, &count, NULL), STATUS_OK);
    cr_expect_eq(count, 0, "of another contig");
    read_store_close(store);
}

Test(read_store, says_where_no_file_can_be_made) {
    struct read_store *store;
    struct failure why = {0};
    cr_expect_neq(read_store_open(&store, "/nowhere", LENGTHS, 2, &why), STATUS_OK);
    cr_expect_not_null(strstr(why.text, "/nowhere/"), "%s", why.text);
    read_store_close(NULL);
}
