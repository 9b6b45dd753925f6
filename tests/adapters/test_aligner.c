/* SPDX-License-Identifier: MIT
 *
 * The aligner beside the command: simulated reads of a genome with repeats, some of two places,
 * some of none, and the same records as `minimap2 -a` writes.  And what it refuses, in which words.
 */
#include "adapters/aligner.h"
#include "adapters/alignments.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CONTIG = 60000, CONTIGS = 3, REPEAT = 6000, READS = 300, LONGEST = 12000, PATH = 128 };

static char folder[] = "/tmp/runnel-aligner-XXXXXX";
static char genome[CONTIGS][CONTIG + 1];
static uint64_t seed = 1;

struct read {
    char name[16];
    int length;
    char letters[LONGEST + 1];
    uint8_t sequence[LONGEST / 2 + 1], qualities[LONGEST], moves[3];
    struct alignment alignment;
};
static struct read reads[READS];

static unsigned draw(unsigned below) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)((seed >> 33) % below);
}

static const char *path_of(const char *name) {
    static char path[4][PATH];
    static int at;
    at = (at + 1) % 4;
    snprintf(path[at], PATH, "%s/%s", folder, name);
    return path[at];
}

/* ---- a genome and reads of it -------------------------------------------------------------- */

/* Random letters; contig 1 begins with a copy of contig 0's first bases, a little changed. */
static void make_genome(void) {
    FILE *file = fopen(path_of("ref.fa"), "w");
    for (int c = 0; c < CONTIGS; c++) {
        for (int i = 0; i < CONTIG; i++)
            genome[c][i] = c == 1 && i < REPEAT && draw(50) ? genome[0][i] : "ACGT"[draw(4)];
        fprintf(file, ">contig%d\n%s\n", c, genome[c]);
    }
    fclose(file);
}

/* Adds `length` bases from a place, with an error in one of twenty. */
static void add_piece(struct read *read, int contig, int from, int length) {
    for (int i = from; i < from + length && read->length < LONGEST; i++) {
        unsigned chance = draw(60);
        if (chance == 0)
            continue; /* lost */
        if (chance == 1)
            read->letters[read->length++] = "ACGT"[draw(4)]; /* put in */
        if (read->length < LONGEST)
            read->letters[read->length++] = chance == 2 ? "ACGT"[draw(4)] : genome[contig][i];
    }
}

static void turn(char *letters, int length) {
    for (int i = 0, j = length - 1; i <= j; i++, j--) {
        char one = letters[i], other = letters[j];
        letters[i] = "TGCA"[strchr("ACGT", other) - "ACGT"];
        letters[j] = "TGCA"[strchr("ACGT", one) - "ACGT"];
    }
}

static void make_read(struct read *read, int number) {
    snprintf(read->name, sizeof read->name, "read%d", number);
    int pieces = number % 10 == 3 ? 2 : 1; /* of two places: with a supplementary alignment */
    for (int piece = 0; piece < pieces; piece++) {
        int length = 300 + (int)draw(4000), from = (int)draw(CONTIG - 5000);
        if (number % 10 == 5)
            from = (int)draw(1500); /* in the repeat: with secondary alignments */
        add_piece(read, (int)draw(CONTIGS), from, length);
    }
    if (number % 50 == 7) /* of no place */
        for (int i = 0; i < read->length; i++)
            read->letters[i] = "ACGT"[draw(4)];
    if (draw(2))
        turn(read->letters, read->length);
    for (int i = 0; i < read->length; i++) {
        uint8_t code = (uint8_t)(1 << (strchr("ACGT", read->letters[i]) - "ACGT"));
        read->sequence[i / 2] |= (uint8_t)(i % 2 ? code : code << 4);
        read->qualities[i] = (uint8_t)draw(40);
    }
    read->alignment = (struct alignment){.name = read->name,
                                         .flag = 4,
                                         .length = read->length,
                                         .sequence = read->sequence,
                                         .qualities = read->qualities,
                                         .move_count = 3,
                                         .moves = read->moves};
}

static void make_reads(void) {
    FILE *file = fopen(path_of("reads.fq"), "w");
    for (int i = 0; i < READS; i++) {
        make_read(&reads[i], i);
        fprintf(file, "@%s\n%s\n+\n", reads[i].name, reads[i].letters);
        for (int j = 0; j < reads[i].length; j++)
            fputc(reads[i].qualities[j] + 33, file);
        fputc('\n', file);
    }
    fclose(file);
}

