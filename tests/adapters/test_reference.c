/* SPDX-License-Identifier: MIT
 *
 * The reference adapter: letters, blocks, indexes, and what it refuses. */
#include "adapters/reference.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REFERENCE TEST_DATA "/windows/ref/ref.fa"

static char folder[64];
static char path[96];

static void make_folder(void) {
    snprintf(folder, sizeof folder, "/tmp/runnel-test-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/ref.fa", folder);
}

static void remove_folder(void) {
    static const char *const endings[] = {"", ".fai", ".gzi"};
    char name[128];
    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s%s", path, endings[i]);
        remove(name);
    }
    rmdir(folder);
}

TestSuite(reference, .init = make_folder, .fini = remove_folder);

static const char *write_fasta(const char *text) {
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    fputs(text, file);
    fclose(file);
    return path;
}

static struct reference_file *open_or_die(const char *name) {
    struct failure why = {0};
    struct reference_file *file;
    cr_assert_eq(reference_open(&file, name, &why), STATUS_OK, "%s", why.text);
    return file;
}

Test(reference, contigs_and_letters) {
    struct reference_file *file =
        open_or_die(write_fasta(">b some text\nACGTN\nacgtr\nAC\n>a:1\nTTT\n"));
    struct failure why = {0};
    struct reference reference;
    cr_assert_eq(reference_contig_count(file), 2);
    cr_assert_str_eq(reference_contig_name(file, 1), "a:1");
    cr_assert_eq(reference_contig_length(file, 0), 12);
    cr_assert_eq(reference_contig(file, "b", 12, &reference, &why), STATUS_OK);
    cr_assert_eq(reference.length, 12);
    cr_assert_arr_eq(reference.fetch(reference.source, 3, 12, &why), "TNacgtrAC", 9);
    cr_assert_not_null(reference.fetch(reference.source, 12, 12, &why));
    cr_assert_eq(reference_contig(file, "a:1", -1, &reference, &why), STATUS_OK);
    cr_assert_arr_eq(reference.fetch(reference.source, 0, 3, &why), "TTT", 3);
    reference_close(file);
}

/* Longer than a block, read forward, back, and across. */
Test(reference, longer_than_a_block) {
    enum { LINE = 60, LINES = 300000 };
    FILE *out = fopen(path, "wb");
    fputs(">long\n", out);
    for (int i = 0; i < LINES; i++) {
        char line[LINE + 2];
        memset(line, "ACGT"[i % 4], LINE);
        snprintf(line + LINE - 8, 10, "%07d\n", i);
        fputs(line, out);
    }
    fclose(out);
    struct reference_file *file = open_or_die(path);
    struct failure why = {0};
    struct reference reference;
    cr_assert_eq(reference_contig(file, "long", -1, &reference, &why), STATUS_OK);
    static const int lines[] = {0, 1, 69904, 69905, 69906, 5, 250000, 249999, 299999, 0};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        char number[8];
        snprintf(number, sizeof number, "%07d", lines[i]);
        int64_t at = (int64_t)lines[i] * (LINE - 1) + LINE - 8;
        const char *got = reference.fetch(reference.source, at, at + 7, &why);
        cr_assert_not_null(got, "%s", why.text);
        cr_assert_arr_eq(got, number, 7, "line %d", lines[i]);
    }
    cr_assert_not_null(reference.fetch(reference.source, 0, reference.length, &why));
    reference_close(file);
}

Test(reference, index_is_made_beside) {
    char index[128];
    write_fasta(">a\nACGT\n");
    snprintf(index, sizeof index, "%s.fai", path);
    reference_close(open_or_die(path));
    cr_assert_eq(access(index, F_OK), 0);
}

static void *open_once(void *said) {
    struct failure why = {0};
    struct reference_file *file;
    if (reference_open(&file, path, &why) != STATUS_OK)
        return said;
    bool whole = reference_contig_count(file) == 2000;
    reference_close(file);
    return whole ? NULL : said;
}

/* The stages of a line open one file, each on a thread of its own. */
Test(reference, index_is_made_by_several_at_once) {
    enum { THREADS = 4, ROUNDS = 60 };
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    for (int contig = 0; contig < 2000; contig++)
        fprintf(file, ">c%d\nACGTACGTACGTACGTACGT\n", contig);
    fclose(file);
    char index[128];
    snprintf(index, sizeof index, "%s.fai", path);
    size_t failed = 0;
    for (int round = 0; round < ROUNDS; round++) {
        pthread_t threads[THREADS];
        remove(index);
        for (int t = 0; t < THREADS; t++)
            cr_assert_eq(pthread_create(&threads[t], NULL, open_once, path), 0);
        for (int t = 0; t < THREADS; t++) {
            void *result;
            pthread_join(threads[t], &result);
            failed += result != NULL;
        }
    }
    cr_expect_eq(failed, 0, "%zu of %d could not be opened", failed, THREADS * ROUNDS);
}

