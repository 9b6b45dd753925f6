/* SPDX-License-Identifier: MIT
 *
 * Alignments go to both streams of core/windows; sites go from the one to the other. */
#include "plugin/host/window_pass.h"

#include "plugin/host/say.h"

#include <stdlib.h>
#include <string.h>

static int read_phased(struct window_pass *pass, struct failure *why) {
    const struct alignments_header *header = alignments_header(pass->alignments);
    pass->contigs.count = header->contig_count;
    pass->contigs.names = calloc(header->contig_count, sizeof *pass->contigs.names);
    pass->contigs.lengths = calloc(header->contig_count, sizeof *pass->contigs.lengths);
    if (pass->contigs.names == NULL || pass->contigs.lengths == NULL)
        return fail(why, STATUS_NO_MEMORY, "out of memory for contigs");
    for (size_t i = 0; i < header->contig_count; i++) {
        pass->contigs.names[i] = strdup(header->contigs[i].name);
        pass->contigs.lengths[i] = header->contigs[i].length;
        if (pass->contigs.names[i] == NULL)
            return fail(why, STATUS_NO_MEMORY, "out of memory for contigs");
    }
    const struct phased_reads reads = {
        .contigs = &pass->contigs, .sample = header->sample, .reference = pass->fasta};
    if (phased_read(&pass->phased, pass->phased_path, &reads, why) != STATUS_OK)
        return why->code;
    char doubt[FAILURE_TEXT_MAX];
    if (phased_doubt(&pass->phased, pass->phased_path, doubt, sizeof doubt))
        say("runnel: %s", doubt);
    return STATUS_OK;
}

/* What depends on the platform. */
static int settle_platform(struct window_pass *pass, struct failure *why) {
    const char *name = pass->platform;
    if (name == NULL)
        name = platform_of_machine(alignments_header(pass->alignments)->platform);
    if (name == NULL)
        return fail(why, STATUS_BAD_INPUT,
                    "%s does not say which platform its reads come from; say -p ont or -p hifi",
                    pass->alignments_path);
    pass->preset = preset_of(name);
    if (pass->pileup_options.snp_min_af <= 0)
        pass->pileup_options.snp_min_af = (float)pass->preset->snp_min_af;
    if (pass->pileup_options.indel_min_af <= 0)
        pass->pileup_options.indel_min_af = (float)pass->preset->indel_min_af;
    pass->full_options.rows = pass->preset->full_rows;
    return STATUS_OK;
}

int window_pass_open(struct window_pass *pass, struct failure *why) {
    struct alignments_options options = {
        .reference = pass->reference_path,
        .moves = pass->full_options.dwell,
    };
    pass->contig = -1;
    int status = alignments_open(&pass->alignments, pass->alignments_path, &options, why);
    if (status == STATUS_OK)
        status = settle_platform(pass, why);
    if (status == STATUS_OK)
        status = reference_open(&pass->fasta, pass->reference_path, why);
    if (status == STATUS_OK)
        status = reference_open(&pass->fasta_of_full, pass->reference_path, why);
    if (status == STATUS_OK)
        status = pileup_windows_new(&pass->pileup, &pass->pileup_options, why);
    if (status == STATUS_OK)
        status = full_windows_new(&pass->full, &pass->full_options, why);
    if (status == STATUS_OK && pass->phased_path != NULL)
        status = read_phased(pass, why);
    if (status == STATUS_OK && pass->sites_path != NULL)
        status = site_list_read(&pass->sites, pass->sites_path, pass->alignments, why);
    return status;
}

void window_pass_close(struct window_pass *pass) {
    pileup_windows_free(pass->pileup);
    full_windows_free(pass->full);
    reference_close(pass->fasta);
    reference_close(pass->fasta_of_full);
    alignments_close(pass->alignments);
    site_list_free(&pass->sites);
    phased_free(&pass->phased);
    stream_contigs_free(&pass->contigs);
}

static const char *contig_name(const struct window_pass *pass) {
    return alignments_header(pass->alignments)->contigs[pass->contig].name;
}

static int pull(struct window_pass *pass, struct failure *why) {
    struct pileup_window pileup;
    struct full_window full;
    int status;
    while ((status = pileup_windows_pull(pass->pileup, &pileup, why)) == STATUS_OK) {
        if (pass->sites.contigs == NULL)
            status = full_windows_add_site(pass->full, pileup.position, why);
        if (status == STATUS_OK)
            status = pass->on_pileup(pass->with, contig_name(pass), &pileup, why);
        if (status != STATUS_OK)
            return status;
    }
    if (status != STATUS_END)
        return status;
    if (pass->sites.contigs == NULL)
        full_windows_no_site_before(pass->full, pileup_windows_mark(pass->pileup));
    while ((status = full_windows_pull(pass->full, &full, why)) == STATUS_OK) {
        status = pass->on_full(pass->with, contig_name(pass), &full, why);
        if (status != STATUS_OK)
            return status;
    }
    return status == STATUS_END ? STATUS_OK : status;
}

