/* SPDX-License-Identifier: MIT
 *
 * Builds the lines of a call from its stages (call_stages.h) and runs them. */
#include "plugin/host/call_line.h"

#include "adapters/reference.h"
#include "core/calls/text.h"
#include "plugin/host/call_folder.h"
#include "plugin/host/call_stages.h"
#include "plugin/host/lanes.h"
#include "plugin/host/paths.h"
#include "plugin/host/pieces.h"
#include "plugin/host/progress.h"
#include "plugin/host/report.h"
#include "plugin/host/say.h"
#include "plugin/spool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One call under way: the temporary folder and the books of all passes. */
struct calling {
    const struct call_request *request;
    char folder[PATH_TEXT_MAX / 2]; /* "" while there is none */
    struct line line;
    struct pieces pieces; /* that the pileup pass is cut into; none: it is not */
    struct books books[3];
    size_t passes;
    const char *pass; /* that runs next, where there are several */
    /* Contigs of the reference, for the time left. */
    size_t contig_count;
    char **names;
    int64_t *lengths;
};

/* Runs the line that has been built, and empties it; with an order, it is what stands behind the
 * pieces. */
static int run_stages(struct calling *calling, const struct pieces_order *order,
                      struct failure *why) {
    struct progress progress = {.pass = calling->pass,
                                .contig_count = calling->contig_count,
                                .names = calling->names,
                                .lengths = calling->lengths};
    struct run_watch watch =
        progress_watch(&progress, calling->request->quiet, calling->request->verbose);
    struct books *books = &calling->books[calling->passes++];
    watch.give_up = call_folder_remove;
    watch.give_up_with = calling->folder;
    if (order != NULL || line_check(&calling->line, why) == STATUS_OK) {
        if (order != NULL)
            line_run_pieces(order, &calling->line, &watch, books, why);
        else
            line_run(&calling->line, &watch, books, why);
        progress_end(&progress);
        report_check(books, why);
    }
    line_clear(&calling->line);
    const struct call_request *request = calling->request;
    bool tells = calling->passes == 1 && why->code == STATUS_OK && !request->quiet;
    if (tells && request->bed == NULL && books_total(&books->stages[0], "reads") == 0)
        say("runnel: %s: no reads, so nothing is called",
            strcmp(request->reads, "-") == 0 ? "standard input" : request->reads);
    return why->code;
}

static int run_pass(struct calling *calling, struct failure *why) {
    return run_stages(calling, NULL, why);
}

/* What turns the reads of some regions into pileup windows. */
static int build_piece(struct line *line, const char *regions, const void *with,
                       struct failure *why) {
    struct call_request *request = malloc(sizeof *request);
    if (request == NULL)
        return fail(why, STATUS_NO_MEMORY, "out of memory for the line");
    *request = *(const struct call_request *)with;
    request->threads = 1;
    snprintf(request->regions, sizeof request->regions, "%s", regions);
    if (call_add_reads(line, request, NULL, request->reads, why) == STATUS_OK)
        call_add_pileup(line, request, NULL, why);
    free(request);
    return why->code;
}

/* Whether pileup windows may be made piece by piece: where nothing else says which places. */
static bool may_cut(const struct call_request *request) {
    return request->threads > 1 && strcmp(request->reads, "-") != 0 && request->gvcf == NULL &&
           request->bed == NULL && request->regions[0] == '\0' && !request->compatible &&
           options_text(request->options, "known-sites") == NULL;
}

/* Begins the line of a pileup pass: with reads and pileup, or, where the genome can be cut, with
 * nothing, as run_pileup_pass puts the pieces in front. */
static int begin_pileup_pass(struct calling *calling, const char *copy, const char *blocks,
                             struct failure *why) {
    const struct call_request *request = calling->request;
    if (may_cut(request)) {
        if (!request->quiet)
            say_old_index(request->reads, ", and is not used");
        if (pieces_cut(&calling->pieces, request->reads, request->reference, why) != STATUS_OK)
            return why->code;
    }
    if (calling->pieces.count == 0 &&
        call_add_reads(&calling->line, request, copy, request->reads, why) == STATUS_OK)
        call_add_pileup(&calling->line, request, blocks, why);
    return why->code;
}

