/* SPDX-License-Identifier: MIT */
#include "plugin/vcf_header.h"

#include <criterion/criterion.h>

static struct text header_of(const struct vcf_header *wanted) {
    static char *names[] = {"one"};
    static int64_t lengths[] = {1000};
    const struct stream_contigs contigs = {1, names, lengths};
    const struct stream_fact facts[] = {{"sample", "S1"}, {"model", "m"}, {"cutoffs", "c"}};
    struct runnel_batch *open = stream_open(&CALLS_STREAM, NULL, facts, 3, NULL);
    struct text text = {0};
    cr_assert_eq(vcf_header_append(&text, wanted, open, &contigs, NULL), STATUS_OK);
    open->release(open);
    return text;
}

Test(vcf_header, facts_become_lines) {
    struct text text = header_of(&(struct vcf_header){.version = "9.9", .command = "runnel call"});
    cr_expect(strstr(text.bytes, "##runnel_version=9.9\n##cmdline=runnel call\n"));
    cr_expect(strstr(text.bytes, "##runnel_model=m\n##runnel_cutoffs=c\n"));
    cr_expect(strstr(text.bytes, "##contig=<ID=one,length=1000>\n"));
    cr_expect(strstr(text.bytes, "\tFORMAT\tS1\n"));
    cr_expect_null(strstr(text.bytes, "NON_REF"));
    text_free(&text);
}

Test(vcf_header, no_version_no_command_another_sample_a_gvcf) {
    struct text text =
        header_of(&(struct vcf_header){.command = "runnel call", .sample = "me", .non_ref = true});
    cr_expect_null(strstr(text.bytes, "cmdline"));
    cr_expect_null(strstr(text.bytes, "runnel_version"));
    cr_expect(strstr(text.bytes, "\tFORMAT\tme\n"));
    cr_expect(strstr(text.bytes, "##ALT=<ID=NON_REF,"));
    text_free(&text);
}
