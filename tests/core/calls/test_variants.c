/* SPDX-License-Identifier: MIT */
#include "core/calls/variants.h"

#include "tests/core/calls/contig.h"

/* 1-based:          1234567890123456789012345 */
#define REFERENCE "GATTTTTTCACACACAGGCcttNRAAA"

/* What a record becomes: "POS REF ALT COPIES;" per allele. */
static struct text normalised(const char *fields) {
    struct contig_letters *contig = contig_of(REFERENCE);
    struct variants list = {0};
    struct text out = {0}, line = {0};
    struct site site;
    struct failure why = {0};
    text_append_string(&line, "c\t");
    text_append_string(&line, fields);
    cr_assert_eq(site_read(&site, line.bytes, line.length, &why), STATUS_OK, "%s", why.text);
    int status = variants_add(&list, &contig->reference, &site, &why);
    if (status != STATUS_OK)
        text_append_string(&out, why.text);
    cr_assert_eq(variants_sort(&list, &why), STATUS_OK);
    for (size_t i = 0; i < list.count && status == STATUS_OK; i++) {
        const struct variant *variant = &list.items[i];
        text_append_integer(&out, variant->position);
        text_append_char(&out, ' ');
        text_append(&out, list.letters.bytes + variant->ref_at, variant->ref_length);
        text_append_char(&out, ' ');
        text_append(&out, list.letters.bytes + variant->alt_at, variant->alt_length);
        text_append_char(&out, ' ');
        text_append_integer(&out, variant->copies);
        text_append_char(&out, ';');
    }
    variants_free(&list);
    text_free(&line);
    free_contig(contig);
    return out;
}

static void check(const char *fields, const char *wanted) {
    struct text got = normalised(fields);
    cr_expect_str_eq(text_bytes(&got), wanted, "%s gives %s, not %s", fields, text_bytes(&got),
                     wanted);
    text_free(&got);
}

#define REST "\t.\t.\t.\tGT\t"

Test(variants, indels_go_left) {
    check("7\t.\tTT\tT" REST "0/1", "2 AT A 1;");
    check("8\t.\tT\tTTT" REST "1/1", "2 A ATT 2;");
    check("13\t.\tCAC\tC" REST "0/1", "8 TCA T 1;"); /* a repeat of two letters */
    check("16\t.\tA\tACA" REST "0/1", "8 T TCA 1;");
    check("2\t.\tATTT\tATT" REST "0/1", "2 AT A 1;");
}

Test(variants, at_the_first_base_they_stop) {
    check("1\t.\tG\tGG" REST "0/1", "1 G GG 1;");
}

Test(variants, common_letters_go) {
    check("9\t.\tCAC\tCGC" REST "0/1", "10 A G 1;");
    check("16\t.\tAGG\tACGG" REST "0/1", "16 A AC 1;");
    check("17\t.\tGGC\tTA" REST "0/1", "17 GGC TA 1;");
}

Test(variants, substitutions_of_several_bases_come_apart) {
    check("9\t.\tCACA\tGACG" REST "1/1", "9 C G 2;12 A G 2;");
}

Test(variants, alternatives_come_apart) {
    check("9\t.\tC\tG,T" REST "1/2", "9 C G 1;9 C T 1;");
    check("9\t.\tC\tG,T" REST "0/2", "9 C T 1;");
    check("9\t.\tC\tG,T" REST "1", "9 C G 2;");
    check("9\t.\tC\tG\t.\t.\t.", "9 C G 0;");
}

Test(variants, what_is_no_allele_is_left_out) {
    check("9\t.\tC\t." REST "0/0", "");
    check("9\t.\tC\tG" REST "0/0", "");
    check("9\t.\tC\tG" REST "./.", "");
    check("9\t.\tC\t<DEL>" REST "0/1", "");
    check("9\t.\tC\t*,G" REST "1/2", "9 C G 1;");
    check("9\t.\tC\t<NON_REF>\t.\t.\t.", "");
}

Test(variants, soft_masked_letters_are_letters) {
    check("20\t.\tC\tG" REST "0/1", "20 C G 1;");
    check("21\t.\tt\ta" REST "0/1", "21 T A 1;");
    check("22\t.\tTN\tT" REST "0/1", "22 TN T 1;");
}

Test(variants, another_genome_is_noticed) {
    struct text got = normalised("9\t.\tA\tG" REST "0/1");
    cr_expect(strstr(got.bytes, "c:9") && strstr(got.bytes, "reference has C"), "%s", got.bytes);
    text_free(&got);
    got = normalised("99\t.\tA\tG" REST "0/1");
    cr_expect(strstr(got.bytes, "beyond the contig"), "%s", got.bytes);
    text_free(&got);
}
