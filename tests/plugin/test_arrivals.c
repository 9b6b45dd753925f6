/* SPDX-License-Identifier: MIT
 *
 * Reads that arrive: files that grow side by side, end, break off, or are of another reference;
 * what was whole is there at once, once, and what was not is said. */
#include "plugin/arrivals.h"
#include "plugin/read_rows.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define BAM TEST_DATA "/windows/bam/tiny.bam"
enum { TINY_RECORDS = 42, PATIENCE_MS = 20000 };

/* ---- a host that remembers ------------------------------------------------------------------- */

static char folder[64], said[4096];
static int64_t files, faults, without_position;
static struct arrivals *arrivals;

static void remember(void *context, int level, const char *text) {
    (void)context, (void)level;
    snprintf(said + strlen(said), sizeof said - strlen(said), "%s\n", text);
}

static void add(void *context, const char *name, int64_t amount) {
    (void)context;
    files += strcmp(name, "files") == 0 ? amount : 0;
    faults += strcmp(name, "files with faults") == 0 ? amount : 0;
    without_position += strcmp(name, "left out: no position") == 0 ? amount : 0;
}

static const struct runnel_host HOST = {.struct_size = sizeof HOST, .log = remember, .count = add};

/* ---- files ------------------------------------------------------------------------------------
 */

static const char *in_folder(const char *name) {
    static char paths[2][128];
    static int at;
    at = !at;
    snprintf(paths[at], sizeof paths[at], "%s/%s", folder, name);
    return paths[at];
}

static int begin_file(const char *name) {
    int file = open(in_folder(name), O_WRONLY | O_CREAT | O_APPEND, 0644);
    cr_assert_geq(file, 0);
    return file;
}

static void add_bytes(int file, const void *bytes, size_t count) {
    cr_assert_eq(write(file, bytes, count), (ssize_t)count);
}

static void add_text(int file, const char *text) {
    add_bytes(file, text, strlen(text));
}

static void write_whole(const char *name, const void *bytes, size_t count) {
    int file = begin_file(name);
    add_bytes(file, bytes, count);
    close(file);
}

static size_t read_bam(char *bytes, size_t room) {
    FILE *file = fopen(BAM, "rb");
    size_t size = fread(bytes, 1, room, file);
    fclose(file);
    return size;
}

/* A read r1 in FASTQ, of more than the 2 KiB that htslib wants to see before it says what a file
 * is. */
static const char *long_read(void) {
    static char text[3072];
    snprintf(text, sizeof text, "@r1\n%01100d\n+\n%01100d\n", 0, 0);
    memset(strchr(text, '0'), 'A', 1100);
    memset(strchr(text, '0'), 'I', 1100);
    return text;
}