Test(reference, index_is_made_for_this_run_where_it_cannot_stay) {
    char index[128];
    write_fasta(">a\nACGT\n");
    snprintf(index, sizeof index, "%s.fai", path);
    cr_assert_eq(mkdir(index, 0700), 0); /* the name is taken: it cannot be put there */
    struct reference_file *file = open_or_die(path);
    cr_assert_eq(reference_contig_length(file, 0), 4);
    reference_close(file);
    rmdir(index);
}

static void expect_contig_failure(const char *name, int64_t length, const char *piece) {
    struct failure why = {0};
    struct reference reference;
    struct reference_file *file = open_or_die(REFERENCE);
    cr_assert_eq(reference_contig(file, name, length, &reference, &why), STATUS_BAD_INPUT);
    cr_assert_not_null(strstr(why.text, piece), "%s", why.text);
    cr_assert_not_null(strstr(why.text, REFERENCE), "%s", why.text);
    reference_close(file);
}

Test(reference, missing_contig) {
    expect_contig_failure("chr1", 100, "has no contig 'chr1'");
}

Test(reference, contig_of_another_length) {
    expect_contig_failure("chrS3", 1400, "1500 bases long, but the alignments say 1400");
}

Test(reference, file_that_becomes_shorter_than_its_index) {
    FILE *out = fopen(path, "wb");
    fputs(">a\n", out);
    for (int i = 0; i < 20000; i++)
        fputs("ACGTACGTAC\n", out);
    fclose(out);
    struct failure why = {0};
    struct reference reference;
    struct reference_file *file = open_or_die(path);
    cr_assert_eq(reference_contig(file, "a", -1, &reference, &why), STATUS_OK);
    cr_assert_eq(truncate(path, 1000), 0);
    cr_assert_null(reference.fetch(reference.source, 150000, 150100, &why));
    cr_assert_not_null(strstr(why.text, ".fai"), "%s", why.text);
    reference_close(file);
}

static void expect_open_failure(const char *name, const char *piece) {
    struct failure why = {0};
    struct reference_file *file;
    cr_assert_lt(reference_open(&file, name, &why), 0);
    cr_assert_not_null(strstr(why.text, name), "%s", why.text);
    cr_assert_not_null(strstr(why.text, piece), "%s", why.text);
}

/* An index that was made of another file: each of these differs from the first where it matters. */
Test(reference, index_of_another_file) {
    static const char *const others[] = {
        ">a x\nACGT\nACGT\nAC\n>bb\nACGTA\n>c\nA\n", /* longer by a letter */
        ">a x\nACGT\nACGT\nAC\n>b\nACGT\n>c\nA\n",   /* shorter by one */
        ">a x\nACGT\nACGT\nAC\n>d\nACGTA\n>c\nA\n",  /* another name */
        ">a x\nACGTA\nCGTAC\n>bc\nACGTA\n>c\nA\n",   /* lines of another length */
        ">a x\nACGT\nACGT\nAC\n",
        ">a x\nACGT\nACGT\nAC\n>b\nACGTA\n>c\n"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        char index[128];
        snprintf(index, sizeof index, "%s.fai", path);
        remove(index);
        reference_close(open_or_die(write_fasta(">a x\nACGT\nACGT\nAC\n>b\nACGTA\n>c\nA\n")));
        reference_close(open_or_die(path));
        expect_open_failure(write_fasta(others[i]), "not the index of this FASTA file");
    }
}

/* Windows' line ends, no line end at the end, empty lines, long names: indexes that are right. */
Test(reference, indexes_that_are_right) {
    static char long_name[6000];
    memset(long_name, 'n', sizeof long_name - 1);
    static char text[8000];
    snprintf(text, sizeof text, ">a %s\nACGT\n>b\nAC", long_name);
    const char *const texts[] = {">a\r\nACGT\r\nAC\r\n>b\r\nACGT\r\n",
                                 ">a\nACGT",
                                 ">a\nACGT\n\n>b\nACGT\n\n",
                                 ">a\nACGT \nAC \n>b\nT\n",
                                 ">a\tx\nA\nC\n>b\nT\n",
                                 text};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char index[128];
        snprintf(index, sizeof index, "%s.fai", path);
        remove(index);
        reference_close(open_or_die(write_fasta(texts[i])));
        reference_close(open_or_die(path));
    }
}

Test(reference, no_such_file) {
    expect_open_failure("/nowhere/ref.fa", "No such file");
}

Test(reference, not_fasta) {
    expect_open_failure(write_fasta("hello\n"), "not a FASTA file");
    expect_open_failure(write_fasta(""), "not a FASTA file");
}
