/* SPDX-License-Identifier: MIT
 *
 * Whole runs of `runnel call` against whole runs of Clair3 v2.0.2 on the same reads with the same
 * weights (tests/data/calls/README.md): the same records, character for character, but for QUAL by
 * at most 0.01 and GQ and PL by at most 1, which the last bit of a probability decides. */
#include "adapters/vcf.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RUNS TEST_DATA "/calls/runs"

struct run {
    char name[48];     /* folder of the golden run */
    char input[8];     /* ont or hifi */
    char file[48];     /* which of its files */
    char options[640]; /* of runnel call */
    char gvcf[48];     /* the golden gVCF, where one was asked for */
};

#define GVCF "merge_output.gvcf.gz"

static struct run RUN_TABLE[] = {
    {"ont_default", "ont", "merge_output.vcf.gz",
     "--phased-vcf "
     "\"" RUNS "/ont_default/phased/phased_chr2.vcf.gz " RUNS
     "/ont_default/phased/phased_chr20.vcf.gz " RUNS "/ont_default/phased/phased_chr21.vcf.gz\""},
    {"ont_no_phasing", "ont", "merge_output.vcf.gz", ""},
    {"ont_haploid_precise_gvcf", "ont", "merge_output.vcf.gz", "--haploid_precise", GVCF},
    {"ont_haploid_sensitive_gvcf", "ont", "merge_output.vcf.gz", "--haploid-sensitive", GVCF},
    {"ont_snp_only", "ont", "merge_output.vcf.gz", "--call_snp_only"},
    {"ont_long_indel_gvcf", "ont", "merge_output.vcf.gz", "--enable_long_indel", GVCF},
    {"ont_qual_10_reference_calls", "ont", "merge_output.vcf.gz", "--qual=10 --print_ref_calls"},
    {"ont_qual_0", "ont", "merge_output.vcf.gz", "--qual=0"},
    {"ont_fast_mode", "ont", "merge_output.vcf.gz", "--fast_mode"},
    {"ont_no_phasing", "ont", "merge_output.vcf.gz", /* its head_tail run gave the same */
     "--enable_variant_calling_at_sequence_head_and_tail"},
    {"ont_thresholds", "ont", "merge_output.vcf.gz",
     "--snp_min_af=0.15 --indel_min_af=0.2 --min_mq=20 --min_coverage=8 "
     "--var_pct_full=0.5 --ref_pct_full=0.3"},
    {"ont_pileup_only", "ont", "pileup.vcf.gz", "--pileup_only --qual=20 --haploid_precise"},
    {"ont_bed", "ont", "merge_output.vcf.gz", "-R " RUNS "/inputs/ont/regions.bed"},
    {"ont_no_candidates", "ont", "../ont_default/pileup.vcf.gz",
     "--var_pct_full=0.0001 --ref_pct_full=0.0001"},
    {"ont_contig_names", "ont", "merge_output.vcf.gz",
     "--ctg_name=chr21,chr2 --sample_name=sample7 --phased-vcf "
     "\"" RUNS "/ont_contig_names/phased/phased_chr2.vcf.gz " RUNS
     "/ont_contig_names/phased/phased_chr21.vcf.gz\""},
    {"ont_known_sites", "ont", "merge_output.vcf.gz", "--vcf_fn=" RUNS "/inputs/ont/known.vcf"},
    {"hifi_default", "hifi", "merge_output.vcf.gz",
     "--phased-vcf \"" RUNS "/hifi_default/phased/phased_chr20.vcf.gz " RUNS
     "/hifi_default/phased/phased_chr6.vcf.gz\""},
    {"hifi_gvcf_no_phasing", "hifi", "merge_output.vcf.gz", "", GVCF},
    {"ont_gvcf_no_phasing", "ont", "../ont_gvcf_bins/merge_output.vcf.gz", "", GVCF},
    {"ont_gvcf_bins", "ont", "merge_output.vcf.gz", "--base_err=0.01 --gq_bin_size=10", GVCF},
    {"ont_keep_iupac_gvcf", "ont", "../ont_gvcf_bins/merge_output.vcf.gz", "--keep_iupac_bases",
     "../ont_gvcf_no_phasing/merge_output.gvcf.gz"},
    {"ont_bed_gvcf", "ont", "merge_output.vcf.gz", "-R " RUNS "/inputs/ont/regions.bed", GVCF},
    {"ont_gvcf_all_contigs", "ont", "merge_output.vcf.gz",
     "--include_all_ctgs --phased-vcf "
     "\"" RUNS "/ont_default/phased/phased_chr2.vcf.gz " RUNS
     "/ont_gvcf_all_contigs/phased/phased_chr20.vcf.gz " RUNS
     "/ont_gvcf_all_contigs/phased/phased_scaffold_1.vcf.gz " RUNS
     "/ont_default/phased/phased_chr21.vcf.gz\"",
     GVCF},
    {"hifi_haploid_precise_reference_calls", "hifi", "merge_output.vcf.gz",
     "--haploid_precise --print_ref_calls"},
};

/* ---- records ---- */

struct records {
    size_t count, room;
    char **lines;
};

static struct records read_records(const char *path) {
    struct records records = {0};
    struct failure why = {0};
    struct letters line;
    struct vcf_reader *reader = vcf_reader_open(path, &why);
    cr_assert_not_null(reader, "%s", why.text);
    while (vcf_reader_next(reader, &line, &why) == STATUS_OK) {
        if (records.count == records.room) {
            records.room = records.room ? 2 * records.room : 1024;
            records.lines = realloc(records.lines, records.room * sizeof *records.lines);
        }
        records.lines[records.count++] = strndup(line.bytes, line.length);
    }
    cr_assert_eq(why.code, STATUS_OK, "%s", why.text);
    vcf_reader_free(reader);
    return records;
}

