/* SPDX-License-Identifier: MIT
 *
 * The alignment adapter: what it lends, and what it refuses, in which words. */
#include "adapters/alignments.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define BAM       TEST_DATA "/windows/bam/tiny.bam"
#define CRAM      TEST_DATA "/alignments/tiny.cram"
#define REFERENCE TEST_DATA "/windows/ref/ref.fa"

enum { TINY_RECORDS = 42 };

/* ---- files made for a test ----------------------------------------------------------------- */

static char made[64]; /* the last one that this test made */

static void remove_made(void) {
    if (made[0] != '\0')
        remove(made);
}

static const char *write_file(const void *data, size_t size) {
    remove_made();
    snprintf(made, sizeof made, "/tmp/runnel-test-XXXXXX");
    int descriptor = mkstemp(made);
    cr_assert_geq(descriptor, 0);
    cr_assert_eq(write(descriptor, data, size), (ssize_t)size);
    close(descriptor);
    return made;
}

static const char *write_text(const char *text) {
    return write_file(text, strlen(text));
}

/* The first bytes of a file, less `fewer` at the end. */
static const char *cut(const char *path, long fewer) {
    static char data[1 << 20];
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file);
    size_t size = fread(data, 1, sizeof data, file);
    fclose(file);
    return write_file(data, size - (size_t)fewer);
}

TestSuite(alignments, .fini = remove_made);

/* ---- helpers ------------------------------------------------------------------------------- */

static struct alignments *open_or_die(const char *path, const struct alignments_options *options) {
    struct failure why = {0};
    struct alignments *file;
    cr_assert_eq(alignments_open(&file, path, options, &why), STATUS_OK, "%s", why.text);
    return file;
}

/* Reads to the end; the status it ended with. */
static int read_all(struct alignments *file, size_t *count, struct failure *why) {
    struct alignment a;
    int32_t contig;
    int status;
    *count = 0;
    while ((status = alignments_next(file, &a, &contig, why)) == STATUS_OK)
        ++*count;
    return status;
}

/* Opening or reading fails, and the sentence has both pieces in it. */
static void expect_failure(const char *path, const struct alignments_options *options,
                           const char *one, const char *other) {
    struct failure why = {0};
    struct alignments *file;
    size_t count;
    int status = alignments_open(&file, path, options, &why);
    if (status == STATUS_OK)
        status = read_all(file, &count, &why);
    alignments_close(file);
    cr_assert_lt(status, 0);
    cr_assert_not_null(strstr(why.text, one), "%s", why.text);
    cr_assert_not_null(strstr(why.text, other), "%s", why.text);
}

#define HEADER "@HD\tVN:1.6\tSO:coordinate\n@SQ\tSN:c1\tLN:1000\n@SQ\tSN:HLA:01:02\tLN:900000000\n"
#define RECORD(name, contig, position)                                                             \
    name "\t0\t" contig "\t" position "\t60\t4M\t*\t0\t0\tACGT\tIIII"

/* ---- what it lends ------------------------------------------------------------------------- */

Test(alignments, header_facts) {
    struct alignments *file = open_or_die(
        write_text(
            "@HD\tVN:1.6\tSO:coordinate\n@SQ\tSN:c1\tLN:1000\n"
            "@RG\tID:a\tPL:ONT\tDS:runid=1 basecall_model=dna_r10.4.1_e8.2_400bps_sup@v5.0.0 x=y\tSM:NA1\n"
            "@RG\tID:b\tSM:NA2\tDS:basecall_model=dna_r10.4.1_e8.2_400bps_sup@v5.0.0\n"),
        NULL);
    const struct alignments_header *header = alignments_header(file);
    cr_assert_eq(header->contig_count, 1);
    cr_assert_str_eq(header->contigs[0].name, "c1");
    cr_assert_eq(header->contigs[0].length, 1000);
    cr_assert_str_eq(header->sample, "NA1");
    cr_assert_str_eq(header->samples, "NA1, NA2");
    cr_assert_str_eq(header->platform, "ONT");
    cr_assert_str_eq(header->basecall_model, "dna_r10.4.1_e8.2_400bps_sup@v5.0.0");
    cr_assert_str_eq(header->sort_order, "coordinate");
    alignments_close(file);
}

/* Each of different ones is named, also where one begins as another does. */
Test(alignments, header_with_two_basecallers) {
    struct alignments *file = open_or_die(write_text("@SQ\tSN:c1\tLN:1000\n"
                                                     "@RG\tID:a\tDS:basecall_model=sup@v5.0.0\n"
                                                     "@RG\tID:b\tDS:basecall_model=sup@v5\n"
                                                     "@RG\tID:c\tDS:basecall_model=sup@v5.0.0\n"
                                                     "@RG\tID:d\tDS:basecall_model=sup@v5\n"),
                                          NULL);
    cr_assert_str_eq(alignments_header(file)->basecall_model, "sup@v5.0.0,sup@v5");
    alignments_close(file);
}

