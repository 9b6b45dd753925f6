/* SPDX-License-Identifier: MIT
 *
 * `runnel explain`: why a site is called as it is.  The reads over it, used or left out and why;
 * what they show; the rule that makes it a candidate or not; both windows as pictures; what the
 * networks say (site_networks.h). */
#include "core/windows/cigar.h"
#include "core/windows/columns.h"
#include "core/windows/full_row.h"
#include "core/windows/pileup_column.h"
#include "plugin/host/commands.h"
#include "plugin/host/options.h"
#include "plugin/host/say.h"
#include "plugin/host/site_networks.h"
#include "plugin/host/window_pass.h"
#include "plugin/host/window_picture.h"
#include "plugin/spool.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const struct option OPTIONS[] = {
    {"output", NULL, 'o', OPTION_TEXT, "FOLDER", NULL, "write both windows as pictures there"},
    {"model", "model-path", 'm', OPTION_TEXT, "MODEL", NULL,
     "file, folder or name; else the platform's own"},
    {"platform", NULL, 'p', OPTION_CHOICE, "ont|hifi", NULL, "else what the read groups say"},
    {"cutoffs", NULL, 0, OPTION_TEXT, "FILE", NULL,
     "QUAL counts of the whole run (call --write-cutoffs); else fixed cut-offs"},
    {"phased-vcf", "phased-vcf-fn", 0, OPTION_TEXT, "VCF", NULL,
     "phased SNPs of the whole run (call --write-phased); else reads have no haplotypes"},
    {"use-hp-tags", NULL, 0, OPTION_FLAG, NULL, NULL, "take haplotypes from the reads' HP tags"},
    {"enable-dwell-time", NULL, 0, OPTION_FLAG, NULL, NULL, "use move tables (models with_mv)"},
    {"min-mq", NULL, 0, OPTION_INTEGER, "N", "5", "least mapping quality"},
    {"min-coverage", NULL, 0, OPTION_INTEGER, "N", "2", "least depth of a candidate"},
    {"help", NULL, 'h', OPTION_FLAG, NULL, NULL, "this text"},
};
enum { OPTION_COUNT = sizeof OPTIONS / sizeof *OPTIONS, PATH_ROOM = 4096 };

static void help(FILE *out) {
    fprintf(out,
            "About:   Tell why a site is called as it is: reads used and left out, alleles,\n"
            "         the rule for candidates, both windows, what both networks say of them, and\n"
            "         the rule that decides.\n"
            "Usage:   runnel explain [options] REF.fa IN.bam CONTIG:POSITION\n\nOptions:\n");
    options_help(out, OPTIONS, OPTION_COUNT);
}

struct explanation {
    struct window_pass pass;
    struct site_networks networks;
    char place[1024];
    const char *folder, *model, *cutoffs_path;
    int32_t contig;
    int64_t position; /* 0-based */
    struct columns *columns;
    struct held_reads held;
    struct full_site site;
    struct read_books pileup_fates, full_fates; /* of the reads that reach the site */
    bool has_pileup;
};

/* ---- what is gathered while reads pass ------------------------------------------------------ */

static bool reaches(const struct alignment *a, int64_t position) {
    int64_t end = a->position;
    for (size_t k = 0; k < a->cigar_count; k++)
        if (cigar_takes_reference(cigar_operation(a->cigar[k])))
            end += cigar_length(a->cigar[k]);
    return a->position <= position && position < end;
}

static uint32_t letters_seen(const struct full_site *site) {
    return site->base[0] + site->base[1] + site->base[2] + site->base[3];
}

/* What the read that was just counted shows; `before`: letters_seen before it. */
static void allele_text(const struct full_site *site, struct full_allele allele, uint32_t before,
                        char *text, size_t room) {
    const struct indel_entry *entry;
    switch (allele.kind) {
    case ALLELE_INSERTION:
        entry = &site->insertions.entries[allele.which];
        snprintf(text, room, "+%.*s", (int)entry->length, site->insertions.letters + entry->text);
        break;
    case ALLELE_DELETION:
        snprintf(text, room, "-%d", (int)site->deletions.entries[allele.which].length);
        break;
    case ALLELE_LETTER:
        snprintf(text, room, "%c", "ACGT"[allele.which]);
        break;
    default:
        snprintf(text, room, letters_seen(site) > before ? "reference" : "deleted");
    }
}

