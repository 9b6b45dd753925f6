/* SPDX-License-Identifier: MIT
 *
 * The golden whole runs: their options and files, and VCFs as arrays of calls. */
#ifndef TESTS_CORE_CALLS_RUNS_H
#define TESTS_CORE_CALLS_RUNS_H

#include "core/calls/record.h"
#include "tests/core/calls/golden.h"

#define RUNS_FOLDER TEST_DATA "/calls/runs"

/* Every run that has a merge; the two without full alignment are tested by name. */
static const char *const run_names[] = {"ont_default",
                                        "ont_gvcf_all_contigs",
                                        "ont_no_phasing",
                                        "ont_haploid_precise_gvcf",
                                        "ont_haploid_sensitive_gvcf",
                                        "ont_haploid_both",
                                        "ont_snp_only",
                                        "ont_long_indel_gvcf",
                                        "ont_bed",
                                        "ont_qual_10_reference_calls",
                                        "ont_qual_0",
                                        "ont_fast_mode",
                                        "ont_known_sites",
                                        "ont_head_tail",
                                        "ont_thresholds",
                                        "ont_gvcf_bins",
                                        "ont_chunks",
                                        "ont_gvcf_no_phasing",
                                        "ont_keep_iupac_gvcf",
                                        "ont_bed_gvcf",
                                        "ont_contig_names",
                                        "hifi_default",
                                        "hifi_gvcf_no_phasing",
                                        "hifi_haploid_precise_reference_calls"};
enum { RUN_COUNT = sizeof run_names / sizeof *run_names };

struct run {
    const char *name;
    char *json;
};

static inline struct run run_open(const char *name) {
    struct run run = {name, calloc(1, 1 << 16)};
    char path[512];
    snprintf(path, sizeof path, RUNS_FOLDER "/%s/options.json", name);
    FILE *file = fopen(path, "r");
    cr_assert(file != NULL, "%s", path);
    cr_assert(fread(run.json, 1, (1 << 16) - 1, file) > 0);
    fclose(file);
    return run;
}

static inline void run_close(struct run *run) {
    free(run->json);
}

/* The value of a key in a section as text without its quotes; false without such a key. */
static inline bool run_entry(const struct run *run, const char *section, const char *key,
                             char value[256]) {
    char wanted[128];
    snprintf(wanted, sizeof wanted, "\"%s\": ", section);
    const char *from = strstr(run->json, wanted);
    snprintf(wanted, sizeof wanted, "\"%s\": ", key);
    const char *found = from ? strstr(from, wanted) : NULL;
    if (found == NULL)
        return false;
    found += strlen(wanted);
    found += *found == '"';
    size_t length = strcspn(found, "\"\n");
    if (length > 0 && found[length - 1] == ',')
        length--;
    snprintf(value, 256, "%.*s", (int)length, found);
    return true;
}

static inline bool run_text(const struct run *run, const char *key, char value[256]) {
    return run_entry(run, "options", key, value);
}

static inline bool run_flag(const struct run *run, const char *key) {
    char value[256];
    return run_text(run, key, value) && strcmp(value, "true") == 0;
}

static inline double run_number(const struct run *run, const char *key, double otherwise) {
    char value[256];
    return run_text(run, key, value) ? strtod(value, NULL) : otherwise;
}

/* All lines of one of the run's files, by the name under which options.json has it. */
static inline struct lines run_lines(const struct run *run, const char *file) {
    char path[256];
    cr_assert(run_entry(run, "files", file, path) && strcmp(path, "null") != 0, "%s has no %s",
              run->name, file);
    return golden_lines(RUNS_FOLDER "/%s/%s", run->name, path);
}

struct calls {
    size_t count;
    struct call *call;
    char **contigs; /* what the calls borrow */
};

static inline struct calls run_calls(const struct run *run, const char *file) {
    struct lines lines = run_lines(run, file);
    struct calls calls = {0, calloc(lines.count + 1, sizeof(struct call)),
                          calloc(lines.count + 1, sizeof(char *))};
    for (size_t i = 0; i < lines.count; i++) {
        struct failure why = {0};
        if (lines.line[i][0] == '#')
            continue;
        char *contig = strndup(lines.line[i], strcspn(lines.line[i], "\t"));
        calls.contigs[calls.count] = contig;
        cr_assert_eq(record_parse(&calls.call[calls.count++], contig, lines.line[i], &why), 0, "%s",
                     why.text);
    }
    golden_free(&lines);
    return calls;
}

static inline void calls_free(struct calls *calls) {
    for (size_t i = 0; i < calls->count; i++) {
        call_free(&calls->call[i]);
        free(calls->contigs[i]);
    }
    free(calls->call);
    free(calls->contigs);
}

#endif
