/* SPDX-License-Identifier: MIT
 *
 * What windows cost, beside samtools view -c and samtools mpileup on the same file: decoding alone,
 * pileup windows, and full-alignment windows at more and more sites, over one BAM file.  Usage:
 * bench_windows REF.fa IN.bam.
 *
 * Times are CPU time of one thread, the best of five passes, in nanoseconds per aligned base
 * (M, = and X of the records that pileup windows use) and per window. */
#include "adapters/alignments.h"
#include "adapters/reference.h"
#include "core/windows/cigar.h"
#include "core/windows/full_window.h"
#include "core/windows/pileup_window.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PASSES = 5 };

struct totals {
    int64_t bases;
    uint64_t reads, windows, columns, checksum;
};

typedef void pass_function(struct alignments *file, struct reference_file *reference, int every,
                           bool dwell, struct totals *totals);

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

static void check(int status, const struct failure *why) {
    if (status >= 0)
        return;
    fprintf(stderr, "bench_windows: %s\n", why->text);
    exit(1);
}

static int64_t aligned_bases(const struct alignment *a) {
    int64_t bases = 0;
    for (size_t k = 0; k < a->cigar_count && !(a->flag & PILEUP_REFUSED_FLAGS); k++)
        if (cigar_is_match(cigar_operation(a->cigar[k])))
            bases += cigar_length(a->cigar[k]);
    return bases;
}

static void decode(struct alignments *file, struct reference_file *reference, int every, bool dwell,
                   struct totals *t) {
    (void)reference, (void)every, (void)dwell;
    struct failure why = {0};
    struct alignment a;
    int32_t contig;
    int status;
    while ((status = alignments_next(file, &a, &contig, &why)) == STATUS_OK) {
        t->reads++;
        t->bases += aligned_bases(&a);
    }
    check(status, &why);
}

static struct reference contig_reference(struct alignments *file, struct reference_file *fasta,
                                         int32_t contig) {
    const struct alignments_contig *c = &alignments_header(file)->contigs[contig];
    struct failure why = {0};
    struct reference reference;
    check(reference_contig(fasta, c->name, c->length, &reference, &why), &why);
    return reference;
}

static void pull_pileup(struct pileup_windows *s, struct totals *t) {
    struct failure why = {0};
    struct pileup_window w;
    int status;
    while ((status = pileup_windows_pull(s, &w, &why)) == STATUS_OK) {
        t->windows++;
        t->checksum += (uint64_t)w.tensor[0] + strlen(w.alt_info);
    }
    check(status, &why);
}

static void pileup(struct alignments *file, struct reference_file *fasta, int every, bool dwell,
                   struct totals *t) {
    (void)every, (void)dwell;
    struct failure why = {0};
    struct pileup_windows *s;
    struct alignment a;
    int32_t contig, last = -1;
    int status;
    check(pileup_windows_new(&s, &pileup_options_default, &why), &why);
    while ((status = alignments_next(file, &a, &contig, &why)) == STATUS_OK && contig >= 0) {
        if (contig != last) {
            pileup_windows_end(s);
            pull_pileup(s, t);
            struct reference reference = contig_reference(file, fasta, contig);
            check(pileup_windows_begin(s, &reference, NULL, &why), &why);
            last = contig;
        }
        check(pileup_windows_add(s, &a, &why), &why);
        pull_pileup(s, t);
    }
    check(status, &why);
    pileup_windows_end(s);
    pull_pileup(s, t);
    t->columns = pileup_windows_books(s)->columns;
    pileup_windows_free(s);
}

static void pull_full(struct full_windows *s, struct totals *t) {
    struct failure why = {0};
    struct full_window w;
    int status;
    while ((status = full_windows_pull(s, &w, &why)) == STATUS_OK) {
        t->windows++;
        t->checksum += (uint64_t)w.tensor[w.first_row * WINDOW_WIDTH * w.channels] + w.depth;
    }
    check(status, &why);
}

