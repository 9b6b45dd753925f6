/* SPDX-License-Identifier: MIT */
#include "tests/adapters/vcf_folder.h"

#include <htslib/hts.h>
#include <htslib/tbx.h>
#include <htslib/vcf.h>
#include <signal.h>
#include <sys/resource.h>

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

/* In the place of the system's: whether there was a name when the disk was waited for. */
static bool waited, was_named;
int fsync(int file) {
    (void)file;
    waited = true;
    was_named = exists("a.vcf");
    return 0;
}

Test(vcf, a_file_gets_its_name_when_it_is_on_the_disk) {
    write_file("a.vcf", 1000);
    cr_assert(waited && !was_named && exists("a.vcf"));
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
    text_free(&header);
}