Test(alignments, header_without_facts) {
    struct alignments *file = open_or_die(write_text("@SQ\tSN:c1\tLN:1000\n"), NULL);
    const struct alignments_header *header = alignments_header(file);
    cr_assert_null(header->sample);
    cr_assert_null(header->platform);
    cr_assert_null(header->basecall_model);
    cr_assert_str_eq(header->sort_order, "unknown");
    alignments_close(file);
}

Test(alignments, record_fields_and_tags) {
    struct alignments_options options = {.moves = true};
    struct alignments *file = open_or_die(
        write_text(HEADER "r1\t16\tHLA:01:02\t600000001\t17\t1S3M\t*\t0\t0\tACGT\t*"
                          "\tHP:i:2\tmv:B:S,6,1,0,256,0\n"
                          "r2\t0\tHLA:01:02\t600000002\t17\t4M\t*\t0\t0\tACGT\tIIII"
                          "\tHP:i:3\tmv:B:c,5,1,0,1\n"
                          "r3\t0\tHLA:01:02\t600000003\t17\t4M\t*\t0\t0\t*\t*\tmv:B:f,5,1,0,1\n"),
        &options);
    struct failure why = {0};
    struct alignment a;
    int32_t contig;
    cr_assert_eq(alignments_next(file, &a, &contig, &why), STATUS_OK, "%s", why.text);
    cr_assert_eq(contig, 1);
    cr_assert_eq(contig, alignments_find_contig(file, "HLA:01:02"));
    cr_assert_eq(alignments_find_contig(file, "HLA"), -1);
    cr_assert_str_eq(a.name, "r1");
    cr_assert_eq(a.position, 600000000);
    cr_assert_eq(a.flag, 16);
    cr_assert_eq(a.mapq, 17);
    cr_assert_eq(a.haplotype, 2);
    cr_assert_eq(a.cigar_count, 2);
    cr_assert_eq(a.cigar[0], 1U << 4 | 4);
    cr_assert_eq(a.length, 4);
    cr_assert_eq(a.sequence[0], 0x12);
    cr_assert_eq(a.sequence[1], 0x48);
    cr_assert_eq(a.qualities[3], 255);
    cr_assert_eq(a.move_count, 4); /* the stride is not among them */
    for (int i = 0; i < 4; i++)
        cr_assert_eq(a.moves[i] != 0, i == 0 || i == 2);
    cr_assert_eq(alignments_next(file, &a, &contig, &why), STATUS_OK);
    cr_assert_eq(a.haplotype, 0); /* 3 is none of ours */
    cr_assert_eq(a.move_count, 3);
    cr_assert(a.moves[0] && !a.moves[1] && a.moves[2]);
    cr_assert_eq(alignments_next(file, &a, &contig, &why), STATUS_OK);
    cr_assert_eq(a.length, 0);
    cr_assert_eq(a.move_count, 0); /* not of integers */
    cr_assert_eq(alignments_next(file, &a, &contig, &why), STATUS_END);
    alignments_close(file);
}

Test(alignments, moves_only_if_asked_for) {
    struct alignments *file =
        open_or_die(write_text(HEADER RECORD("r", "c1", "1") "\tmv:B:c,5,1,0,1\n"), NULL);
    struct alignment a;
    int32_t contig;
    cr_assert_eq(alignments_next(file, &a, &contig, NULL), STATUS_OK);
    cr_assert_eq(a.move_count, 0);
    alignments_close(file);
}

Test(alignments, cram_equals_bam) {
    struct alignments_options options = {.reference = REFERENCE, .threads = 2};
    struct alignments *bam = open_or_die(BAM, NULL), *cram = open_or_die(CRAM, &options);
    struct failure why = {0};
    struct alignment a, b;
    int32_t at_a, at_b;
    int status;
    size_t count = 0;
    while ((status = alignments_next(bam, &a, &at_a, &why)) == STATUS_OK) {
        cr_assert_eq(alignments_next(cram, &b, &at_b, &why), STATUS_OK, "%s", why.text);
        cr_assert_eq(at_a, at_b);
        cr_assert_str_eq(a.name, b.name);
        cr_assert(a.position == b.position && a.flag == b.flag && a.length == b.length);
        cr_assert_eq(a.cigar_count, b.cigar_count);
        cr_assert_arr_eq(a.cigar, b.cigar, a.cigar_count * sizeof *a.cigar);
        cr_assert_arr_eq(a.sequence, b.sequence, (size_t)a.length / 2);
        cr_assert_arr_eq(a.qualities, b.qualities, (size_t)a.length);
        count++;
    }
    cr_assert_eq(status, STATUS_END);
    cr_assert_eq(alignments_next(cram, &b, &at_b, &why), STATUS_END);
    cr_assert_eq(count, TINY_RECORDS);
    alignments_close(bam);
    alignments_close(cram);
}

