/* SPDX-License-Identifier: MIT
 *
 * What is refused before the reads; of phased SNPs in tests/plugin/phasing.sh. */
#include "plugin/host/call_inputs.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct option TABLE[] = {
    {"phased-vcf", NULL, 0, OPTION_TEXT, "VCF", NULL, ""},
    {"cutoffs", NULL, 0, OPTION_TEXT, "FILE", NULL, ""},
    {"haploid-regions", NULL, 0, OPTION_TEXT, "BED", NULL, ""},
    {"regions-file", NULL, 0, OPTION_TEXT, "BED", NULL, ""},
    {"known-sites", NULL, 0, OPTION_TEXT, "VCF", NULL, ""},
    {"pileup-only", NULL, 0, OPTION_FLAG, NULL, NULL, ""},
};

/* The sentence that refuses these arguments, "" where none does. */
static const char *refused(int argc, const char **argv, const char *reads) {
    static struct failure why;
    struct options options;
    why = (struct failure){0};
    cr_assert_eq(
        options_parse(&options, TABLE, sizeof TABLE / sizeof *TABLE, argc, (char **)argv, &why),
        STATUS_OK, "%s", why.text);
    const struct call_request request = {.reference = SOURCE_DIR "/examples/sample/ref.fa",
                                         .reads = reads,
                                         .quiet = true,
                                         .options = &options};
    call_inputs_check(&request, &why);
    return why.text;
}
#define REFUSED(READS, ...)                                                                        \
    refused(sizeof((const char *[]){"x", __VA_ARGS__}) / sizeof(char *),                           \
            (const char *[]){"x", __VA_ARGS__}, READS)

static const char FILE_OF_READS[] = SOURCE_DIR "/examples/sample/reads.bam";

Test(call_inputs, what_is_not_there) {
    static const char *const options[] = {"--phased-vcf", "--cutoffs", "--haploid-regions"};
    static const char *const reads[] = {FILE_OF_READS, "-"};
    for (size_t i = 0; i < 6; i++)
        cr_expect(strstr(REFUSED(reads[i % 2], options[i / 2], "/nowhere/file"), "/nowhere/file"),
                  "%s", options[i / 2]);
    cr_expect_str_eq(REFUSED(FILE_OF_READS, "--pileup-only", "--cutoffs", "/nowhere/file"), "");
}

Test(call_inputs, what_can_be_read_once_only) {
    cr_expect_str_eq(REFUSED(FILE_OF_READS, "--phased-vcf", "-", "--cutoffs", "/dev/null"), "");
    static const char *const twice[] = {"--haploid-regions", "--regions-file", "--known-sites"};
    for (size_t i = 0; i < 3; i++)
        cr_expect(strstr(REFUSED("-", twice[i], "/dev/null"), "takes a plain file, not /dev/null"),
                  "%s", twice[i]);
}