static void records_free(struct records *records) {
    for (size_t i = 0; i < records->count; i++)
        free(records->lines[i]);
    free(records->lines);
}

/* "CONTIG\tPOS\t", by which records are paired; runs may order contigs differently. */
static size_t key_length(const char *line) {
    size_t contig = strcspn(line, "\t") + 1;
    return contig + strcspn(line + contig, "\t") + 1;
}

static int by_key(const void *left, const void *right) {
    const char *a = *(char *const *)left, *b = *(char *const *)right;
    size_t na = key_length(a), nb = key_length(b);
    int order = strncmp(a, b, na < nb ? na : nb);
    return order != 0 ? order : (na > nb) - (na < nb);
}

/* The n-th field (from 0), cut out into `field`. */
static void field_of(char *field, size_t room, const char *line, int n, char separator) {
    char stops[2] = {separator, '\0'};
    while (n-- > 0)
        line += strcspn(line, stops) + (line[strcspn(line, stops)] != '\0');
    snprintf(field, room, "%.*s", (int)strcspn(line, stops), line);
}

/* Whether numbers separated by commas differ by at most 1 each. */
static bool near_numbers(const char *ours, const char *theirs) {
    char *end, *other_end;
    long difference = labs(strtol(ours, &end, 10) - strtol(theirs, &other_end, 10));
    return difference <= 1 && *end == *other_end &&
           (*end == ',' ? near_numbers(end + 1, other_end + 1) : *end == '\0');
}

/* The same but for the last bit of a probability, on which blocks of a gVCF do not depend. */
static bool nearly_same(const char *ours, const char *theirs) {
    char a[4096], b[4096], x[4096], y[4096];
    for (int column = 0; column < 9; column++) {
        field_of(a, sizeof a, ours, column, '\t');
        field_of(b, sizeof b, theirs, column, '\t');
        if (column == 4 && strcmp(a, "<NON_REF>") == 0)
            return false;
        if (column == 5 ? fabs(strtod(a, NULL) - strtod(b, NULL)) > 0.0101 : strcmp(a, b) != 0)
            return false;
    }
    field_of(a, sizeof a, ours, 9, '\t');
    field_of(b, sizeof b, theirs, 9, '\t');
    for (int part = 0; part < 6; part++) {
        field_of(x, sizeof x, a, part, ':');
        field_of(y, sizeof y, b, part, ':');
        bool of_probabilities = part == 1 || part == 5; /* GQ and PL */
        if (of_probabilities ? *x != '\0' && !near_numbers(x, y) : strcmp(x, y) != 0)
            return false;
    }
    return true;
}

/* Counts identical and nearly identical records; prints every other one.  Returns how many are
 * neither. */
static size_t compare(const char *name, struct records *ours, struct records *theirs) {
    size_t same = 0, near = 0, other = 0, i = 0, j = 0;
    qsort(ours->lines, ours->count, sizeof *ours->lines, by_key);
    qsort(theirs->lines, theirs->count, sizeof *theirs->lines, by_key);
    while (i < ours->count || j < theirs->count) {
        int order = i == ours->count     ? 1
                    : j == theirs->count ? -1
                                         : by_key(&ours->lines[i], &theirs->lines[j]);
        if (order == 0 && strcmp(ours->lines[i], theirs->lines[j]) == 0)
            same++;
        else if (order == 0 && nearly_same(ours->lines[i], theirs->lines[j]))
            near++;
        else
            other++,
                fprintf(stderr, "%s\n  ours   %s\n  theirs %s\n", name,
                        order <= 0 ? ours->lines[i] : "-", order >= 0 ? theirs->lines[j] : "-");
        i += order <= 0;
        j += order >= 0;
    }
    fprintf(stderr, "%-40s %5zu records, %5zu identical, %4zu in the last bit, %zu other\n", name,
            theirs->count, same, near, other);
    return other;
}

ParameterizedTestParameters(call_line, whole_runs) {
    return cr_make_param_array(struct run, RUN_TABLE, sizeof RUN_TABLE / sizeof *RUN_TABLE);
}

static void check_file(const char *out, const struct run *run, const char *file) {
    char golden[512];
    snprintf(golden, sizeof golden, RUNS "/%s/%s", run->name, file);
    struct records ours = read_records(out), theirs = read_records(golden);
    unlink(out);
    cr_expect_gt(theirs.count, 100);
    cr_expect_eq(compare(run->name, &ours, &theirs), 0);
    records_free(&ours);
    records_free(&theirs);
}

ParameterizedTest(struct run *run, call_line, whole_runs) {
    char out[] = "/tmp/runnel-test-XXXXXX.vcf", gvcf[64] = "", command[2048];
    close(mkstemps(out, 4));
    if (run->gvcf[0] != '\0')
        snprintf(gvcf, sizeof gvcf, "--gvcf %s.g.vcf", out);
    snprintf(command, sizeof command,
             BUILD_DIR "/runnel call --clair3-compat -q -t 1 --platform=%s -m " TEST_DATA
                       "/networks/trained.h5 -o %s %s %s %s " RUNS "/inputs/%s/ref.fa " RUNS
                       "/inputs/%s/reads.bam",
             run->input, out, gvcf, run->options,
             strstr(run->options, "phased") ? "" : "--no_phasing_for_fa", run->input, run->input);
    cr_assert_eq(system(command), 0, "%s", command);
    check_file(out, run, run->file);
    if (run->gvcf[0] != '\0')
        check_file(gvcf + strlen("--gvcf "), run, run->gvcf);
}