static void setup(void) {
    cr_assert_not_null(mkdtemp(folder));
    make_genome();
    make_reads();
}

static void teardown(void) {
    static const char *const made[] = {"ref.fa", "reads.fq", "out.sam", "ref.mmi", "bad.mmi"};
    for (size_t i = 0; i < sizeof made / sizeof *made; i++)
        remove(path_of(made[i]));
    rmdir(folder);
}

TestSuite(aligner, .init = setup, .fini = teardown);

static bool have_command(void) {
    if (system("command -v minimap2 > /dev/null") == 0)
        return true;
    cr_skip_test("minimap2 is not installed");
    return false;
}

static void run(const char *arguments) {
    char command[1024];
    snprintf(command, sizeof command, "cd %s && minimap2 %s 2> /dev/null", folder, arguments);
    cr_assert_eq(system(command), 0, "%s", command);
}

static struct aligner *open_or_die(const char *path, const char *preset) {
    struct failure why = {0};
    struct aligner *aligner;
    cr_assert_eq(aligner_open(&aligner, path, preset, 1, &why), STATUS_OK, "%s", why.text);
    return aligner;
}

/* ---- the same records ---------------------------------------------------------------------- */

static void same_record(const struct alignment *ours, const struct alignment *theirs) {
    cr_assert_str_eq(ours->name, theirs->name);
    cr_assert_eq(ours->position, theirs->position, "%s", ours->name);
    cr_assert_eq(ours->flag, theirs->flag, "%s: %d, %d", ours->name, ours->flag, theirs->flag);
    cr_assert_eq(ours->mapq, theirs->mapq, "%s", ours->name);
    cr_assert_eq(ours->cigar_count, theirs->cigar_count, "%s", ours->name);
    cr_assert_arr_eq(ours->cigar, theirs->cigar, ours->cigar_count * sizeof *ours->cigar);
    cr_assert_eq(ours->length, theirs->length, "%s", ours->name);
    cr_assert_arr_eq(ours->sequence, theirs->sequence, (size_t)(ours->length + 1) / 2);
    cr_assert_arr_eq(ours->qualities, theirs->qualities, (size_t)ours->length);
}

/* Maps all reads, in what order ever their letters lie, and compares with the command's records. */
static void compare(const char *index, const char *preset, bool turned) {
    const struct alignments_options any = {.any_order = true};
    struct failure why = {0};
    struct aligner *aligner = open_or_die(index, preset);
    struct aligner_worker *worker = aligner_worker_new(aligner, &why);
    struct alignments *file;
    cr_assert_eq(alignments_open(&file, path_of("out.sam"), &any, &why), STATUS_OK, "%s", why.text);
    int kinds[3] = {0};
    for (int i = 0; i < READS; i++) {
        struct alignment read = reads[i].alignment, theirs;
        const struct aligner_hit *hits;
        size_t count;
        int32_t contig;
        uint8_t sequence[LONGEST / 2 + 1] = {0}, qualities[LONGEST];
        if (turned) {
            for (int j = 0; j < read.length; j++) {
                int from = read.length - 1 - j;
                static const uint8_t other[] = {[1] = 8, [2] = 4, [4] = 2, [8] = 1};
                uint8_t code = other[read.sequence[from / 2] >> (from % 2 ? 0 : 4) & 15];
                sequence[j / 2] |= (uint8_t)(j % 2 ? code : code << 4);
                qualities[j] = read.qualities[from];
            }
            read.flag |= 16;
            read.sequence = sequence;
            read.qualities = qualities;
        }
        cr_assert_eq(aligner_map(worker, &read, &hits, &count, &why), STATUS_OK);
        for (size_t j = 0; j < count || j == 0; j++) {
            cr_assert_eq(alignments_next(file, &theirs, &contig, &why), STATUS_OK, "%s", why.text);
            if (count == 0) {
                cr_assert(theirs.flag == 4 && strcmp(theirs.name, read.name) == 0, "%s", read.name);
                continue;
            }
            same_record(&hits[j].alignment, &theirs);
            cr_assert_eq(hits[j].contig, (size_t)contig);
            cr_assert_eq(hits[j].alignment.moves, read.moves, "moves are the read's");
            kinds[theirs.flag & 256 ? 1 : theirs.flag & 2048 ? 2 : 0]++;
        }
    }
    cr_assert(kinds[0] >= READS * 9 / 10 && kinds[1] > 2 && kinds[2] > 10, "%d %d %d", kinds[0],
              kinds[1], kinds[2]);
    alignments_close(file);
    aligner_worker_free(worker);
    aligner_close(aligner);
}