/* Draws what is left of the contig under way. */
static int end_contig(struct window_pass *pass, struct failure *why) {
    if (pass->contig < 0)
        return STATUS_OK;
    pileup_windows_end(pass->pileup);
    int status = pull(pass, why);
    if (status != STATUS_OK)
        return status;
    full_windows_end(pass->full);
    return pull(pass, why);
}

static int begin_contig(struct window_pass *pass, int32_t contig,
                        const struct pileup_targets *targets, struct failure *why) {
    const struct alignments_contig *c = &alignments_header(pass->alignments)->contigs[contig];
    struct reference reference;
    pass->contig = contig;
    int status = reference_contig(pass->fasta, c->name, c->length, &pass->reference, why);
    if (status == STATUS_OK)
        status = reference_contig(pass->fasta_of_full, c->name, c->length, &reference, why);
    if (status == STATUS_OK)
        status = pileup_windows_begin(pass->pileup, &pass->reference, targets, why);
    if (status != STATUS_OK)
        return status;
    const struct phased_contig *phased =
        pass->phased.contigs != NULL ? &pass->phased.contigs[contig] : NULL;
    full_windows_begin(pass->full, &reference, phased != NULL ? phased->snps : NULL,
                       phased != NULL ? phased->count : 0);
    if (pass->sites.contigs == NULL)
        return STATUS_OK;
    const struct contig_sites *sites = &pass->sites.contigs[contig];
    for (size_t i = 0; i < sites->count && status == STATUS_OK; i++)
        status = full_windows_add_site(pass->full, sites->positions[i], why);
    full_windows_no_site_before(pass->full, INT64_MAX);
    return status;
}

static int add(struct window_pass *pass, const struct alignment *alignment, struct failure *why) {
    int status = pileup_windows_add(pass->pileup, alignment, why);
    if (status == STATUS_OK)
        status = full_windows_add(pass->full, alignment, why);
    if (status == STATUS_OK && pass->on_read != NULL)
        status = pass->on_read(pass->with, alignment, why);
    return status == STATUS_OK ? pull(pass, why) : status;
}

/* Contigs from the one behind the last up to `contig` have no reads, but may have listed sites. */
static int pass_contigs(struct window_pass *pass, int32_t contig, struct failure *why) {
    int status = end_contig(pass, why);
    int32_t next = pass->contig + 1;
    for (; status == STATUS_OK && next < contig && pass->sites.contigs != NULL; next++) {
        if (pass->sites.contigs[next].count == 0)
            continue;
        status = begin_contig(pass, next, NULL, why);
        if (status == STATUS_OK)
            status = end_contig(pass, why);
    }
    return status;
}

int window_pass_all(struct window_pass *pass, struct failure *why) {
    struct alignment alignment;
    int32_t contig;
    int status;
    while ((status = alignments_next(pass->alignments, &alignment, &contig, why)) == STATUS_OK) {
        if (contig < 0)
            continue;
        if (contig != pass->contig) {
            status = pass_contigs(pass, contig, why);
            if (status == STATUS_OK)
                status = begin_contig(pass, contig, NULL, why);
        }
        if (status == STATUS_OK)
            status = add(pass, &alignment, why);
        if (status != STATUS_OK)
            return status;
    }
    if (status != STATUS_END)
        return status;
    return pass_contigs(pass, (int32_t)alignments_header(pass->alignments)->contig_count, why);
}

int window_pass_site(struct window_pass *pass, int32_t contig, int64_t position,
                     struct failure *why) {
    struct pileup_targets targets = {.begin = position, .end = position + 1};
    const int64_t margin = 2 * WINDOW_WIDTH; /* enough for both kinds, and what 1.7 asks for */
    int64_t begin = position > margin ? position - margin : 0;
    struct alignment alignment;
    pass->sites.contig_count = alignments_header(pass->alignments)->contig_count;
    pass->sites.contigs = calloc(pass->sites.contig_count, sizeof *pass->sites.contigs);
    int64_t *sites = malloc(sizeof *sites);
    if (pass->sites.contigs == NULL || sites == NULL) {
        free(sites);
        return fail(why, STATUS_NO_MEMORY, "out of memory for contigs");
    }
    *sites = position;
    pass->sites.contigs[contig] = (struct contig_sites){sites, 1, 1};
    int status = alignments_region(pass->alignments, contig, begin, position + margin, why);
    if (status == STATUS_OK)
        status = begin_contig(pass, contig, &targets, why);
    if (status != STATUS_OK)
        return status;
    int32_t at;
    while ((status = alignments_next(pass->alignments, &alignment, &at, why)) == STATUS_OK)
        if ((status = add(pass, &alignment, why)) != STATUS_OK)
            return status;
    return status == STATUS_END ? end_contig(pass, why) : status;
}