/* One line per read that reaches the site. */
static int see_read(void *with, const struct alignment *a, struct failure *why) {
    struct explanation *e = with;
    struct full_allele allele = {ALLELE_NONE, 0};
    struct held_read *read;
    int64_t span, unused, length = e->pass.reference.length;
    char text[128] = "";
    if (!reaches(a, e->position))
        return STATUS_OK;
    enum read_fate pileup =
        read_filter(a, PILEUP_REFUSED_FLAGS, e->pass.pileup_options.min_mq, length, &span);
    enum read_fate full =
        read_filter(a, FULL_REFUSED_FLAGS, e->pass.full_options.min_mq, length, &unused);
    e->pileup_fates.by_fate[pileup]++;
    e->full_fates.by_fate[full]++;
    int status = STATUS_OK;
    if (pileup == READ_USED)
        status = columns_add(e->columns, a, span, why);
    if (status == STATUS_OK && full == READ_USED) {
        status = held_reads_add(&e->held, a, unused, false, &read, why);
        uint32_t before = letters_seen(&e->site);
        if (status == STATUS_OK)
            status = full_site_add(&e->site, read, &allele, why);
        if (status == STATUS_OK)
            allele_text(&e->site, allele, before, text, sizeof text);
    }
    if (status != STATUS_OK)
        return status;
    printf("  %-40s %c  MAPQ %3d  pileup: %-12s full: %-12s %s\n", a->name,
           a->flag & 16 ? '-' : '+', a->mapq, read_fate_name(pileup), read_fate_name(full), text);
    return STATUS_OK;
}

static int draw(struct explanation *e, const char *name, struct window_picture *picture,
                const char *reference, struct failure *why) {
    char path[PATH_ROOM], position[PATH_ROOM];
    if (e->folder == NULL)
        return STATUS_OK;
    if (mkdir(e->folder, 0777) != 0 && errno != EEXIST)
        return fail(why, STATUS_IO, "%s: cannot make the folder: %s", e->folder, strerror(errno));
    snprintf(position, sizeof position, "%s:%s", e->place, reference);
    snprintf(path, sizeof path, "%s/%s.png", e->folder, name);
    picture->position = position;
    return window_picture_write(picture, path, why);
}

static int see_pileup(void *with, const char *contig, const struct pileup_window *w,
                      struct failure *why) {
    struct explanation *e = with;
    e->has_pileup = true;
    struct window_picture picture = {.alt_info = w->alt_info, .pileup = w->tensor};
    int status = site_networks_pileup(&e->networks, contig, w, why);
    return status != STATUS_OK ? status : draw(e, "pileup", &picture, w->reference, why);
}

static int see_full(void *with, const char *contig, const struct full_window *w,
                    struct failure *why) {
    struct explanation *e = with;
    const struct full_books *books = full_windows_books(e->pass.full);
    printf("\nfull-alignment window: %d of %d rows used, alleles %s\n", w->used_rows, w->rows,
           w->alt_info);
    printf("  reads around by haplotype: %llu of none, %llu of 1, %llu of 2%s\n",
           (unsigned long long)books->haplotype[0], (unsigned long long)books->haplotype[1],
           (unsigned long long)books->haplotype[2],
           e->pass.full_options.phasing == FULL_UNPHASED
               ? " (--phased-vcf takes what call --write-phased wrote)"
               : "");
    struct window_picture picture = {
        .alt_info = w->alt_info, .full = w->tensor, .rows = w->rows, .channels = w->channels};
    int status = site_networks_full(&e->networks, contig, w, why);
    return status != STATUS_OK ? status : draw(e, "full", &picture, w->reference, why);
}

/* ---- what is said at the end ---------------------------------------------------------------- */

static void print_fates(const char *kind, const struct read_books *books) {
    printf("%s: %llu reads used", kind, (unsigned long long)books->by_fate[READ_USED]);
    for (int fate = READ_USED + 1; fate < READ_FATES; fate++)
        if (books->by_fate[fate] > 0)
            printf(", %llu left out (%s)", (unsigned long long)books->by_fate[fate],
                   read_fate_name((enum read_fate)fate));
    printf("\n");
}

static void print_share(const char *what, uint32_t count, uint32_t depth, float least) {
    float share = (float)count / (float)depth;
    printf("  %-10s %u of %u = %.3f, %s %.2f\n", what, (unsigned)count, (unsigned)depth,
           (double)share, share >= least ? "reaches" : "below", (double)least);
}

static void print_counts(const struct pileup_column *sums, const struct column *column) {
    printf("  depth %u;", (unsigned)sums->depth);
    for (int b = 0; b < 4; b++)
        printf(" %c %u+%u", "ACGT"[b], (unsigned)column -> base[0][b],
               (unsigned)column -> base[1][b]);
    printf(" deleted %u+%u other %u (forward+reverse)\n", (unsigned)column->deleted[0],
           (unsigned)column->deleted[1], (unsigned)column->other);
}

