/* SPDX-License-Identifier: MIT
 *
 * What was flushed is there after a kill, and sorting does not depend on the order of arrival. */
#include "adapters/read_spool.h"

#include "adapters/alignments.h"
#include "tests/core/windows/random_reads.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READS = 60 };

static char folder[] = "/tmp/runnel-spool-XXXXXX", spool_path[64], sorted[64];
static char *names[] = {"one", "two"};
static const int64_t LENGTHS[] = {5000, 3000};
static const struct read_spool_header HEADER = {.contig_count = 2,
                                                .names = names,
                                                .lengths = LENGTHS,
                                                .sample = "s",
                                                .platform = "ONT",
                                                .basecall_models = "hac,sup",
                                                .targets = "these"};

static void begin(void) {
    strcpy(folder, "/tmp/runnel-spool-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    snprintf(spool_path, sizeof spool_path, "%s/spool", folder);
    snprintf(sorted, sizeof sorted, "%s/sorted.bam", folder);
}

static void end(void) {
    char index[80];
    read_spool_remove(spool_path);
    remove(sorted);
    snprintf(index, sizeof index, "%s.bai", sorted);
    remove(index);
    cr_expect_eq(rmdir(folder), 0, "something else was left in %s", folder);
}

TestSuite(read_spool, .init = begin, .fini = end);

/* Read `i`: several begin at one place, some differ in flags or strand alone. */
static void add(struct read_spool *spool, int i) {
    static const uint8_t LETTERS[5] = {0x12, 0x48, 0x1f, 0x21, 0x80}, QUALITIES[9] = {1, 2, 3, 255};
    static const uint8_t MOVES[] = {1, 0, 0, 1, 1};
    const uint32_t cigar[] = {9U << 4};
    char name[16];
    snprintf(name, sizeof name, "r%d", i / 2);
    const struct alignment read = {.name = name,
                                   .position = 10 * (i % 7),
                                   .flag = i % 2   ? 1024
                                           : i % 3 ? 16
                                                   : 0,
                                   .mapq = (uint8_t)i,
                                   .haplotype = (int8_t)(i % 3),
                                   .cigar_count = 1,
                                   .cigar = cigar,
                                   .length = 9,
                                   .sequence = LETTERS,
                                   .qualities = QUALITIES,
                                   .move_count = i % 4 ? sizeof MOVES : 0,
                                   .moves = i % 4 ? MOVES : NULL};
    struct failure why = {0};
    cr_assert_eq(read_spool_add(spool, i % 5 == 0, &read, i % 2 ? "2026-01-01T00:00:00Z+++" : NULL,
                                20, i % 2 ? i : -1, &why),
                 STATUS_OK, "%s", why.text);
}

static struct read_spool *open_spool(bool resume) {
    struct read_spool *spool;
    struct failure why = {0};
    cr_assert_eq(read_spool_open(&spool, spool_path, &HEADER, resume, &why), STATUS_OK, "%s",
                 why.text);
    return spool;
}

static size_t read_file(const char *path, char *bytes, size_t size) {
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file, "%s", path);
    size_t length = fread(bytes, 1, size, file);
    fclose(file);
    return length;
}

Test(read_spool, any_order_and_any_cut_sort_to_one_file) {
    static char first[1 << 16], other[1 << 16];
    size_t length = 0;
    struct failure why = {0};
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct dice dice = {seed};
        int order[READS];
        for (int i = 0; i < READS; i++)
            order[i] = i;
        for (uint32_t i = READS; i > 1; i--) {
            uint32_t j = roll(&dice, i);
            int swapped = order[j];
            order[j] = order[i - 1];
            order[i - 1] = swapped;
        }
        struct read_spool *spool = open_spool(false);
        for (int i = 0; i < READS; i++) {
            add(spool, order[i]);
            if (roll(&dice, 20) == 0)
                cr_assert_eq(read_spool_end(spool, &why), STATUS_OK);
            if (roll(&dice, 5) == 0)
                cr_assert_eq(read_spool_flush(spool, &why), STATUS_OK);
        }
        cr_assert_eq(read_spool_end(spool, &why), STATUS_OK);
        read_spool_free(spool);
        cr_assert_eq(read_spool_sort(spool_path, sorted, &why), STATUS_OK, "%s", why.text);
        size_t got = read_file(sorted, seed == 1 ? first : other, sizeof first);
        length = seed == 1 ? got : length;
        cr_assert(seed == 1 || (got == length && memcmp(first, other, got) == 0), "seed %d",
                  (int)seed);
        read_spool_remove(spool_path);
    }
}

/* The names, places and tags of a segment or of the sorted file. */
static int count_reads(const char *path, bool is_sorted) {
    struct alignments *file;
    struct alignment read;
    struct failure why = {0};
    const struct alignments_options options = {.moves = true, .any_order = !is_sorted};
    int32_t contig;
    int count = 0, status;
    cr_assert_eq(alignments_open(&file, path, &options, &why), STATUS_OK, "%s", why.text);
    cr_expect_str_eq(alignments_header(file)->sample, "s");
    cr_expect_str_eq(alignments_header(file)->platform, "ONT");
    cr_expect_str_eq(alignments_header(file)->basecall_model, "hac,sup");
    while ((status = alignments_next(file, &read, &contig, &why)) == STATUS_OK) {
        int i = read.mapq;
        cr_expect(read.position == 10 * (i % 7) && contig == (i % 5 == 0) &&
                      read.haplotype == i % 3 && read.length == 9 && read.sequence[1] == 0x48 &&
                      read.qualities[3] == 255 && read.cigar[0] == 9U << 4,
                  "read %d", i);
        cr_expect((read.moves != NULL) == (i % 4 != 0));
        cr_expect(read.moves == NULL ||
                  (read.move_count == 5 && read.moves[0] && !read.moves[1] && read.moves[4]));
        count++;
    }
    cr_expect_eq(status, STATUS_END, "%s", why.text);
    alignments_close(file);
    return count;
}