Test(alignments, standard_input) {
    cr_assert_not_null(freopen(BAM, "rb", stdin));
    struct alignments *file = open_or_die("-", NULL);
    struct failure why = {0};
    size_t count;
    cr_assert_eq(read_all(file, &count, &why), STATUS_END, "%s", why.text);
    cr_assert_eq(count, TINY_RECORDS);
    alignments_close(file);
}

Test(alignments, region_again_and_again) {
    struct alignments *file = open_or_die(BAM, NULL);
    struct failure why = {0};
    size_t whole, part, none;
    int32_t contig = alignments_find_contig(file, "chrS3");
    cr_assert_eq(alignments_region(file, contig, 700, 710, &why), STATUS_OK, "%s", why.text);
    cr_assert_eq(read_all(file, &part, &why), STATUS_END);
    cr_assert_eq(alignments_region(file, contig, 0, 1500, &why), STATUS_OK);
    cr_assert_eq(read_all(file, &whole, &why), STATUS_END);
    cr_assert_eq(alignments_region(file, 0, 0, 16000, &why), STATUS_OK);
    cr_assert_eq(read_all(file, &none, &why), STATUS_END);
    cr_assert_eq(whole, TINY_RECORDS);
    cr_assert(part > 0 && part < whole);
    cr_assert_eq(none, 0);
    alignments_close(file);
}

/* ---- what it refuses ----------------------------------------------------------------------- */

Test(alignments, no_such_file) {
    expect_failure("/nowhere/in.bam", NULL, "/nowhere/in.bam", "No such file");
}

Test(alignments, another_format) {
    expect_failure(REFERENCE, NULL, REFERENCE, "not a BAM, CRAM or SAM file");
    expect_failure(write_text("hello\n"), NULL, made, "");
}

Test(alignments, no_contigs) {
    expect_failure(write_text("@HD\tVN:1.6\nr\t4\t*\t0\t0\t*\t*\t0\t0\tA\tI\n"), NULL, made,
                   "no contigs");
}

Test(alignments, unsorted) {
    const char *text = HEADER RECORD("r1", "c1", "20") "\n" RECORD("r2", "c1", "10") "\n";
    expect_failure(write_text(text), NULL, "not sorted", "record 2, 'r2' at c1:10");
    struct alignments_options any = {.any_order = true};
    struct alignments *file = open_or_die(made, &any);
    size_t count;
    cr_assert_eq(read_all(file, &count, NULL), STATUS_END);
    cr_assert_eq(count, 2);
    alignments_close(file);
}

Test(alignments, contigs_out_of_order) {
    expect_failure(
        write_text(HEADER RECORD("r1", "HLA:01:02", "20") "\n" RECORD("r2", "c1", "30") "\n"), NULL,
        "not sorted", "record 2");
}

Test(alignments, mapped_behind_unmapped) {
    const char *text = HEADER "r1\t4\t*\t0\t0\t*\t*\t0\t0\tA\tI\n"
                              "r2\t4\t*\t0\t0\t*\t*\t0\t0\tA\tI\n" RECORD("r3", "c1", "1") "\n";
    expect_failure(write_text(text), NULL, "not sorted", "record 3");
}

Test(alignments, truncated_file) {
    expect_failure(cut(BAM, 28), NULL, made, "truncated"); /* the marker alone */
    expect_failure(cut(BAM, 5000), NULL, made, "truncated");
}

static void expect_truncated_input(const char *path, long fewer) {
    struct alignments_options options = {.reference = REFERENCE, .threads = 2};
    cr_assert_not_null(freopen(cut(path, fewer), "rb", stdin));
    int ends[2]; /* a pipe, since a file could be looked at ahead */
    char data[1 << 16];
    cr_assert_eq(pipe(ends), 0);
    size_t size = fread(data, 1, sizeof data, stdin);
    cr_assert_eq(write(ends[1], data, size), (ssize_t)size);
    close(ends[1]);
    dup2(ends[0], STDIN_FILENO);
    expect_failure("-", &options, "standard input", "truncated");
}

Test(alignments, truncated_pipe_without_marker) {
    expect_truncated_input(BAM, 28);
}

Test(alignments, truncated_pipe_amid_a_block) {
    expect_truncated_input(BAM, 3000);
}

Test(alignments, truncated_cram_pipe) {
    expect_truncated_input(CRAM, 38);
}

