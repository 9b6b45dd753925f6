/* SPDX-License-Identifier: MIT
 *
 * One number drives it all: the next base that no line has covered yet. */
#include "core/calls/gvcf.h"

#include "core/calls/record.h"
#include <stdlib.h>

struct gvcf {
    struct gvcf_options options;
    int64_t next;       /* 1-based: the first base that is not covered */
    bool has_block;     /* false: blocks are at their end */
    struct block block; /* the first block that ends at `next` or behind it */
    struct text line;
};

static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static int pull_block(struct gvcf *gvcf, struct failure *why) {
    int status = gvcf->options.blocks.next(gvcf->options.blocks.from, &gvcf->block, why);
    gvcf->has_block = status == STATUS_OK;
    return status == STATUS_END ? STATUS_OK : status;
}

static int give_line(struct gvcf *gvcf, struct failure *why) {
    if (gvcf->line.failed)
        return fail(why, STATUS_NO_MEMORY, "no memory for a gVCF line of %s", gvcf->options.contig);
    return gvcf->options.lines.take(gvcf->options.lines.to, gvcf->line.bytes, gvcf->line.length,
                                    why);
}

/* The reference base at a 1-based position, upper case, N for what is no base. */
static int read_base(struct gvcf *gvcf, int64_t position, char *base, struct failure *why) {
    struct reference *reference = gvcf->options.reference;
    const char *letter = reference->fetch(reference->source, position - 1, position, why);
    if (letter == NULL)
        return why && why->code ? why->code : STATUS_IO;
    *base = *letter >= 'a' && *letter <= 'z' ? (char)(*letter - 'a' + 'A') : *letter;
    if (*base != 'A' && *base != 'C' && *base != 'G' && *base != 'T')
        *base = 'N';
    return STATUS_OK;
}

/* One line from gvcf->next to `end`, at most to where the ploidy changes. */
static int write_part(struct gvcf *gvcf, const struct block *block, int64_t end,
                      struct failure *why) {
    const struct haploid *haploid = gvcf->options.haploid;
    struct block part = *block;
    part.begin = gvcf->next;
    part.end = least(end, haploid_same_until(haploid, part.begin));
    part.is_reference = block->is_reference && block->reference != 'N';
    int status = read_base(gvcf, part.begin, &part.reference, why);
    if (status != STATUS_OK)
        return status;
    text_clear(&gvcf->line);
    block_append(&gvcf->line, gvcf->options.contig, &part,
                 haploid_at(haploid, part.begin) ? BLOCK_HAPLOID : BLOCK_DIPLOID);
    gvcf->next = part.end + 1;
    return give_line(gvcf, why);
}

/* Blocks for everything up to and with `end` that is not covered. */
static int cover_to(struct gvcf *gvcf, int64_t end, struct failure *why) {
    static const struct block unknown = {.reference = 'N'};
    int status = STATUS_OK;
    while (status == STATUS_OK && gvcf->next <= end) {
        if (gvcf->has_block && gvcf->block.end < gvcf->next)
            status = pull_block(gvcf, why);
        else if (gvcf->has_block && gvcf->block.begin <= gvcf->next)
            status = write_part(gvcf, &gvcf->block, least(end, gvcf->block.end), why);
        else
            status = write_part(gvcf, &unknown,
                                gvcf->has_block ? least(end, gvcf->block.begin - 1) : end, why);
    }
    return status;
}

int gvcf_add(struct gvcf *gvcf, const struct call *call, struct failure *why) {
    if (call_is_reference(call))
        return STATUS_OK;
    int status = cover_to(gvcf, call->position - 1, why);
    if (status != STATUS_OK)
        return status;
    /* VCF wants a number per allele, and rare ties of outcomes leave some out. */
    struct call full = *call;
    size_t alts = call_has_two_alts(call) ? 2 : 1;
    while (full.ad_count < 1 + alts)
        full.ad[full.ad_count++] = 0;
    while (full.af_count < alts)
        full.af[full.af_count++] = 0;
    text_clear(&gvcf->line);
    record_append(&gvcf->line, &full, RECORD_NON_REF);
    int64_t end = call->position + (int64_t)call->ref.length - 1;
    if (gvcf->next <= end)
        gvcf->next = end + 1;
    return give_line(gvcf, why);
}

int gvcf_finish(struct gvcf *gvcf, struct failure *why) {
    return cover_to(gvcf, gvcf->options.reference->length, why);
}

struct gvcf *gvcf_new(const struct gvcf_options *options, struct failure *why) {
    struct gvcf *gvcf = calloc(1, sizeof *gvcf);
    if (gvcf == NULL) {
        fail(why, STATUS_NO_MEMORY, "no memory for the gVCF of %s", options->contig);
        return NULL;
    }
    gvcf->options = *options;
    gvcf->next = 1;
    if (pull_block(gvcf, why) != STATUS_OK) {
        gvcf_free(gvcf);
        return NULL;
    }
    return gvcf;
}

void gvcf_free(struct gvcf *gvcf) {
    if (gvcf == NULL)
        return;
    text_free(&gvcf->line);
    free(gvcf);
}