/* A site at every `every`th position from the first read on. */
static void full(struct alignments *file, struct reference_file *fasta, int every, bool dwell,
                 struct totals *t) {
    struct full_options options = full_options_default;
    options.dwell = dwell;
    struct failure why = {0};
    struct full_windows *s;
    struct alignment a;
    int32_t contig, last = -1;
    int64_t site = 0;
    int status;
    check(full_windows_new(&s, &options, &why), &why);
    while ((status = alignments_next(file, &a, &contig, &why)) == STATUS_OK && contig >= 0) {
        if (contig != last) {
            full_windows_end(s);
            pull_full(s, t);
            struct reference reference = contig_reference(file, fasta, contig);
            full_windows_begin(s, &reference, NULL, 0);
            last = contig;
            site = a.position + every;
        }
        check(full_windows_add(s, &a, &why), &why);
        site = a.position > site + 100000 ? a.position : site;
        for (; site <= a.position; site += every)
            check(full_windows_add_site(s, site, &why), &why);
        full_windows_no_site_before(s, site);
        pull_full(s, t);
    }
    check(status, &why);
    full_windows_end(s);
    pull_full(s, t);
    full_windows_free(s);
}

/* Best time of the passes, in nanoseconds. */
static double best(const char *argv[], pass_function *pass, int every, bool dwell,
                   struct totals *totals) {
    double least = 1e300;
    for (int i = 0; i < PASSES; i++) {
        struct alignments_options options = {.reference = argv[1], .moves = dwell};
        struct failure why = {0};
        struct alignments *file;
        struct reference_file *fasta;
        *totals = (struct totals){0};
        check(alignments_open(&file, argv[2], &options, &why), &why);
        check(reference_open(&fasta, argv[1], &why), &why);
        double begin = now();
        pass(file, fasta, every, dwell, totals);
        double time = now() - begin;
        least = time < least ? time : least;
        alignments_close(file);
        reference_close(fasta);
    }
    return least;
}

/* CPU time of a samtools command on the same files, in nanoseconds; 0 where it is missing. */
static double samtools(const char *arguments, const char *path, int passes) {
    char command[4096];
    double least = 0;
    snprintf(command, sizeof command,
             "bash -c 'TIMEFORMAT=%%U; time samtools %s \"%s\" > /dev/null 2> /dev/null' 2>&1",
             arguments, path);
    for (int i = 0; i < passes; i++) {
        FILE *pipe = popen(command, "r");
        double seconds = 0;
        if (pipe == NULL || fscanf(pipe, "%lf", &seconds) != 1)
            seconds = 0;
        if (pipe != NULL)
            pclose(pipe);
        least = i == 0 || seconds < least ? seconds : least;
    }
    return 1e9 * least;
}

int main(int argc, const char *argv[]) {
    struct totals t;
    if (argc != 3) {
        fprintf(stderr, "usage: bench_windows REF.fa IN.bam\n");
        return 2;
    }
    char mpileup[2048]; /* all reads that pileup windows use, no base quality, no realignment */
    snprintf(mpileup, sizeof mpileup, "mpileup -B -Q 0 -q 5 -d 1000000 -f \"%s\"", argv[1]);
    double count = samtools("view -c", argv[2], PASSES);
    double columns = samtools(mpileup, argv[2], 1);
    double decoding = best(argv, decode, 0, false, &t);
    double bases = (double)t.bases;
    printf("%llu records, %.1f million aligned bases\n", (unsigned long long)t.reads, bases / 1e6);
    printf("%-28s %8.2f ns per base\n", "samtools view -c", count / bases);
    printf("%-28s %8.2f ns per base, %.1f x samtools view -c\n", "samtools mpileup",
           columns / bases, count > 0 ? columns / count : 0);
    printf("%-28s %8.2f ns per base\n", "decoding", decoding / bases);
    double time = best(argv, pileup, 0, false, &t);
    printf("%-28s %8.2f ns per base, %.2f without decoding, %.1f x samtools view -c, "
           "%llu windows, depth %.1f\n",
           "pileup", time / bases, (time - decoding) / bases, count > 0 ? time / count : 0,
           (unsigned long long)t.windows, bases / (double)t.columns);
    static const int steps[] = {10000, 1000, 100, 20};
    for (int dwell = 0; dwell < 2; dwell++) {
        double sparse = 0, windows = 0;
        for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
            time = best(argv, full, steps[i], dwell != 0, &t);
            if (i == 0) {
                sparse = time;
                windows = (double)t.windows;
            }
            printf("full, %s every %-5d %8.2f ns per base, %llu windows", dwell ? "dwell," : "",
                   steps[i], time / bases, (unsigned long long)t.windows);
            if (i > 0)
                printf(", %.2f us per further window",
                       (time - sparse) / ((double)t.windows - windows) / 1000);
            printf("\n");
        }
    }
    return 0;
}
