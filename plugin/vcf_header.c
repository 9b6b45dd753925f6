/* SPDX-License-Identifier: MIT
 *
 * Facts become ##key=value lines. */
#include "plugin/vcf_header.h"

#include "core/calls/header.h"

#include <stdlib.h>

enum { LINES_MAX = 16 };

/* Facts of the stream that stand in the header. */
static const char *const FACTS[][2] = {
    {"reference", "reference"},
    {"platform", "runnel_platform"},
    {"model", "runnel_model"},
    {"model_digest", "runnel_model_digest"},
    {"networks", "runnel_networks"},
    {"precision", "runnel_precision"},
    {"cutoffs", "runnel_cutoffs"},
    {"haplotypes", "runnel_haplotypes"},
    {"window_reads", "runnel_window_reads"},
};

static const char SITE_DEPTH[] =
    "<ID=TDP,Number=1,Type=Integer,Description=\"Reads over the site, of which the full-alignment "
    "window may have used fewer (DP)\">";

/* Of the present state of a live run (core/calls/revisions.h). */
static const char *const LIVE[] = {
    "<ID=STATE,Number=1,Type=String,Description=\"tentative or firm, while reads come\">",
    "<ID=REV,Number=1,Type=Integer,Description=\"How often the call, or its state, was another\">",
    "<ID=LOOKS,Number=1,Type=Integer,Description=\"How often the site was looked at\">"};

static const char PHASE_SET[] =
    "<ID=PS,Number=1,Type=Integer,Description=\"Phase set: position of its first SNP\">";

struct lines {
    struct text text;
    size_t count, starts[LINES_MAX];
};

static void add_line(struct lines *lines, const char *key, const char *value) {
    if (value == NULL)
        return;
    lines->starts[lines->count++] = lines->text.length;
    text_append_string(&lines->text, "##");
    text_append_string(&lines->text, key);
    text_append_char(&lines->text, '=');
    text_append_string(&lines->text, value);
    text_append_char(&lines->text, '\0');
}

static void add_facts(struct lines *lines, const struct runnel_batch *open) {
    for (size_t i = 0; i < sizeof FACTS / sizeof *FACTS; i++) {
        char *value = stream_fact(open, FACTS[i][0]);
        add_line(lines, FACTS[i][1], value);
        free(value);
    }
}

int vcf_header_append(struct text *out, const struct vcf_header *wanted,
                      const struct runnel_batch *open, const struct stream_contigs *stream_contigs,
                      struct failure *why) {
    struct lines lines = {0};
    add_line(&lines, "runnel_version", wanted->version);
    add_line(&lines, "cmdline", wanted->version ? wanted->command : NULL);
    add_facts(&lines, open);
    char *site_depth = stream_fact(open, "site_depth");
    add_line(&lines, "INFO", site_depth ? SITE_DEPTH : NULL);
    free(site_depth);
    for (size_t i = 0; wanted->live && i < sizeof LIVE / sizeof *LIVE; i++)
        add_line(&lines, "INFO", LIVE[i]);
    add_line(&lines, "FORMAT", wanted->phased ? PHASE_SET : NULL);
    const char *pointers[LINES_MAX];
    for (size_t i = 0; i < lines.count; i++)
        pointers[i] = text_bytes(&lines.text) + lines.starts[i];
    struct header_contig *contigs = calloc(stream_contigs->count + 1, sizeof *contigs);
    for (size_t i = 0; contigs && i < stream_contigs->count; i++)
        contigs[i] = (struct header_contig){stream_contigs->names[i], stream_contigs->lengths[i]};
    char *sample = wanted->sample ? NULL : stream_fact(open, "sample");
    const struct header header = {.source = "Runnel",
                                  .line_count = lines.count,
                                  .lines = pointers,
                                  .contig_count = stream_contigs->count,
                                  .contigs = contigs,
                                  .sample = wanted->sample ? wanted->sample
                                            : sample       ? sample
                                                           : "SAMPLE",
                                  .non_ref = wanted->non_ref};
    bool room = contigs != NULL && !lines.text.failed;
    if (room)
        header_append(out, &header);
    free(contigs);
    free(sample);
    text_free(&lines.text);
    return room && !out->failed ? STATUS_OK
                                : fail(why, STATUS_NO_MEMORY, "out of memory for the VCF header");
}