Test(aligner, records_are_those_of_the_command) {
    static const char *const presets[] = {"map-ont", "map-hifi"};
    if (!have_command())
        return;
    for (size_t i = 0; i < 2; i++) {
        char arguments[128];
        snprintf(arguments, sizeof arguments, "-a -x %s ref.fa reads.fq > out.sam", presets[i]);
        run(arguments);
        compare(path_of("ref.fa"), presets[i], false);
    }
}

Test(aligner, reads_that_lie_turned_are_turned_back) {
    if (!have_command())
        return;
    run("-a -x map-ont ref.fa reads.fq > out.sam");
    compare(path_of("ref.fa"), "map-ont", true);
}

Test(aligner, an_index_is_as_good_as_the_genome) {
    if (!have_command())
        return;
    run("-x map-hifi -d ref.mmi ref.fa");
    run("-a -x map-hifi ref.mmi reads.fq > out.sam");
    compare(path_of("ref.mmi"), "map-hifi", false);
}

/* ---- alone, without the command ------------------------------------------------------------- */

Test(aligner, places_and_contigs) {
    struct failure why = {0};
    size_t count, right = 0;
    struct aligner *aligner = open_or_die(path_of("ref.fa"), "map-ont");
    const struct aligner_contig *contigs = aligner_contigs(aligner, &count);
    cr_assert_eq(count, CONTIGS);
    cr_assert_str_eq(contigs[2].name, "contig2");
    cr_assert_eq(contigs[2].length, CONTIG);
    struct aligner_worker *worker = aligner_worker_new(aligner, &why);
    for (int i = 0; i < READS; i++) {
        const struct aligner_hit *hits;
        reads[i].alignment.flag = 4 | 512;
        cr_assert_eq(aligner_map(worker, &reads[i].alignment, &hits, &count, &why), STATUS_OK);
        right += count > 0;
        cr_assert(count == 0 || (hits[0].alignment.flag & 0x604) == 512, "QC failure stays");
    }
    cr_assert_gt(right, READS * 9 / 10);
    const struct aligner_hit *hits;
    struct alignment empty = {.name = "empty", .flag = 4};
    cr_assert_eq(aligner_map(worker, &empty, &hits, &count, &why), STATUS_OK);
    cr_assert_eq(count, 0);
    aligner_worker_free(worker);
    aligner_close(aligner);
}

static void expect_failure(const char *path, const char *preset, const char *words) {
    struct failure why = {0};
    struct aligner *aligner;
    cr_expect_lt(aligner_open(&aligner, path, preset, 1, &why), 0, "%s", words);
    cr_expect_null(aligner);
    cr_expect_not_null(strstr(why.text, words), "%s", why.text);
}

Test(aligner, what_is_refused) {
    expect_failure(path_of("ref.fa"), "map-moon", "no preset 'map-moon'");
    expect_failure(path_of("none.fa"), "map-ont", "none.fa: cannot open");
    FILE *file = fopen(path_of("bad.mmi"), "w");
    fputs("not a sequence\n", file);
    fclose(file);
    expect_failure(path_of("bad.mmi"), "map-ont", "holds no sequences");
}

/* The library would end the process on these. */
Test(aligner, an_index_that_is_cut_short_is_refused) {
    if (!have_command())
        return;
    run("-x map-ont -d ref.mmi ref.fa");
    static char data[1 << 23];
    FILE *whole = fopen(path_of("ref.mmi"), "rb");
    size_t size = fread(data, 1, sizeof data, whole);
    fclose(whole);
    cr_assert_lt(size, sizeof data);
    const size_t lengths[] = {5, 23, 26, 60, 1000, size / 2, size - 40000, size - 1};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        FILE *file = fopen(path_of("bad.mmi"), "wb");
        fwrite(data, 1, lengths[i], file);
        fclose(file);
        expect_failure(path_of("bad.mmi"), "map-ont", "cut short");
    }
    run("-x map-ont -I 70k -d ref.mmi ref.fa");
    expect_failure(path_of("ref.mmi"), "map-ont", "several parts");
}