Test(alignments, truncated_cram) {
    struct alignments_options options = {.reference = REFERENCE};
    expect_failure(cut(CRAM, 38), &options, made, "truncated");
}

Test(alignments, corrupt_block) {
    cut(BAM, 0);
    FILE *file = fopen(made, "r+b");
    fseek(file, 9000, SEEK_SET);
    fputs("garbage garbage garbage", file);
    fclose(file);
    expect_failure(made, NULL, made, "corrupt");
}

Test(alignments, bad_sam_line) {
    expect_failure(write_text(HEADER RECORD("r1", "c1", "1") "\nr2\t0\tc1\tx\n"), NULL, made,
                   "record 2");
}

Test(alignments, cram_without_reference) {
    expect_failure(CRAM, NULL, CRAM, "without its reference");
}

Test(alignments, region_without_index) {
    struct failure why = {0};
    struct alignments *file = open_or_die(cut(BAM, 0), NULL);
    cr_assert_eq(alignments_region(file, 0, 0, 100, &why), STATUS_BAD_INPUT);
    cr_assert_not_null(strstr(why.text, "samtools index"), "%s", why.text);
    alignments_close(file);
}

/* ---- reads that are not aligned yet ---------------------------------------------------------- */

#define FASTQ                                                                                      \
    "@r1\tst:Z:2024-01-01T00:00:00Z\tch:i:12\tmv:B:c,5,1,0,1\nACGT\n+\nI?II\n"                     \
    "@r2 runid=abc ch=5\nAC\n+\nII\n@r3\tch:i:0\nACGTA\n+\nIIIII\n"

static void check_fastq(struct alignments *file) {
    struct failure why = {0};
    struct alignment a;
    int32_t contig;
    cr_assert_eq(alignments_header(file)->contig_count, 0);
    cr_assert_eq(alignments_next(file, &a, &contig, &why), STATUS_OK, "%s", why.text);
    cr_assert(contig == -1 && a.flag == 4 && a.length == 4 && a.qualities[1] == '?' - 33);
    cr_assert_str_eq(a.name, "r1");
    cr_assert_arr_eq(a.sequence, "\x12\x48", 2);
    cr_assert(a.move_count == 3 && a.moves[0] == 1 && a.moves[1] == 0);
    cr_assert_str_eq(alignments_start_time(file), "2024-01-01T00:00:00Z");
    cr_assert_eq(alignments_channel(file), 12);
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(alignments_next(file, &a, &contig, &why), STATUS_OK, "%s", why.text);
        cr_assert(a.moves == NULL && alignments_start_time(file) == NULL);
        cr_assert_eq(alignments_channel(file), -1, "0 is no channel");
    }
    cr_assert_eq(alignments_next(file, &a, &contig, &why), STATUS_END, "%s", why.text);
}

Test(alignments, fastq_with_tags) {
    const struct alignments_options options = {.unaligned = true, .any_order = true, .moves = true};
    struct alignments *file = open_or_die(write_text(FASTQ), &options);
    check_fastq(file);
    alignments_close(file);
}

Test(alignments, fastq_gzipped_through_a_pipe) {
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    gzFile zipped = gzdopen(ends[1], "w");
    cr_assert_eq(gzputs(zipped, FASTQ), (int)strlen(FASTQ));
    gzclose(zipped);
    const struct alignments_options options = {
        .unaligned = true, .any_order = true, .moves = true, .pipe = ends[0]};
    struct alignments *file = open_or_die("reads of a pipe", &options);
    check_fastq(file);
    alignments_close(file);
    cr_assert_eq(close(ends[0]), -1, "the descriptor was closed with the file");
}

Test(alignments, unaligned_reads_only_where_asked_for) {
    const struct alignments_options unaligned = {.unaligned = true};
    struct failure why = {0};
    struct alignment a;
    int32_t contig;
    expect_failure(write_text(FASTQ), NULL, "not a BAM, CRAM or SAM file", made);
    remove_made();
    const char *path = write_text("@HD\tVN:1.6\nr1\t4\t*\t0\t0\t*\t*\t0\t0\tACGT\tIIII\tch:i:7\n");
    expect_failure(path, NULL, "lists no contigs", "aligned first");
    struct alignments *file = open_or_die(path, &unaligned);
    cr_assert_eq(alignments_next(file, &a, &contig, &why), STATUS_OK, "%s", why.text);
    cr_assert(contig == -1 && a.flag == 4 && alignments_channel(file) == 7);
    alignments_close(file);
    remove_made();
    expect_failure(write_text("@r1\nACGT\n+\nIIII\n@r2\nACGT\n+\nII"), &unaligned,
                   "record 2 cannot", "truncated");
    remove_made();
    expect_failure(write_text(""), &unaligned, "nor FASTQ", made);
}