static void print_decision(const struct explanation *e, const struct pileup_column *sums) {
    const struct pileup_options *o = &e->pass.pileup_options;
    uint32_t inserted = sums->indels[INSERTED][0] + sums->indels[INSERTED][1];
    uint32_t deleted = sums->indels[DELETED][0] + sums->indels[DELETED][1];
    print_share("SNP", sums->alt, sums->depth, o->snp_min_af);
    print_share("insertion", inserted, sums->depth, o->indel_min_af);
    print_share("deletion", deleted, sums->depth, o->indel_min_af);
    if (strchr("ACGT", sums->letter) == NULL)
        printf("  no candidate: the reference's letter is %c\n", sums->letter);
    else if ((int64_t)sums->depth < o->min_coverage)
        printf("  no candidate: depth %u is below %d\n", (unsigned)sums->depth, o->min_coverage);
    else if (!pileup_column_is_candidate(sums, o))
        printf("  no candidate: no share is reached, and the reference is the most frequent\n");
    else if (!e->has_pileup)
        printf("  a candidate, but without a window: too near the end of coverage, or a column "
               "without bases\n");
    else
        printf("  a candidate: it has a pileup window\n");
}

/* A picture of another site would be taken for one of this. */
static void remove_old_picture(const struct explanation *e) {
    char path[PATH_ROOM];
    if (e->folder == NULL || e->has_pileup)
        return;
    snprintf(path, sizeof path, "%s/pileup.png", e->folder);
    remove(path);
}

static int print_pileup(struct explanation *e, struct failure *why) {
    struct column column;
    struct pileup_column sums;
    printf("\npileup\n");
    if (columns_next(e->columns, e->position) != e->position) {
        printf("  no read covers the site\n");
        return STATUS_OK;
    }
    const char *letter =
        e->pass.reference.fetch(e->pass.reference.source, e->position, e->position + 1, why);
    if (letter == NULL)
        return STATUS_BAD_INPUT;
    char reference = *letter;
    int status = columns_borrow(e->columns, e->position, &column, why);
    if (status != STATUS_OK)
        return status;
    pileup_column_sum(&sums, &column, reference);
    printf("  reference %c\n", sums.letter);
    print_counts(&sums, &column);
    print_decision(e, &sums);
    return STATUS_OK;
}

/* The cut-offs of a whole run, where they are given; otherwise those of one pass. */
static int print_networks(struct explanation *e, struct failure *why) {
    struct cutoffs cutoffs = e->pass.preset->fixed;
    if (e->cutoffs_path != NULL) {
        int status = spool_read_cutoffs(e->cutoffs_path, &e->pass.preset->fractions, &cutoffs, why);
        if (status != STATUS_OK)
            return status;
    }
    if (e->cutoffs_path == NULL || e->pass.full_options.phasing == FULL_UNPHASED)
        printf("\nsomething is not known here that runnel call knows: what its --write-cutoffs and "
               "--write-phased\nwrite, given as --cutoffs and --phased-vcf, leads to its record\n");
    return site_networks_print(&e->networks, &cutoffs,
                               e->cutoffs_path ? e->cutoffs_path : "fixed; --cutoffs gives a run's",
                               why);
}

/* ---- the command ---------------------------------------------------------------------------- */

/* CONTIG:POSITION; the contig's name may have colons. */
static int find_site(struct explanation *e, struct failure *why) {
    char contig[1024], *end;
    const char *colon = strrchr(e->place, ':');
    if (colon == NULL || (size_t)(colon - e->place) >= sizeof contig)
        return fail(why, STATUS_BAD_INPUT, "'%s' is not CONTIG:POSITION", e->place);
    snprintf(contig, sizeof contig, "%.*s", (int)(colon - e->place), e->place);
    e->contig = alignments_find_contig(e->pass.alignments, contig);
    if (e->contig < 0)
        return fail(why, STATUS_BAD_INPUT, "%s has no contig '%s'", e->pass.alignments_path,
                    contig);
    int64_t length = alignments_header(e->pass.alignments)->contigs[e->contig].length;
    long long position = strtoll(colon + 1, &end, 10);
    if (end == colon + 1 || *end != '\0' || position < 1 || position > length)
        return fail(why, STATUS_BAD_INPUT, "'%s' is no position on %s (1 to %lld)", colon + 1,
                    contig, (long long)length);
    e->position = position - 1;
    return STATUS_OK;
}

