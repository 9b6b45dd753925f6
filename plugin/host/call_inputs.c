/* SPDX-License-Identifier: MIT
 *
 * Inputs that later passes read, read first. */
#include "plugin/host/call_inputs.h"

#include "adapters/alignments.h"
#include "adapters/reference.h"
#include "adapters/regions.h"
#include "plugin/host/paths.h"
#include "plugin/host/say.h"
#include "plugin/phased.h"
#include "plugin/spool.h"

#include <stdlib.h>
#include <string.h>

struct inputs {
    const struct call_request *request;
    struct alignments *reads; /* NULL: not a file */
    struct reference_file *reference;
    struct stream_contigs contigs; /* of the reads or, for want of them, of the reference */
};

/* The path of an option, where it may be read twice; one that is not there is for the reader to
 * refuse. */
static const char *file_of(const struct inputs *inputs, const char *option) {
    const char *path = options_text(inputs->request->options, option);
    bool once = path && (strcmp(path, "-") == 0 || (path_exists(path) && !path_is_regular(path)));
    return once ? NULL : path;
}

/* Several stages read these, and of a pipe the second one would get nothing, without a word. */
static int refuse_pipes(const struct inputs *inputs, struct failure *why) {
    static const char *const OPTIONS[] = {"regions-file", "known-sites", "haploid-regions"};
    for (size_t i = 0; i < sizeof OPTIONS / sizeof *OPTIONS; i++) {
        const char *path = options_text(inputs->request->options, OPTIONS[i]);
        if (path != NULL && file_of(inputs, OPTIONS[i]) == NULL)
            return fail(why, STATUS_BAD_INPUT, "--%s takes a plain file, not %s: it is read twice",
                        OPTIONS[i], path);
    }
    return STATUS_OK;
}

static int open_reads(struct inputs *inputs, struct failure *why) {
    const struct call_request *request = inputs->request;
    const struct alignments_options options = {.reference = request->reference};
    if (!path_is_regular(request->reads))
        return STATUS_OK;
    if (alignments_open(&inputs->reads, request->reads, &options, why) != STATUS_OK)
        return why->code;
    const struct alignments_header *header = alignments_header(inputs->reads);
    if (header->samples != NULL && !request->quiet)
        say("runnel: the read groups name several samples (%s); all reads are called as one, %s",
            header->samples, request->sample ? request->sample : header->sample);
    const char *platform = platform_of_machine(header->platform);
    if (header->platform != NULL && request->platform != NULL && !request->quiet &&
        (platform == NULL || strcmp(platform, request->platform) != 0))
        say("runnel: the read groups say that the reads are of %s; they are called as %s",
            header->platform, request->platform);
    return STATUS_OK;
}

static int find_contigs(struct inputs *inputs, struct failure *why) {
    const struct alignments_header *header =
        inputs->reads ? alignments_header(inputs->reads) : NULL;
    size_t count = header ? header->contig_count : reference_contig_count(inputs->reference);
    struct stream_contigs *contigs = &inputs->contigs;
    contigs->names = calloc(count + 1, sizeof *contigs->names);
    contigs->lengths = calloc(count + 1, sizeof *contigs->lengths);
    for (size_t i = 0; contigs->names && contigs->lengths && i < count; i++) {
        contigs->names[i] =
            strdup(header ? header->contigs[i].name : reference_contig_name(inputs->reference, i));
        contigs->lengths[i] =
            header ? header->contigs[i].length : reference_contig_length(inputs->reference, i);
        if (contigs->names[i] == NULL)
            break;
        contigs->count = i + 1;
    }
    return contigs->count == count ? STATUS_OK
                                   : fail(why, STATUS_NO_MEMORY, "out of memory for contigs");
}

static int check_phased(const struct inputs *inputs, const char *path, struct failure *why) {
    const struct call_request *request = inputs->request;
    const char *own = inputs->reads ? alignments_header(inputs->reads)->sample : NULL;
    const struct phased_reads reads = {.contigs = &inputs->contigs,
                                       .sample = request->sample ? request->sample : own,
                                       .reference = inputs->reference,
                                       .unknown = inputs->reads == NULL};
    struct phased phased = {0};
    char doubt[FAILURE_TEXT_MAX];
    if (phased_read(&phased, path, &reads, why) == STATUS_OK && !request->quiet &&
        phased_doubt(&phased, path, doubt, sizeof doubt))
        say("runnel: %s", doubt);
    phased_free(&phased);
    return why->code;
}

static int check_cutoffs(const char *path, struct failure *why) {
    struct cutoffs unused;
    return spool_read_cutoffs(path, &(struct select_fractions){0}, &unused, why);
}

/* Contigs of the BED file that a reference lacks may still be those of reads to come. */
static int check_haploid(const struct inputs *inputs, const char *path, struct failure *why) {
    const struct stream_contigs *contigs = &inputs->contigs;
    struct regions *regions = NULL;
    if (inputs->reads == NULL && path_exists(path))
        return STATUS_OK;
    int status =
        regions_read(&regions, contigs->names, contigs->lengths, contigs->count, NULL, path, why);
    regions_free(regions);
    return status;
}

static int check_all(struct inputs *inputs, struct failure *why) {
    bool full = !options_flag(inputs->request->options, "pileup-only"); /* else they are not used */
    const char *phased = full ? file_of(inputs, "phased-vcf") : NULL;
    const char *cutoffs = full ? file_of(inputs, "cutoffs") : NULL;
    const char *haploid = file_of(inputs, "haploid-regions");
    int status = refuse_pipes(inputs, why);
    if (status == STATUS_OK)
        status = open_reads(inputs, why);
    if (status == STATUS_OK && cutoffs != NULL)
        status = check_cutoffs(cutoffs, why);
    if (status != STATUS_OK || (phased == NULL && haploid == NULL))
        return status;
    status = reference_open(&inputs->reference, inputs->request->reference, why);
    if (status == STATUS_OK)
        status = find_contigs(inputs, why);
    if (status == STATUS_OK && haploid != NULL)
        status = check_haploid(inputs, haploid, why);
    return status == STATUS_OK && phased != NULL ? check_phased(inputs, phased, why) : status;
}

int call_inputs_check(const struct call_request *request, struct failure *why) {
    struct inputs inputs = {.request = request};
    int status = check_all(&inputs, why);
    alignments_close(inputs.reads);
    reference_close(inputs.reference);
    stream_contigs_free(&inputs.contigs);
    return status;
}
