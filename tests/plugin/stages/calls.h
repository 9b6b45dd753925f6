/* SPDX-License-Identifier: MIT
 *
 * `runnel call` over a small set of nanopore reads, and what it wrote, for tests of the stages at
 * its end. */
#ifndef TESTS_PLUGIN_STAGES_CALLS_H
#define TESTS_PLUGIN_STAGES_CALLS_H

#include "adapters/vcf.h"
#include "core/calls/site.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INPUTS TEST_DATA "/calls/runs/inputs/ont"

struct scratch {
    char folder[32];
};

static inline struct scratch scratch_new(void) {
    struct scratch scratch = {"/tmp/runnel-test-XXXXXX"};
    cr_assert_not_null(mkdtemp(scratch.folder));
    return scratch;
}

static inline void scratch_free(const struct scratch *scratch) {
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", scratch->folder);
    cr_expect_eq(system(command), 0);
}

/* Runs it in the folder; options may name files there. */
static inline void run_call(const struct scratch *scratch, const char *options) {
    char command[1024];
    snprintf(command, sizeof command,
             "cd %s && " BUILD_DIR "/runnel call -q -t 1 --platform=ont -m " TEST_DATA
             "/networks/trained.h5 %s " INPUTS "/ref.fa " INPUTS "/reads.bam",
             scratch->folder, options);
    cr_assert_eq(system(command), 0, "%s", command);
}

static inline struct vcf_reader *open_vcf(const struct scratch *scratch, const char *name) {
    char path[96];
    struct failure why = {0};
    snprintf(path, sizeof path, "%s/%s", scratch->folder, name);
    struct vcf_reader *reader = vcf_reader_open(path, &why);
    cr_assert_not_null(reader, "%s", why.text);
    return reader;
}

/* The next record; false behind the last.  What it holds is lent until the next call. */
static inline bool next_site(struct vcf_reader *reader, struct site *site, struct letters *line) {
    struct failure why = {0};
    int status = vcf_reader_next(reader, line, &why);
    cr_assert(status == STATUS_OK || status == STATUS_END, "%s", why.text);
    if (status == STATUS_OK)
        cr_assert_eq(site_read(site, line->bytes, line->length, &why), STATUS_OK, "%s", why.text);
    return status == STATUS_OK;
}

/* Where a text stands in a line; NULL where it does not. */
static inline const char *find_text(const struct letters *line, const char *text) {
    size_t length = strlen(text);
    for (size_t at = 0; at + length <= line->length; at++)
        if (memcmp(line->bytes + at, text, length) == 0)
            return line->bytes + at;
    return NULL;
}

static inline void write_text(const struct scratch *scratch, const char *name, const char *text) {
    char path[96];
    snprintf(path, sizeof path, "%s/%s", scratch->folder, name);
    FILE *file = fopen(path, "w");
    cr_assert(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
}

#endif
