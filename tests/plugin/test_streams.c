/* SPDX-License-Identifier: MIT
 *
 * The stream tables, their facts, and that STREAMS.md describes every column. */
#include "plugin/streams.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct stream *const STREAMS[] = {&READS_STREAM, &PILEUP_STREAM, &FULL_STREAM,
                                               &CALLS_STREAM, &LOOKS_STREAM,  &TARGETS_STREAM};

Test(streams, the_page_names_every_type_and_column) {
    static char page[1 << 16];
    FILE *file = fopen(SOURCE_DIR "/plugin/STREAMS.md", "r");
    cr_assert_not_null(file);
    page[fread(page, 1, sizeof page - 1, file)] = '\0';
    fclose(file);
    for (size_t s = 0; s < 4; s++) {
        char heading[64];
        snprintf(heading, sizeof heading, "## `%s`", STREAMS[s]->type);
        const char *section = strstr(page, heading);
        cr_assert_not_null(section, "%s is not described", STREAMS[s]->type);
        const char *end = strstr(section + 3, "\n## ");
        for (size_t f = 0; f < STREAMS[s]->count; f++) {
            char column[64];
            snprintf(column, sizeof column, "`%s`", STREAMS[s]->fields[f].name);
            const char *found = strstr(section, column);
            cr_expect(found != NULL && (end == NULL || found < end),
                      "%s: column %s is not described", STREAMS[s]->type, column);
        }
    }
}

Test(streams, drafts_have_the_columns_of_calls) {
    cr_expect(DRAFTS_STREAM.fields == CALLS_STREAM.fields &&
              DRAFTS_STREAM.count == CALLS_STREAM.count);
    cr_expect_eq(system("grep -q '^## `runnel.drafts/1`' " SOURCE_DIR "/plugin/STREAMS.md"), 0);
}

static struct runnel_batch *open_with(const char *contigs) {
    const struct stream_fact facts[] = {{"contigs", contigs}, {"sample", "S1"}, {"absent", NULL}};
    return stream_open(&READS_STREAM, NULL, facts, 3, NULL);
}

Test(streams, facts_are_inherited_and_overridden) {
    struct runnel_batch *reads = open_with("chr1\t100\n");
    const struct stream_fact facts[] = {{"platform", "ont"}, {"sample", "S2"}};
    struct runnel_batch *calls = stream_open(&CALLS_STREAM, reads, facts, 2, NULL);
    char *sample = stream_fact(calls, "sample"), *contigs = stream_fact(calls, "contigs");
    cr_expect_str_eq(sample, "S2");
    cr_expect_str_eq(contigs, "chr1\t100\n");
    cr_expect_null(stream_fact(calls, "absent"));
    cr_expect_eq(stream_check(calls, &CALLS_STREAM, NULL), STATUS_OK);
    cr_expect_neq(stream_check(reads, &CALLS_STREAM, NULL), STATUS_OK);
    free(sample);
    free(contigs);
    reads->release(reads);
    calls->release(calls);
}

Test(streams, contigs_are_found_by_name) {
    struct runnel_batch *open = open_with("chr1\t100\nHLA:A*01:2\t50\nchr10\t7\n");
    struct stream_contigs contigs;
    struct failure why = {0};
    cr_assert_eq(stream_contigs_read(&contigs, open, &why), STATUS_OK, "%s", why.text);
    cr_expect_eq(contigs.count, 3);
    cr_expect_eq(contigs.lengths[1], 50);
    for (int64_t guess = -1; guess < 3; guess++) {
        cr_expect_eq(stream_contigs_find(&contigs, "chr10xx", 5, guess), 2);
        cr_expect_eq(stream_contigs_find(&contigs, "chr1", 4, guess), 0);
        cr_expect_eq(stream_contigs_find(&contigs, "chr2", 4, guess), -1);
    }
    stream_contigs_free(&contigs);
    open->release(open);
}

Test(streams, damaged_contigs_are_refused) {
    const char *const damaged[] = {"chr1", "chr1\n", "chr1\t5", "\n"};
    for (size_t i = 0; i < 4; i++) {
        struct runnel_batch *open = open_with(damaged[i]);
        struct stream_contigs contigs;
        struct failure why = {0};
        cr_expect_neq(stream_contigs_read(&contigs, open, &why), STATUS_OK, "%s", damaged[i]);
        open->release(open);
    }
}

Test(streams, platform_is_told_or_guessed) {
    const char *const cases[][3] = {{"hifi", "ONT", "hifi"},
                                    {NULL, "ONT", "ont"},
                                    {NULL, "PACBIO", "hifi"},
                                    {NULL, "ILLUMINA", NULL},
                                    {NULL, NULL, NULL}};
    for (size_t i = 0; i < 5; i++) {
        const struct stream_fact facts[] = {{"platform", cases[i][0]},
                                            {"read_platform", cases[i][1]}};
        struct runnel_batch *open = stream_open(&READS_STREAM, NULL, facts, 2, NULL);
        char *platform = stream_platform(open);
        cr_expect(cases[i][2] ? platform && strcmp(platform, cases[i][2]) == 0 : platform == NULL);
        free(platform);
        open->release(open);
    }
}

Test(streams, a_platform_that_nobody_tells_is_asked_for) {
    struct failure why = {0}, other = {0};
    struct runnel_batch *open = stream_open(&READS_STREAM, NULL, NULL, 0, NULL);
    char *platform = NULL, hifi[] = "hifi", short_reads[] = "ilmn";
    cr_expect_null(stream_preset(&platform, open, &why));
    cr_expect_not_null(strstr(why.text, "say -p ont or -p hifi"), "%s", why.text);
    platform = hifi;
    cr_expect_eq(stream_preset(&platform, open, NULL), preset_of("hifi"));
    platform = short_reads;
    cr_expect_null(stream_preset(&platform, open, &other));
    cr_expect_not_null(strstr(other.text, "ont or hifi, not 'ilmn'"), "%s", other.text);
    open->release(open);
}
