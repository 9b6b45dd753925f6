/* SPDX-License-Identifier: MIT */
#include "adapters/vcf.h"

#include "core/calls/header.h"
#include <criterion/criterion.h>
#include <dirent.h>
#include <htslib/hts.h>
#include <htslib/tbx.h>
#include <htslib/vcf.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static const char records[] =
    "c1\t5\t.\tA\tC\t7.10\tPASS\tF\tGT:GQ:DP:AD:AF:PL\t0/1:7:9:1,4:0.4444:9,0,7\n"
    "c1\t8\t.\tAC\tA\t0.00\tLowQual\tP\tGT:GQ:DP:AD:AF:PL\t1/1:0:9:1,4:0.4444:9,8,0\n"
    "c2\t3\t.\tG\t.\t20.00\tRefCall\tP\tGT:GQ:DP:AD:AF:PL\t0/0:20:9:9:1.0000:990\n";

static char folder[64];

static void make_folder(void) {
    strcpy(folder, "/tmp/test_vcf_XXXXXX");
    cr_assert(mkdtemp(folder) != NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
}

/* How many files lie in the folder; removes them when asked. */
static int count_files(bool remove_them) {
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

static void remove_folder(void) {
    count_files(true);
    rmdir(folder);
}

static char *path_of(const char *name) {
    static char path[2][256];
    static int turn;
    turn = !turn;
    snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
    return path[turn];
}

static bool exists(const char *name) {
    return access(path_of(name), F_OK) == 0;
}

static struct text make_header(int64_t length) {
    struct header_contig contigs[] = {{"c1", 1000}, {"c2", length}};
    struct header header = {
        .source = "Test", .contig_count = 2, .contigs = contigs, .sample = "s1"};
    struct text text = {0};
    header_append(&text, &header);
    return text;
}

static struct vcf_writer *open_writer(const char *path, enum vcf_kind kind, int64_t length) {
    struct text header = make_header(length);
    struct failure why = {0};
    struct vcf_writer *writer = vcf_writer_open(path, kind, &header, &why);
    cr_assert(writer != NULL, "%s", why.text);
    text_free(&header);
    return writer;
}

static void write_file_over(const char *name, int64_t length) {
    struct failure why = {0};
    struct vcf_writer *writer = open_writer(path_of(name), vcf_kind_of_name(name), length);
    cr_assert_eq(vcf_writer_write(writer, records, strlen(records), &why), STATUS_OK);
    cr_assert_eq(vcf_writer_commit(writer, &why), STATUS_OK, "%s", why.text);
    vcf_writer_free(writer);
    cr_assert(exists(name));
}

static void write_file(const char *name, int64_t length) {
    cr_assert(!exists(name));
    write_file_over(name, length);
}

/* All records of a file, each with its newline. */
static struct text read_file(const char *name) {
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

TestSuite(vcf, .init = make_folder, .fini = remove_folder);

Test(vcf, text_is_written_character_for_character) {
    write_file("a.vcf", 1000);
    FILE *file = fopen(path_of("a.vcf"), "r");
    char bytes[8192];
    bytes[fread(bytes, 1, sizeof bytes - 1, file)] = '\0';
    fclose(file);
    struct text header = make_header(1000);
    text_append_string(&header, records);
    bytes[header.length] = '\0';
    cr_assert_str_eq(bytes, header.bytes);
    cr_assert_eq(count_files(false), 1);
    text_free(&header);
}

Test(vcf, a_file_is_not_seen_before_it_is_whole) {
    struct vcf_writer *writer = open_writer(path_of("a.vcf"), VCF_TEXT, 1000);
    cr_assert_eq(vcf_writer_write(writer, records, strlen(records), NULL), STATUS_OK);
    cr_assert(!exists("a.vcf"));
    cr_assert_eq(vcf_writer_commit(writer, NULL), STATUS_OK);
    cr_assert(exists("a.vcf"));
    vcf_writer_free(writer);
    cr_assert_eq(count_files(false), 1);
}

Test(vcf, bgzf_has_the_same_text_and_a_tbi) {
    write_file("a.vcf.gz", 1000);
    struct text got = read_file("a.vcf.gz");
    cr_assert_str_eq(got.bytes, records);
    text_free(&got);
    cr_assert(exists("a.vcf.gz.tbi"));
    cr_assert_eq(count_files(false), 2);
    tbx_t *index = tbx_index_load(path_of("a.vcf.gz"));
    hts_itr_t *found = tbx_itr_querys(index, "c1:7-9");
    htsFile *file = hts_open(path_of("a.vcf.gz"), "r");
    kstring_t line = {0};
    cr_assert(tbx_itr_next(file, index, found, &line) >= 0);
    cr_assert(strncmp(line.s, "c1\t8\t", 5) == 0);
    cr_assert(tbx_itr_next(file, index, found, &line) < 0);
    ks_free(&line);
    hts_close(file);
    tbx_itr_destroy(found);
    tbx_destroy(index);
}

Test(vcf, a_long_contig_gets_csi) {
    write_file("a.vcf.gz", INT64_C(600000000));
    cr_assert(exists("a.vcf.gz.csi") && !exists("a.vcf.gz.tbi"));
    write_file_over("a.vcf.gz", 1000); /* and loses it again */
    cr_assert(exists("a.vcf.gz.tbi") && !exists("a.vcf.gz.csi"));
}

/* htslib prints floats its own way, so QUAL and AF lose trailing zeros. */
Test(vcf, bcf_has_the_same_records_and_a_csi) {
    write_file("a.bcf", 1000);
    cr_assert(exists("a.bcf.csi"));
    struct text got = read_file("a.bcf");
    cr_assert_str_eq(got.bytes,
                     "c1\t5\t.\tA\tC\t7.1\tPASS\tF\tGT:GQ:DP:AD:AF:PL\t0/1:7:9:1,4:0.4444:9,0,7\n"
                     "c1\t8\t.\tAC\tA\t0\tLowQual\tP\tGT:GQ:DP:AD:AF:PL\t1/1:0:9:1,4:0.4444:9,8,0\n"
                     "c2\t3\t.\tG\t.\t20\tRefCall\tP\tGT:GQ:DP:AD:AF:PL\t0/0:20:9:9:1:990\n");
    text_free(&got);
}

Test(vcf, a_bcf_record_of_an_unknown_contig_is_refused) {
    struct vcf_writer *writer = open_writer(path_of("a.bcf"), VCF_BCF, 1000);
    const char *line = "c9\t5\t.\tA\tC\t7.10\tPASS\tF\tGT\t0/1\n";
    cr_assert_eq(vcf_writer_write(writer, line, strlen(line), NULL), STATUS_BAD_INPUT);
    vcf_writer_free(writer);
    cr_assert_eq(count_files(false), 0);
}

Test(vcf, without_commit_nothing_stays_and_the_old_file_does) {
    write_file("a.vcf.gz", 1000);
    struct vcf_writer *writer = open_writer(path_of("a.vcf.gz"), VCF_BGZF, 1000);
    vcf_writer_free(writer);
    cr_assert_eq(count_files(false), 2);
    struct text got = read_file("a.vcf.gz");
    cr_assert_str_eq(got.bytes, records);
    text_free(&got);
}

Test(vcf, unsorted_records_fail_the_index_and_leave_nothing) {
    struct vcf_writer *writer = open_writer(path_of("a.vcf.gz"), VCF_BGZF, 1000);
    const char *lines =
        "c1\t9\t.\tA\tC\t7.10\tPASS\tF\tGT\t0/1\nc1\t5\t.\tA\tC\t7.10\tPASS\tF\tGT\t0/1\n";
    struct failure why = {0};
    cr_assert_eq(vcf_writer_write(writer, lines, strlen(lines), NULL), STATUS_OK);
    cr_assert_eq(vcf_writer_commit(writer, &why), STATUS_IO);
    cr_assert(strstr(why.text, "a.vcf.gz") != NULL);
    vcf_writer_free(writer);
    cr_assert_eq(count_files(false), 0);
}

/* A limit on the size of files acts as a full disk does: write fails in the middle. */
Test(vcf, a_full_disk_is_said_and_leaves_nothing) {
    struct failure why = {0};
    struct vcf_writer *writer = open_writer(path_of("a.vcf"), VCF_TEXT, 1000);
    struct rlimit limit = {4096, 4096};
    setrlimit(RLIMIT_FSIZE, &limit);
    int status = STATUS_OK;
    for (int i = 0; i < 10000 && status == STATUS_OK; i++)
        status = vcf_writer_write(writer, records, strlen(records), &why);
    cr_assert_eq(status, STATUS_IO);
    cr_assert(strstr(why.text, "a.vcf: ") != NULL && strstr(why.text, "too large") != NULL, "%s",
              why.text);
    vcf_writer_free(writer);
    cr_assert_eq(count_files(false), 0);
}

Test(vcf, a_full_device_is_said_at_the_latest_by_commit) {
    struct failure why = {0};
    struct vcf_writer *writer = open_writer("/dev/full", VCF_TEXT, 1000);
    int status = vcf_writer_write(writer, records, strlen(records), &why);
    if (status == STATUS_OK)
        status = vcf_writer_commit(writer, &why);
    cr_assert_eq(status, STATUS_IO);
    cr_assert(strstr(why.text, "No space left") != NULL, "%s", why.text);
    vcf_writer_free(writer);
}

Test(vcf, a_closed_pipe_is_said) {
    int ends[2], kept = dup(STDOUT_FILENO);
    cr_assert_eq(pipe(ends), 0);
    dup2(ends[1], STDOUT_FILENO);
    struct vcf_writer *writer = open_writer("-", VCF_TEXT, 1000);
    close(ends[0]);
    struct failure why = {0};
    int status = vcf_writer_write(writer, records, strlen(records), &why);
    if (status == STATUS_OK)
        status = vcf_writer_flush(writer, &why);
    vcf_writer_free(writer);
    dup2(kept, STDOUT_FILENO);
    cr_assert_eq(status, STATUS_CLOSED);
    cr_assert(strstr(why.text, "standard output") && strstr(why.text, "Broken pipe"), "%s",
              why.text);
}

/* What was cut short must not look whole: the mark at the end of BGZF is missing. */
Test(vcf, an_abandoned_stream_is_not_ended) {
    int ends[2], kept = dup(STDOUT_FILENO);
    cr_assert_eq(pipe(ends), 0);
    dup2(ends[1], STDOUT_FILENO);
    struct vcf_writer *writer = open_writer("-", VCF_BGZF, 1000);
    int status = vcf_writer_write(writer, records, strlen(records), NULL);
    status |= vcf_writer_flush(writer, NULL);
    vcf_writer_free(writer);
    dup2(kept, STDOUT_FILENO);
    close(ends[1]);
    cr_assert_eq(status, STATUS_OK);
    unsigned char bytes[8192];
    ssize_t length = read(ends[0], bytes, sizeof bytes);
    close(ends[0]);
    static const unsigned char end_mark[] = {0x1b, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    cr_assert_gt(length, 100);
    cr_assert_neq(memcmp(bytes + length - sizeof end_mark, end_mark, sizeof end_mark), 0);
}

Test(vcf, a_full_disk_under_bgzf_leaves_nothing) {
    struct failure why = {0};
    struct vcf_writer *writer = open_writer(path_of("a.vcf.gz"), VCF_BGZF, 1000);
    struct rlimit limit = {64, 64};
    setrlimit(RLIMIT_FSIZE, &limit);
    int status = STATUS_OK;
    for (int i = 0; i < 100000 && status == STATUS_OK; i++)
        status = vcf_writer_write(writer, records, strlen(records), &why);
    cr_assert_eq(status, STATUS_IO, "%s", why.text);
    vcf_writer_free(writer);
    cr_assert_eq(count_files(false), 0);
}

Test(vcf, standard_output_gets_the_text) {
    int ends[2], kept = dup(STDOUT_FILENO);
    cr_assert_eq(pipe(ends), 0);
    dup2(ends[1], STDOUT_FILENO);
    struct vcf_writer *writer = open_writer("-", VCF_TEXT, 1000);
    int status = vcf_writer_write(writer, records, strlen(records), NULL);
    status |= vcf_writer_commit(writer, NULL);
    vcf_writer_free(writer);
    dup2(kept, STDOUT_FILENO);
    close(ends[1]);
    cr_assert_eq(status, STATUS_OK);
    char bytes[8192];
    FILE *stream = fdopen(ends[0], "r");
    bytes[fread(bytes, 1, sizeof bytes - 1, stream)] = '\0';
    fclose(stream);
    cr_assert(strstr(bytes, records) != NULL);
}

Test(vcf, what_cannot_be_opened_is_said) {
    struct failure why = {0};
    struct text header = make_header(1000);
    cr_assert_null(vcf_writer_open("/nonexistent/a.vcf", VCF_TEXT, &header, &why));
    cr_assert(strstr(why.text, "/nonexistent/a.vcf") && strstr(why.text, "No such file"), "%s",
              why.text);
    why = (struct failure){0};
    cr_assert_null(vcf_reader_open(path_of("none.vcf"), &why));
    cr_assert_eq(why.code, STATUS_IO);
    text_free(&header);
}

Test(vcf, a_cut_off_file_is_refused) {
    write_file("a.vcf.gz", 1000);
    struct stat status;
    stat(path_of("a.vcf.gz"), &status);
    cr_assert_eq(truncate(path_of("a.vcf.gz"), status.st_size - 28), 0); /* the end mark */
    struct failure why = {0};
    cr_assert_null(vcf_reader_open(path_of("a.vcf.gz"), &why));
    cr_assert(strstr(why.text, "cut off") != NULL, "%s", why.text);
}

Test(vcf, a_list_without_header_is_read) {
    FILE *file = fopen(path_of("list.vcf"), "w");
    fputs("c1\t5\t.\tA\tC\r\n\nc1\t6\t.\tA\tC", file);
    fclose(file);
    struct text got = read_file("list.vcf");
    cr_assert_str_eq(got.bytes, "c1\t5\t.\tA\tC\nc1\t6\t.\tA\tC\n");
    text_free(&got);
}