static int run_pileup_pass(struct calling *calling, struct failure *why) {
    const struct pieces_order order = {.pieces = &calling->pieces,
                                       .at_a_time = (size_t)(calling->request->threads + 1) / 2,
                                       .build = build_piece,
                                       .with = calling->request};
    return run_stages(calling, calling->pieces.count > 0 ? &order : NULL, why);
}

/* Only full alignment asks for these. */
static void tell_unused(const struct call_request *request) {
    static const char *const UNUSED[] = {"phased-vcf", "use-hp-tags", "var-pct-full",
                                         "ref-pct-full", "cutoffs"};
    for (size_t i = 0; i < sizeof UNUSED / sizeof *UNUSED; i++)
        if (options_given(request->options, UNUSED[i]) && !request->quiet)
            say("runnel: --%s changes nothing: only the pileup network calls", UNUSED[i]);
}

static int pileup_only(struct calling *calling, struct failure *why) {
    const struct call_request *request = calling->request;
    struct line *line = &calling->line;
    bool built = begin_pileup_pass(calling, NULL, NULL, why) == STATUS_OK &&
                 call_add_caller(line, request, request->threads, why) == STATUS_OK &&
                 call_add_merge(line, request, NULL, why) == STATUS_OK &&
                 call_add_outputs(line, request, NULL, why) == STATUS_OK;
    tell_unused(request);
    return built ? run_pileup_pass(calling, why) : why->code;
}

/* Both networks in one line, by fixed cut-offs.  Most of the work is full alignment's. */
static int one_pass(struct calling *calling, struct failure *why) {
    const struct call_request *request = calling->request;
    struct line *line = &calling->line;
    bool built = call_add_reads(line, request, NULL, request->reads, why) == STATUS_OK &&
                 call_add_pileup(line, request, NULL, why) == STATUS_OK &&
                 line_set(line, "pass-reads", "true", why) == STATUS_OK &&
                 call_add_caller(line, request, (request->threads + 3) / 4, why) == STATUS_OK &&
                 call_add_full(line, request, NULL, why) == STATUS_OK &&
                 call_add_caller(line, request, request->threads, why) == STATUS_OK &&
                 call_add_merge(line, request, NULL, why) == STATUS_OK &&
                 call_add_outputs(line, request, NULL, why) == STATUS_OK;
    return built ? run_pass(calling, why) : why->code;
}

/* Keeps the QUAL counts of the pileup pass where they were asked for. */
static int write_cutoffs(const struct call_request *request, const char *spool,
                         struct failure *why) {
    const char *path = options_text(request->options, "write-cutoffs");
    if (path == NULL)
        return STATUS_OK;
    char from[PATH_TEXT_MAX + 8];
    snprintf(from, sizeof from, "%s.counts", spool);
    struct select_counts *counts = calloc(1, sizeof *counts);
    int status = counts ? spool_read_counts(from, counts, why)
                        : fail(why, STATUS_NO_MEMORY, "out of memory for the cut-offs");
    if (status == STATUS_OK)
        status = spool_write_counts(path, counts, why);
    free(counts);
    return status;
}

/* The pileup calls are the result: as wished, or since the model has no other network. */
static int without_full_network(struct calling *calling, const char *spool, const char *blocks,
                                struct failure *why) {
    struct line *line = &calling->line;
    if (calling->request->verbose && !options_flag(calling->request->options, "pileup-only"))
        say("runnel: the model has no full-alignment network; all calls are the pileup network's");
    if (options_given(calling->request->options, "write-phased"))
        return fail(
            why, STATUS_BAD_INPUT,
            "--write-phased: nothing is phased, as the model has no full-alignment network");
    tell_unused(calling->request);
    bool built = line_add(line, "spooled", why) == STATUS_OK &&
                 line_set(line, "path", spool, why) == STATUS_OK &&
                 call_add_merge(line, calling->request, NULL, why) == STATUS_OK &&
                 call_add_outputs(line, calling->request, blocks, why) == STATUS_OK;
    return built ? run_pass(calling, why) : why->code;
}

/* Two passes: all pileup calls are spooled; the good SNPs among them are phased, and the doubtful
 * ones (by cut-offs over all of them) looked at again.  A pipe's reads are spooled as well. */
