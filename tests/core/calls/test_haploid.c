/* SPDX-License-Identifier: MIT */
#include "core/calls/haploid.h"

#include "core/calls/record.h"
#include <criterion/criterion.h>
#include <string.h>

/* The record that the rule makes of a line; "" if it drops it. */
static struct text apply(struct haploid haploid, const char *line) {
    struct call call = {0};
    struct text out = {0};
    struct failure why = {0};
    cr_assert_eq(record_parse(&call, "c", line, &why), STATUS_OK, "%s", why.text);
    if (haploid_apply(&haploid, &call))
        record_append(&out, &call, RECORD_PLAIN);
    if (out.length > 0)
        out.bytes[out.length - 1] = '\0';
    call_free(&call);
    return out;
}

static void check(struct haploid haploid, const char *line, const char *wanted) {
    struct text got = apply(haploid, line);
    cr_expect_str_eq(text_bytes(&got), wanted);
    text_free(&got);
}

static const struct haploid precise = {.rule = HAPLOID_PRECISE, .everywhere = true};
static const struct haploid sensitive = {.rule = HAPLOID_SENSITIVE, .everywhere = true};
static const struct haploid fraction = {
    .rule = HAPLOID_FRACTION, .everywhere = true, .lowest_fraction = 0.65};

#define FIELDS "\t9.00\tPASS\tF\tGT:GQ:DP:AD:AF:PL\t"
#define HOM    "c\t5\t.\tA\tC" FIELDS "1/1:9:20:8,12:0.6000:40,20,0"
#define HET    "c\t5\t.\tA\tC" FIELDS "0/1:9:20:10,10:0.5000:40,0,38"
#define MOSTLY "c\t5\t.\tA\tC" FIELDS "0/1:9:20:7,13:0.6500:40,0,38"
#define TWO    "c\t5\t.\tATT\tA,AT" FIELDS "1/2:9:20:2,4,14:0.2000,0.7000:60,50,40,30,0,12"
#define MIXED  "c\t5\t.\tATT\tA,GTT" FIELDS "1/2:9:20:0,15,5:0.7500,0.2500:60,50,40,30,0,12"

Test(haploid, precise_keeps_homozygous) {
    check(precise, HOM, "c\t5\t.\tA\tC" FIELDS "1:9:20:8,12:0.6000:40,0");
    check(precise, HET, "");
    check(precise, TWO, "");
}

Test(haploid, sensitive_keeps_one_alternative) {
    check(sensitive, HOM, "c\t5\t.\tA\tC" FIELDS "1:9:20:8,12:0.6000:40,0");
    check(sensitive, HET, "c\t5\t.\tA\tC" FIELDS "1:9:20:10,10:0.5000:2,0");
    check(sensitive, TWO, "");
}

Test(haploid, fraction_decides_the_heterozygous) {
    check(fraction, HOM, "c\t5\t.\tA\tC" FIELDS "1:9:20:8,12:0.6000:40,0");
    check(fraction, HET, "");
    check(fraction, MOSTLY, "c\t5\t.\tA\tC" FIELDS "1:9:20:7,13:0.6500:2,0");
}

/* The allele with most reads stays and is written as short as it can be. */
Test(haploid, fraction_takes_one_of_two_alternatives) {
    check(fraction, TWO, "c\t5\t.\tAT\tA" FIELDS "1:9:20:2,14:0.7000:48,0");
}

/* In a deletion beside a base the first depth is that of the base. */
Test(haploid, fraction_knows_the_swapped_depths) {
    check(fraction, MIXED, "c\t5\t.\tA\tG" FIELDS "1:9:20:0,15:0.7500:48,0");
}

Test(haploid, reference_calls) {
    static const char line[] =
        "c\t5\t.\tA\t.\t9.00\tRefCall\tP\tGT:GQ:DP:AD:AF:PL\t0/0:9:20:19:0.9500:990";
    static const char wanted[] =
        "c\t5\t.\tA\t.\t9.00\tRefCall\tP\tGT:GQ:DP:AD:AF:PL\t0:9:20:19:0.9500:990";
    check(precise, line, wanted);
    check(sensitive, line, wanted);
    check(fraction, line, wanted);
}

Test(haploid, regions_are_half_open_from_zero) {
    static const struct haploid_region regions[] = {{10, 20}, {20, 25}, {30, 31}};
    struct haploid haploid = {.region_count = 3, .regions = regions};
    for (int64_t position = 1; position < 40; position++) {
        bool inside = (position > 10 && position <= 25) || position == 31;
        cr_expect_eq(haploid_at(&haploid, position), inside, "%lld", (long long)position);
        int64_t until = haploid_same_until(&haploid, position);
        cr_assert_geq(until, position);
        for (int64_t other = position; other <= until && other < 40; other++)
            cr_expect_eq(haploid_at(&haploid, other), inside);
    }
    cr_expect(!haploid_at(NULL, 5) && haploid_same_until(NULL, 5) == INT64_MAX);
    cr_expect(haploid_at(&precise, 5) && haploid_same_until(&precise, 5) == INT64_MAX);
}