static int explain(struct explanation *e, struct failure *why) {
    int status = window_pass_open(&e->pass, why);
    if (status == STATUS_OK)
        status = find_site(e, why);
    if (status == STATUS_OK)
        status = site_networks_open(&e->networks, e->model ? e->model : e->pass.preset->platform,
                                    (size_t)e->pass.preset->full_rows, why);
    if (status == STATUS_OK)
        status = columns_new(&e->columns, COLUMNS_SORTED, why);
    if (status != STATUS_OK)
        return status;
    say_old_index(e->pass.alignments_path, "");
    const struct alignments_contig *contig =
        &alignments_header(e->pass.alignments)->contigs[e->contig];
    struct reference reference;
    status = columns_begin(e->columns, contig->length, why);
    if (status == STATUS_OK)
        status = reference_contig(e->pass.fasta, contig->name, contig->length, &reference, why);
    if (status != STATUS_OK)
        return status;
    const char *letter = reference.fetch(reference.source, e->position, e->position + 1, why);
    if (letter == NULL)
        return STATUS_BAD_INPUT;
    full_site_begin(&e->site, e->position, *letter);
    printf("%s\nreads over the site\n", e->place);
    status = window_pass_site(&e->pass, e->contig, e->position, why);
    if (status == STATUS_OK)
        status = print_pileup(e, why);
    if (status != STATUS_OK)
        return status;
    remove_old_picture(e);
    printf("\n");
    print_fates("pileup", &e->pileup_fates);
    print_fates("full alignment", &e->full_fates);
    return print_networks(e, why);
}

static bool read_options(struct explanation *e, const struct options *options,
                         struct failure *why) {
    struct window_pass *pass = &e->pass;
    bool tags = options_flag(options, "use-hp-tags");
    if (options->operand_count != 3)
        fail(why, STATUS_BAD_INPUT, "wants REF.fa, IN.bam and CONTIG:POSITION; --help shows how");
    else if (!options_place(options->operands[2], e->place, sizeof e->place))
        fail(why, STATUS_BAD_INPUT, "%s is too long for a place", options->operands[2]);
    pass->platform = options_text(options, "platform");
    if (pass->platform != NULL && preset_of(pass->platform) == NULL)
        fail(why, STATUS_BAD_INPUT, "--platform is one of %s", PRESET_NAMES);
    if (why->code != STATUS_OK)
        return false;
    pass->reference_path = options->operands[0];
    pass->alignments_path = options->operands[1];
    e->folder = options_text(options, "output");
    pass->phased_path = options_text(options, "phased-vcf");
    pass->pileup_options = pileup_options_default;
    pass->pileup_options.snp_min_af = pass->pileup_options.indel_min_af = 0;
    e->model = options_text(options, "model");
    e->cutoffs_path = options_text(options, "cutoffs");
    pass->pileup_options.min_mq = (int)options_integer(options, "min-mq");
    pass->pileup_options.min_coverage = (int)options_integer(options, "min-coverage");
    pass->full_options = full_options_default;
    pass->full_options.dwell = options_flag(options, "enable-dwell-time");
    pass->full_options.min_mq = pass->pileup_options.min_mq;
    pass->full_options.phasing = tags                ? FULL_BY_TAGS
                                 : pass->phased_path ? FULL_BY_SNPS
                                                     : FULL_UNPHASED;
    return true;
}

int command_explain(int argc, char **argv) {
    struct options options;
    struct failure why = {0};
    if (options_parse(&options, OPTIONS, OPTION_COUNT, argc, argv, &why) != STATUS_OK)
        return say_usage("explain", &why);
    if (options_flag(&options, "help")) {
        help(stdout);
        return EXIT_WHOLE;
    }
    struct explanation *e = calloc(1, sizeof *e);
    if (e == NULL) {
        fail(&why, STATUS_NO_MEMORY, "out of memory");
        return say_failure(&why);
    }
    e->pass.on_pileup = see_pileup;
    e->pass.on_full = see_full;
    e->pass.on_read = see_read;
    e->pass.with = e;
    if (!read_options(e, &options, &why)) {
        free(e);
        return say_usage("explain", &why);
    }
    explain(e, &why);
    window_pass_close(&e->pass);
    site_networks_close(&e->networks);
    columns_free(e->columns);
    held_reads_release(&e->held);
    full_site_release(&e->site);
    free(e);
    return why.code == STATUS_OK ? EXIT_WHOLE : say_failure(&why);
}