static int both_networks(struct calling *calling, struct failure *why) {
    const struct call_request *request = calling->request;
    struct line *line = &calling->line;
    char spool[PATH_TEXT_MAX], copy[PATH_TEXT_MAX], blocks[PATH_TEXT_MAX];
    if (call_folder_make(calling->folder, sizeof calling->folder, request->output, why) !=
        STATUS_OK)
        return why->code;
    bool pipe = strcmp(request->reads, "-") == 0, phases = call_wants_phasing(request);
    calling->pass = "pass 1 of 2, pileup";
    snprintf(spool, sizeof spool, "%s/calls.vcf.gz", calling->folder);
    snprintf(copy, sizeof copy, "%s/reads.bam", calling->folder);
    snprintf(blocks, sizeof blocks, "%s/calls.blocks", calling->folder);
    bool built = begin_pileup_pass(calling, pipe ? copy : NULL, request->gvcf ? blocks : NULL,
                                   why) == STATUS_OK &&
                 call_add_caller(line, request, request->threads, why) == STATUS_OK &&
                 call_add_spool(line, request, spool, why) == STATUS_OK;
    if (!built || run_pileup_pass(calling, why) != STATUS_OK ||
        write_cutoffs(request, spool, why) != STATUS_OK)
        return why->code;
    if (options_flag(request->options, "pileup-only") ||
        books_total(&calling->books[0].stages[2], PILEUP_NETWORK_ONLY) > 0)
        return without_full_network(calling, spool, blocks, why);
    const char *reads = pipe ? copy : request->reads;
    calling->pass =
        phases ? "pass 2 of 2, phasing and full alignment" : "pass 2 of 2, full alignment";
    built = call_add_reads(line, request, NULL, reads, why) == STATUS_OK &&
            (!phases || call_add_phase(line, request, spool, calling->folder, why) == STATUS_OK) &&
            call_add_full(line, request, spool, why) == STATUS_OK &&
            call_add_caller(line, request, request->threads, why) == STATUS_OK &&
            call_add_merge(line, request, spool, why) == STATUS_OK &&
            call_add_outputs(line, request, blocks, why) == STATUS_OK;
    return built ? run_pass(calling, why) : why->code;
}

/* Without contigs (a reference that cannot be read fails in its stage) the time left is not told;
 * where only regions are called it cannot be known. */
static void find_contigs(struct calling *calling) {
    struct reference_file *file = NULL;
    bool parts = calling->request->regions[0] != '\0' || calling->request->bed != NULL;
    if (parts || reference_open(&file, calling->request->reference, NULL) != STATUS_OK)
        return;
    size_t count = reference_contig_count(file), *known = &calling->contig_count;
    calling->names = calloc(count + 1, sizeof *calling->names);
    calling->lengths = calloc(count + 1, sizeof *calling->lengths);
    for (; calling->names && calling->lengths && *known < count; ++*known) {
        calling->lengths[*known] = reference_contig_length(file, *known);
        if ((calling->names[*known] = strdup(reference_contig_name(file, *known))) == NULL)
            break;
    }
    reference_close(file);
}

static void forget_contigs(struct calling *calling) {
    for (size_t i = 0; i < calling->contig_count; i++)
        free(calling->names[i]);
    free(calling->names);
    free(calling->lengths);
}

int call_run(const struct call_request *request, struct failure *why) {
    struct calling *calling = calloc(1, sizeof *calling);
    if (calling == NULL)
        return fail(why, STATUS_NO_MEMORY, "out of memory for the line");
    calling->request = request;
    sigset_t before; /* the temporary folder must not outlive us */
    line_hold_signals(&before);
    find_contigs(calling);
    if (!request->quiet && (request->regions[0] != '\0' || request->bed != NULL))
        say_old_index(request->reads, "");
    if (options_flag(request->options, "pileup-only") && request->gvcf == NULL &&
        !options_given(request->options, "write-cutoffs"))
        pileup_only(calling, why);
    else if (options_flag(request->options, "one-pass"))
        one_pass(calling, why);
    else
        both_networks(calling, why);
    call_folder_remove(calling->folder);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    forget_contigs(calling);
    pieces_free(&calling->pieces);
    if (request->report != NULL)
        report_write(request->report, calling->books, calling->passes, why);
    line_clear(&calling->line);
    free(calling);
    return why->code;
}