/* In the place of the system's: how often the disk was waited for. */
static int waits;
int fdatasync(int file) {
    (void)file;
    waits++;
    return 0;
}

Test(read_spool, what_is_acknowledged_is_on_the_disk) {
    struct failure why = {0};
    struct read_spool *spool = open_spool(false);
    add(spool, 0);
    cr_expect_eq(waits, 0);
    cr_assert_eq(read_spool_flush(spool, &why), STATUS_OK);
    cr_expect_eq(waits, 1);
    add(spool, 1);
    cr_assert_eq(read_spool_end(spool, &why), STATUS_OK);
    cr_expect_eq(waits, 2);
    read_spool_free(spool);
}

Test(read_spool, what_was_flushed_survives) {
    struct failure why = {0};
    pid_t child = fork();
    if (child == 0) {
        struct read_spool *killed = open_spool(false);
        for (int i = 0; i < 20; i++)
            add(killed, i);
        read_spool_flush(killed, &why);
        for (int i = 20; i < 25; i++)
            add(killed, i); /* not flushed */
        kill(getpid(), SIGKILL);
    }
    cr_assert_eq(waitpid(child, NULL, 0), child);
    struct read_spool *resumed = open_spool(true);
    cr_assert_eq(read_spool_segments(resumed), 1);
    cr_expect_eq(count_reads(read_spool_segment(resumed, 0), false), 20);
    for (int i = 20; i < READS; i++)
        add(resumed, i);
    cr_assert_eq(read_spool_end(resumed, &why), STATUS_OK);
    cr_assert_eq(read_spool_sort(spool_path, sorted, &why), STATUS_OK, "%s", why.text);
    cr_expect_eq(count_reads(sorted, true), READS);
    struct alignments *file;
    cr_assert_eq(alignments_open(&file, sorted, NULL, NULL), STATUS_OK);
    cr_expect(alignments_has_index(file));
    alignments_close(file);
    read_spool_free(resumed);
}

/* Wherever a segment is cut. */
Test(read_spool, any_cut_is_mended) {
    char path[96];
    struct stat whole;
    struct failure why = {0};
    snprintf(path, sizeof path, "%s/reads-000001.bam", spool_path);
    for (int cut = 0; cut < 40; cut++) {
        struct read_spool *spool = open_spool(false);
        for (int i = 0; i < 30; i++) {
            add(spool, i);
            read_spool_flush(spool, &why);
        }
        read_spool_end(spool, &why);
        read_spool_free(spool);
        cr_assert_eq(stat(path, &whole), 0);
        cr_assert_eq(truncate(path, cut * whole.st_size / 40), 0);
        spool = open_spool(true);
        size_t segments = read_spool_segments(spool);
        int count = segments ? count_reads(read_spool_segment(spool, 0), false) : 0;
        cr_expect(count <= 30 && count >= 30 * (cut - 8) / 40, "cut at %d/40: %d reads", cut,
                  count);
        read_spool_free(spool);
        read_spool_remove(spool_path);
    }
}

Test(read_spool, refuses) {
    struct failure why = {0};
    struct read_spool *spool = open_spool(false), *other;
    add(spool, 1);
    read_spool_end(spool, &why);
    cr_expect_neq(read_spool_open(&other, spool_path, &HEADER, true, &why), STATUS_OK);
    cr_expect_not_null(strstr(why.text, "another run keeps its reads there"), "%s", why.text);
    read_spool_free(spool);
    why = (struct failure){0};
    cr_expect_neq(read_spool_open(&other, spool_path, &HEADER, false, &why), STATUS_OK);
    cr_expect_not_null(strstr(why.text, "the reads of a run before"), "%s", why.text);
    why = (struct failure){0};
    static const int64_t LONGER[] = {5000, 3001};
    struct read_spool_header header = HEADER;
    header.lengths = LONGER;
    cr_expect_neq(read_spool_open(&other, spool_path, &header, true, &why), STATUS_OK);
    cr_expect_not_null(strstr(why.text, "another reference"), "%s", why.text);
    header = HEADER;
    header.targets = "others";
    why = (struct failure){0};
    cr_expect_neq(read_spool_open(&other, spool_path, &header, true, &why), STATUS_OK);
    cr_expect_not_null(strstr(why.text, "kept for other targets"), "%s", why.text);
    header = (struct read_spool_header){.targets = "the"}; /* which begins like it */
    cr_expect_neq(read_spool_open(&other, spool_path, &header, true, &why), STATUS_OK);
    why = (struct failure){0};
    header.targets = HEADER.targets;
    cr_expect_eq(read_spool_open(&other, spool_path, &header, true, &why), STATUS_OK, "%s",
                 why.text);
    read_spool_free(other);
    why = (struct failure){0};
    cr_expect_neq(read_spool_open(&other, "/proc/none", &HEADER, true, &why), STATUS_OK);
    read_spool_remove(spool_path);
    why = (struct failure){0};
    cr_expect_neq(read_spool_sort(spool_path, sorted, &why), STATUS_OK);
    cr_expect_not_null(strstr(why.text, "holds no reads"), "%s", why.text);
    cr_assert_eq(mkdir(spool_path, 0700), 0);
}
