/* SPDX-License-Identifier: MIT
 *
 * How a genome is cut.  That the calls are those of one pass is tested in
 * tests/plugin/whole_calls.sh. */
#include "plugin/host/pieces.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* An indexed BAM of a header alone. */
static void make_file(char *folder, char *path, size_t room, const char *contigs) {
    char command[1024];
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, room, "%s/x.bam", folder);
    snprintf(
        command, sizeof command,
        "printf '@HD\\tVN:1.6\\tSO:coordinate\\n%s' | samtools view -b -o %s - && samtools index %s",
        contigs, path, path);
    cr_assert_eq(system(command), 0, "%s", command);
}

static void remove_folder(const char *folder) {
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", folder);
    cr_expect_eq(system(command), 0);
}

Test(pieces, long_contigs_in_parts_short_ones_together) {
    char folder[] = "/tmp/runnel-test-XXXXXX", path[64];
    struct pieces pieces;
    struct failure why = {0};
    make_file(folder, path, sizeof path,
              "@SQ\\tSN:a\\tLN:600000\\n@SQ\\tSN:b:1\\tLN:100000\\n@SQ\\tSN:c\\tLN:150000\\n"
              "@SQ\\tSN:d\\tLN:1\\n@SQ\\tSN:e\\tLN:250001\\n");
    cr_assert_eq(pieces_cut(&pieces, path, NULL, &why), STATUS_OK, "%s", why.text);
    static const char *const EXPECTED[] = {
        "a:1-200000", "a:200001-400000", "a:400001-600000", "b:1:1-100000 c:1-150000",
        "d:1-1",      "e:1-125000",      "e:125001-250001"};
    cr_assert_eq(pieces.count, 7);
    for (size_t i = 0; i < 7; i++)
        cr_expect_str_eq(pieces.list[i].regions, EXPECTED[i]);
    cr_expect(pieces.list[1].contig == 0 && pieces.list[1].begin == 200001 &&
              pieces.list[1].end == 400000);
    cr_expect(pieces.list[3].contig == -1 && pieces.list[6].contig == 4);
    pieces_free(&pieces);
    remove_folder(folder);
}

Test(pieces, none_without_a_good_index_or_of_a_small_genome) {
    char folder[] = "/tmp/runnel-test-XXXXXX", small[] = "/tmp/runnel-test-XXXXXX", path[64],
         command[128];
    struct pieces pieces;
    struct failure why = {0};
    make_file(small, path, sizeof path, "@SQ\\tSN:a\\tLN:250000\\n");
    cr_assert_eq(pieces_cut(&pieces, path, NULL, &why), STATUS_OK);
    cr_expect_eq(pieces.count, 0);
    make_file(folder, path, sizeof path, "@SQ\\tSN:a\\tLN:600000\\n");
    snprintf(command, sizeof command, "touch -d '2 days ago' %s.bai", path);
    cr_assert_eq(system(command), 0);
    cr_assert_eq(pieces_cut(&pieces, path, NULL, &why), STATUS_OK);
    cr_expect_eq(pieces.count, 0, "an index older than its file is of another file");
    snprintf(command, sizeof command, "%s.bai", path);
    unlink(command);
    cr_assert_eq(pieces_cut(&pieces, path, NULL, &why), STATUS_OK);
    cr_expect_eq(pieces.count, 0);
    remove_folder(folder);
    remove_folder(small);
}

/* Contigs without reads have no pieces, and few reads lie in few. */
Test(pieces, only_where_reads_are) {
    char folder[] = "/tmp/runnel-test-XXXXXX", path[64], command[512];
    struct pieces pieces;
    struct failure why = {0};
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/x.bam", folder);
    snprintf(
        command, sizeof command,
        "{ printf '@SQ\\tSN:a\\tLN:90000000\\n@SQ\\tSN:b\\tLN:600000\\n@SQ\\tSN:c\\tLN:9\\n'; "
        "for i in $(seq %d); do printf 'r\\t0\\tb\\t5\\t60\\t1M\\t*\\t0\\t0\\tA\\tI\\n'; done; } | "
        "samtools view -b -o %s - && samtools index %s",
        PIECE_READS, path, path);
    cr_assert_eq(system(command), 0);
    cr_assert_eq(pieces_cut(&pieces, path, NULL, &why), STATUS_OK, "%s", why.text);
    cr_assert_eq(pieces.count, 2, "%zu", pieces.count);
    cr_expect_str_eq(pieces.list[0].regions, "b:1-300000");
    cr_expect_str_eq(pieces.list[1].regions, "b:300001-600000");
    pieces_free(&pieces);
    remove_folder(folder);
}

/* A genome of very many contigs: each text fits the option, and no contig is lost. */
Test(pieces, many_contigs) {
    char folder[] = "/tmp/runnel-test-XXXXXX", path[64], command[512];
    struct pieces pieces;
    struct failure why = {0};
    size_t contigs = 0;
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/x.bam", folder);
    snprintf(command, sizeof command,
             "{ printf '@HD\\tVN:1.6\\tSO:coordinate\\n'; seq 5000 | "
             "sed 's/.*/@SQ\\tSN:contig_&\\tLN:10/'; } | samtools view -b -o %s - && "
             "samtools index %s",
             path, path);
    cr_assert_eq(system(command), 0);
    cr_assert_eq(pieces_cut(&pieces, path, NULL, &why), STATUS_OK, "%s", why.text);
    cr_expect_gt(pieces.count, 5);
    for (size_t i = 0; i < pieces.count; i++) {
        cr_expect_lt(strlen(pieces.list[i].regions), PIECE_TEXT);
        contigs += 1;
        for (const char *at = pieces.list[i].regions; *at; at++)
            contigs += *at == ' ';
    }
    cr_expect_eq(contigs, 5000);
    pieces_free(&pieces);
    remove_folder(folder);
}
