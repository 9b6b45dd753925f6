/* SPDX-License-Identifier: MIT
 *
 * A folder of its own for each test, and writing and reading small VCFs in it. */
#ifndef TESTS_ADAPTERS_VCF_FOLDER_H
#define TESTS_ADAPTERS_VCF_FOLDER_H

#include "adapters/vcf.h"

#include "core/calls/header.h"
#include <criterion/criterion.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char records[] =
    "c1\t5\t.\tA\tC\t7.10\tPASS\tF\tGT:GQ:DP:AD:AF:PL\t0/1:7:9:1,4:0.4444:9,0,7\n"
    "c1\t8\t.\tAC\tA\t0.00\tLowQual\tP\tGT:GQ:DP:AD:AF:PL\t1/1:0:9:1,4:0.4444:9,8,0\n"
    "c2\t3\t.\tG\t.\t20.00\tRefCall\tP\tGT:GQ:DP:AD:AF:PL\t0/0:20:9:9:1.0000:990\n";

static char folder[64];

static inline void make_folder(void) {
    strcpy(folder, "/tmp/test_vcf_XXXXXX");
    cr_assert(mkdtemp(folder) != NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
}

/* How many files lie in the folder; removes them when asked. */
static inline int count_files(bool remove_them) {
    DIR *directory = opendir(folder);
    struct dirent *entry;
    int count = 0;
    while ((entry = readdir(directory))) {
        char path[512];
        if (entry->d_name[0] == '.')
            continue;
        count++;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (remove_them)
            unlink(path);
    }
    closedir(directory);
    return count;
}

static inline void remove_folder(void) {
    count_files(true);
    rmdir(folder);
}

static inline char *path_of(const char *name) {
    static char path[2][256];
    static int turn;
    turn = !turn;
    snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
    return path[turn];
}

static inline bool exists(const char *name) {
    return access(path_of(name), F_OK) == 0;
}

static inline struct text make_header(int64_t length) {
    struct header_contig contigs[] = {{"c1", 1000}, {"c2", length}};
    struct header header = {
        .source = "Test", .contig_count = 2, .contigs = contigs, .sample = "s1"};
    struct text text = {0};
    header_append(&text, &header);
    return text;
}

static inline struct vcf_writer *open_writer(const char *path, enum vcf_kind kind, int64_t length) {
    struct text header = make_header(length);
    struct failure why = {0};
    struct vcf_writer *writer = vcf_writer_open(path, kind, &header, &why);
    cr_assert(writer != NULL, "%s", why.text);
    text_free(&header);
    return writer;
}

static inline void write_file_over(const char *name, int64_t length) {
    struct failure why = {0};
    struct vcf_writer *writer = open_writer(path_of(name), vcf_kind_of_name(name), length);
    cr_assert_eq(vcf_writer_write(writer, records, strlen(records), &why), STATUS_OK);
    cr_assert_eq(vcf_writer_commit(writer, &why), STATUS_OK, "%s", why.text);
    vcf_writer_free(writer);
    cr_assert(exists(name));
}

static inline void write_file(const char *name, int64_t length) {
    cr_assert(!exists(name));
    write_file_over(name, length);
}

/* All records of a file, each with its newline. */
static inline struct text read_file(const char *name) {
    struct failure why = {0};
    struct text text = {0};
    struct letters line;
    struct vcf_reader *reader = vcf_reader_open(path_of(name), &why);
    cr_assert(reader != NULL, "%s", why.text);
    int status;
    while ((status = vcf_reader_next(reader, &line, &why)) == STATUS_OK) {
        text_append(&text, line.bytes, line.length);
        text_append_char(&text, '\n');
    }
    cr_assert_eq(status, STATUS_END, "%s", why.text);
    vcf_reader_free(reader);
    return text;
}

#endif