static void setup(void) {
    strcpy(folder, "/tmp/runnel-arrivals-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
}

static void begin(bool unaligned, int64_t batch_rows, int64_t idle) {
    struct failure why = {0};
    const struct arrivals_setup how = {.path = folder,
                                       .reading = {.unaligned = unaligned},
                                       .idle = idle,
                                       .batch_rows = batch_rows,
                                       .host = &HOST};
    cr_assert_eq(arrivals_open(&arrivals, &how, &why), STATUS_OK, "%s", why.text);
}

static void teardown(void) {
    char command[128];
    arrivals_close(arrivals);
    snprintf(command, sizeof command, "rm -r %s", folder);
    cr_assert_eq(system(command), 0);
}

TestSuite(arrivals, .init = setup, .fini = teardown);

/* ---- what comes --------------------------------------------------------------------------------
 */

/* Names of the reads so far, sorted by arrival, with blanks behind each. */
static char names[1 << 16];
static size_t got;

/* Takes what comes until there are `wanted` reads, the end (true), or no more patience. */
static bool take(size_t wanted) {
    struct failure why = {0};
    for (int waited = 0; got < wanted && waited < PATIENCE_MS; waited += 100) {
        struct runnel_batch *batch;
        int status = arrivals_next(arrivals, 100, &batch, &why);
        cr_assert_geq(status, 0, "%s", why.text);
        for (int64_t row = 0; batch != NULL && row < runnel_rows(batch); row++, got++) {
            struct read_row read = {0};
            cr_assert_eq(read_row_get(&read, batch, row, &why), STATUS_OK, "%s", why.text);
            snprintf(names + strlen(names), sizeof names - strlen(names), "%s ", read.name);
            read_row_free(&read);
        }
        if (batch != NULL)
            batch->release(batch);
        if (status == STATUS_END)
            return true;
    }
    return false;
}

#define ALL ((size_t)-1)

Test(arrivals, files_that_are_there_and_files_that_come) {
    static char bam[1 << 20];
    size_t size = read_bam(bam, sizeof bam);
    write_whole("a.bam", bam, size);
    begin(false, 4096, 0);
    take(TINY_RECORDS);
    cr_expect_eq(got, TINY_RECORDS);
    cr_expect_gt(arrivals_header(arrivals)->contig_count, 0);
    write_whole("b.bam.tmp", bam, size - 0);
    rename(in_folder("b.bam.tmp"), in_folder("b.bam"));
    take(2 * TINY_RECORDS);
    cr_expect_eq(got, 2 * TINY_RECORDS);
    arrivals_stop(arrivals);
    cr_expect(take(ALL));
    cr_expect_eq(got, 2 * TINY_RECORDS);
    cr_expect(files == 2 && faults == 0 && said[0] == '\0', "%s", said);
}

/* Records are there as soon as they are whole, while other files grow, too. */
Test(arrivals, files_that_grow_side_by_side) {
    static char bam[1 << 20];
    size_t size = read_bam(bam, sizeof bam);
    int plain = begin_file("a.fq"), binary = begin_file("b.bam"), silent = begin_file("c.fq");
    begin(true, 4096, 0);
    add_text(silent, "@s1 begun"); /* and never goes on */
    add_text(plain, long_read());
    add_text(plain, "@r2\nAC");
    take(1);
    cr_expect_str_eq(names, "r1 ");
    add_text(plain, "GT\n+\nII");
    add_bytes(binary, bam, size / 2);
    add_text(plain, "II\n");
    take(2);
    cr_expect_str_eq(names, "r1 r2 ");
    add_bytes(binary, bam + size / 2, size - size / 2);
    close(binary);
    take(2 + TINY_RECORDS);
    cr_expect_eq(got, 2 + TINY_RECORDS);
    add_text(plain, "@r3\nA\n+\nI\n");
    close(plain);
    take(3 + TINY_RECORDS);
    cr_expect_not_null(strstr(names, " r3 "));
    cr_expect_eq(faults, 0, "%s", said);
    close(silent);
    arrivals_stop(arrivals);
    cr_expect(take(ALL));
    cr_expect_eq(got, 3 + TINY_RECORDS);
}

Test(arrivals, gzip_that_grows_member_by_member) {
    begin(true, 4096, 0);
    char name[8];
    for (size_t i = 1; i <= 5; i++) { /* each write is a member, as appending writers make them */
        int file = begin_file("a.fastq.gz");
        gzFile zipped = gzdopen(file, "a");
        gzprintf(zipped, "@r%zu\nACGT\n+\nIIII\n", i);
        gzclose(zipped);
        take(i);
        snprintf(name, sizeof name, "r%zu ", i);
        cr_expect_eq(got, i);
        cr_expect_not_null(strstr(names, name));
    }
    cr_expect_eq(faults, 0, "%s", said);
}

/* What is whole is used; the others are unharmed. */
Test(arrivals, files_with_faults_are_said_and_left) {
    static char bam[1 << 20];
    size_t size = read_bam(bam, sizeof bam);
    write_whole("cut.bam", bam, size - 28); /* only the marker of the end is missing */
    write_whole("empty.fq", "", 0);
    write_whole("half.fq", "@h1\nACGT\n+\nIIII\n@h2\nACGT\n+\nII", 30);
    write_whole("none.bam", "no BAM file", 11);
    begin(true, 4096, 1);
    cr_expect(take(ALL), "idle for a second");
    cr_expect_eq(got, TINY_RECORDS + 1);
    cr_expect_not_null(strstr(names, "h1 "));
    cr_expect_eq(faults, 3);
    cr_expect_eq(files, 3, "an empty one does not count");
    cr_expect_not_null(strstr(said, "/cut.bam: the file is truncated"), "%s", said);
    cr_expect_not_null(strstr(said, "/half.fq: record 2 cannot be read"), "%s", said);
    cr_expect_not_null(strstr(said, "/none.bam: not a BAM, CRAM or SAM file"), "%s", said);
    cr_expect_not_null(strstr(said, "the records before that are used"), "%s", said);
}

#define SAM(contig)          "@SQ\tSN:" contig "\tLN:1000\n"
#define RECORD(name, contig) name "\t0\t" contig "\t5\t60\t4M\t*\t0\t0\tACGT\tIIII\n"
#define NOWHERE              "u\t4\t*\t0\t0\t*\t*\t0\t0\tACGT\tIIII\n"

Test(arrivals, without_align_one_reference_and_aligned_reads) {
    begin(false, 4096, 0);
    static const char first[] = SAM("one") RECORD("r1", "one") NOWHERE;
    static const char other[] = SAM("two") RECORD("r2", "two");
    write_whole("a.sam", first, sizeof first - 1);
    take(1);
    write_whole("b.sam", other, sizeof other - 1);
    write_whole("c.sam", first, sizeof first - 1);
    take(2);
    arrivals_stop(arrivals);
    take(ALL);
    cr_expect_str_eq(names, "r1 r1 ");
    cr_expect_eq(without_position, 2);
    cr_expect_eq(faults, 1, "%s", said);
}

/* A record that the stop cuts is no fault, and what came before it is not lost. */
Test(arrivals, stopped_in_the_middle) {
    int file = begin_file("a.fq");
    begin(true, 4096, 0);
    add_text(file, long_read());
    add_text(file, "@r2\nACGT\n+\nII");
    take(1);
    arrivals_stop(arrivals);
    cr_expect(take(ALL));
    close(file);
    cr_expect_str_eq(names, "r1 ");
    cr_expect(faults == 0 && said[0] == '\0', "%s", said);
}

/* All files that are there when the stop comes are read, however many; none that comes later. */
Test(arrivals, what_is_there_at_a_stop_is_read) {
    char name[32];
    write_whole("first.fq", long_read(), strlen(long_read()));
    begin(true, 4096, 0);
    take(1);
    for (int i = 0; i < 40; i++) {
        snprintf(name, sizeof name, "%d.fq", i);
        write_whole(name, long_read(), strlen(long_read()));
    }
    arrivals_stop(arrivals);
    take(2); /* the folder has been looked at by then */
    write_whole("late.fq", long_read(), strlen(long_read()));
    cr_expect(take(ALL));
    cr_expect_eq(got, 41);
    cr_expect(faults == 0 && files == 41, "%s", said);
}

Test(arrivals, far_more_than_fits_at_a_time) {
    enum { FILES = 300, EACH = 40 };
    static char letters[3001], name[32];
    memset(letters, 'A', sizeof letters - 1);
    begin(true, 7, 1);
    for (int i = 0; i < FILES; i++) {
        snprintf(name, sizeof name, "%d.fq", i);
        FILE *file = fopen(in_folder(name), "w");
        for (int j = 0; j < EACH; j++)
            fprintf(file, "@%d_%d\n%s\n+\n%s\n", i, j, letters, letters);
        fclose(file);
        if (i % 50 == 0)
            take(got + 20);
    }
    names[0] = '\0';
    struct failure why = {0};
    struct runnel_batch *batch;
    int status;
    while ((status = arrivals_next(arrivals, 1000, &batch, &why)) == STATUS_OK) {
        cr_assert(batch == NULL || runnel_rows(batch) <= 7);
        got += batch ? (size_t)runnel_rows(batch) : 0;
        if (batch != NULL)
            batch->release(batch);
    }
    cr_expect_eq(status, STATUS_END, "%s", why.text);
    cr_expect_eq(got, FILES * EACH);
    cr_expect(faults == 0 && files == FILES, "%s", said);
}

Test(arrivals, closed_while_everything_is_under_way) {
    begin(true, 1, 0);
    int file = begin_file("a.fq");
    for (int i = 0; i < 1000; i++)
        add_text(file, "@r\nACGTACGTAC\n+\nIIIIIIIIII\n");
    take(3);
    close(file); /* and teardown closes with rows in the table, bytes in the socket */
}

Test(arrivals, nothing_came) {
    begin(true, 1, 1);
    cr_expect(take(ALL));
    cr_expect_null(arrivals_header(arrivals));
}
