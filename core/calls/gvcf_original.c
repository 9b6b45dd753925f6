/* SPDX-License-Identifier: MIT
 *
 * The rules are numbered as in the specification.  A variant covers [vs, ve], the current
 * block [bs, be]; bs moves when a variant cuts a part off its left, and the block is then
 * "right": what remains of it is written with bs and the base there. */
#include "core/calls/gvcf_original.h"

#include "core/calls/record.h"
#include <stdlib.h>

/* A line that waits for the last sort. */
struct waiting_line {
    int64_t position;
    struct text text;
};

struct gvcf_original {
    struct gvcf_original_options options;
    bool has_block;     /* false: blocks are at their end */
    struct block block; /* current block as read */
    int64_t bs;
    bool is_right;
    bool has_variant; /* any so far */
    int64_t last_ve;  /* end of the last one taken */
    int64_t skip_to;  /* blocks that end before it are passed over when the next variant comes */
    bool skip_cuts;   /* rule 4: the block reached is cut there in any case */
    struct text line;
    size_t waiting_count, waiting_capacity;
    struct waiting_line *waiting; /* by position, one per position */
};

/* ---- the last sort ------------------------------------------------------------------------- */

static int give_out(struct gvcf_original *gvcf, size_t count, struct failure *why) {
    struct waiting_line *waiting = gvcf->waiting;
    for (size_t i = 0; i < count; i++) {
        int status = gvcf->options.lines.take(gvcf->options.lines.to, waiting[i].text.bytes,
                                              waiting[i].text.length, why);
        if (status != STATUS_OK)
            return status;
    }
    /* The texts given out go to the end, so that their memory is used again. */
    for (size_t i = 0; count > 0 && i + count < gvcf->waiting_count; i++) {
        struct waiting_line line = waiting[i];
        waiting[i] = waiting[i + count];
        waiting[i + count] = line;
    }
    gvcf->waiting_count -= count;
    return STATUS_OK;
}

/* Everything before `position`: no later line can stand there. */
static int give_out_before(struct gvcf_original *gvcf, int64_t position, struct failure *why) {
    size_t count = 0;
    while (count < gvcf->waiting_count && gvcf->waiting[count].position < position)
        count++;
    return give_out(gvcf, count, why);
}

static bool reserve_waiting(struct gvcf_original *gvcf) {
    enum { MORE = 64 };
    if (gvcf->waiting_count < gvcf->waiting_capacity)
        return true;
    size_t capacity = gvcf->waiting_capacity + MORE;
    struct waiting_line *waiting = realloc(gvcf->waiting, capacity * sizeof *waiting);
    if (waiting == NULL)
        return false;
    for (size_t i = gvcf->waiting_capacity; i < capacity; i++)
        waiting[i] = (struct waiting_line){0};
    gvcf->waiting = waiting;
    gvcf->waiting_capacity = capacity;
    return true;
}

/* Takes gvcf->line; it replaces an earlier line of the same position. */
static int put_line(struct gvcf_original *gvcf, int64_t position, struct failure *why) {
    if (gvcf->line.failed || !reserve_waiting(gvcf))
        return fail(why, STATUS_NO_MEMORY, "no memory for a gVCF line of %s", gvcf->options.contig);
    if (gvcf->options.unsorted)
        return gvcf->options.lines.take(gvcf->options.lines.to, gvcf->line.bytes, gvcf->line.length,
                                        why);
    size_t at = gvcf->waiting_count;
    while (at > 0 && gvcf->waiting[at - 1].position > position)
        at--;
    if (at == 0 || gvcf->waiting[at - 1].position != position) {
        struct waiting_line free_line = gvcf->waiting[gvcf->waiting_count];
        for (size_t i = gvcf->waiting_count++; i > at; i--)
            gvcf->waiting[i] = gvcf->waiting[i - 1];
        gvcf->waiting[at++] = free_line;
    }
    struct text taken = gvcf->waiting[at - 1].text;
    gvcf->waiting[at - 1] = (struct waiting_line){position, gvcf->line};
    gvcf->line = taken;
    return STATUS_OK;
}

/* ---- blocks and variants ------------------------------------------------------------------- */

static int next_block(struct gvcf_original *gvcf, struct failure *why) {
    int status = gvcf->options.blocks.next(gvcf->options.blocks.from, &gvcf->block, why);
    gvcf->has_block = status == STATUS_OK;
    gvcf->is_right = false;
    gvcf->bs = gvcf->block.begin;
    return status == STATUS_END ? STATUS_OK : status;
}

static int write_block(struct gvcf_original *gvcf, const struct block *block, struct failure *why) {
    text_clear(&gvcf->line);
    block_append(&gvcf->line, gvcf->options.contig, block,
                 gvcf->options.haploid ? BLOCK_HAPLOID_ORIGINAL : BLOCK_DIPLOID);
    return put_line(gvcf, block->begin, why);
}

/* The current block by its state; a right part begins at `begin`. */
static int write_current(struct gvcf_original *gvcf, int64_t begin, struct failure *why) {
    struct block block = gvcf->block;
    struct reference *reference = gvcf->options.reference;
    if (gvcf->is_right) {
        const char *base = reference->fetch(reference->source, begin - 1, begin, why);
        if (base == NULL)
            return why ? why->code : STATUS_BAD_INPUT;
        block.begin = begin;
        block.reference = *base >= 'a' ? (char)(*base - 'a' + 'A') : *base;
    }
    return write_block(gvcf, &block, why);
}

static int write_variant(struct gvcf_original *gvcf, const struct call *call, struct failure *why) {
    text_clear(&gvcf->line);
    record_append(&gvcf->line, call, RECORD_NON_REF);
    return put_line(gvcf, call->position, why);
}

/* What rules 3 and 4 do with the blocks once there is another variant. */
static int skip_blocks(struct gvcf_original *gvcf, struct failure *why) {
    int64_t n = gvcf->skip_to;
    int status = STATUS_OK;
    gvcf->skip_to = 0;
    while (status == STATUS_OK && gvcf->has_block && gvcf->block.end < n)
        status = next_block(gvcf, why);
    if (status == STATUS_OK && gvcf->has_block && (gvcf->skip_cuts || n - 1 >= gvcf->bs)) {
        gvcf->bs = n;
        gvcf->is_right = true;
    }
    return status;
}

/* Rule 4: the variant begins inside the block. */
static int write_left_part(struct gvcf_original *gvcf, int64_t end, struct failure *why) {
    struct block block = gvcf->block;
    block.end = end;
    return write_block(gvcf, &block, why);
}

/* Rule 1: blocks that end before the variant.  What lies before the current block and the
 * variant can be given out. */
static int write_blocks_before(struct gvcf_original *gvcf, int64_t vs, struct failure *why) {
    int status = STATUS_OK;
    while (status == STATUS_OK && gvcf->has_block && gvcf->block.end < vs) {
        status = write_current(gvcf, gvcf->bs, why);
        if (status == STATUS_OK)
            status = give_out_before(gvcf, gvcf->block.begin, why);
        if (status == STATUS_OK)
            status = next_block(gvcf, why);
    }
    bool block_first = gvcf->has_block && gvcf->block.begin < vs;
    if (status == STATUS_OK)
        status = give_out_before(gvcf, block_first ? gvcf->block.begin : vs, why);
    return status;
}

int gvcf_original_add(struct gvcf_original *gvcf, const struct call *call, struct failure *why) {
    int64_t vs = call->position, ve = vs + (int64_t)call->ref.length - 1;
    int status = STATUS_OK;
    if (call_is_reference(call))
        return STATUS_OK;
    if (gvcf->skip_to > 0)
        status = skip_blocks(gvcf, why);
    gvcf->has_variant = true;
    gvcf->last_ve = ve;
    if (status == STATUS_OK)
        status = write_blocks_before(gvcf, vs, why);
    if (status != STATUS_OK)
        return status;
    if (!gvcf->has_block)
        return write_variant(gvcf, call, why);
    if (ve < gvcf->bs) /* rule 2: the variant is lost */
        return write_block(gvcf, &gvcf->block, why);
    gvcf->skip_to = ve + 1;
    gvcf->skip_cuts = vs > gvcf->bs;
    if (gvcf->skip_cuts) /* rule 4, else rule 3 */
        status = write_left_part(gvcf, vs - 1, why);
    return status != STATUS_OK ? status : write_variant(gvcf, call, why);
}

int gvcf_original_finish(struct gvcf_original *gvcf, struct failure *why) {
    int status = STATUS_OK;
    if (gvcf->has_block) {
        if (gvcf->has_variant && gvcf->block.end > gvcf->last_ve)
            status = write_current(gvcf, gvcf->last_ve + 1, why);
        while (status == STATUS_OK) {
            status = next_block(gvcf, why);
            if (status != STATUS_OK || !gvcf->has_block)
                break;
            status = write_block(gvcf, &gvcf->block, why);
            if (status == STATUS_OK)
                status = give_out_before(gvcf, gvcf->block.begin, why);
        }
    }
    return status != STATUS_OK ? status : give_out(gvcf, gvcf->waiting_count, why);
}

struct gvcf_original *gvcf_original_new(const struct gvcf_original_options *options,
                                        struct failure *why) {
    struct gvcf_original *gvcf = calloc(1, sizeof *gvcf);
    if (gvcf == NULL) {
        fail(why, STATUS_NO_MEMORY, "no memory for the gVCF of %s", options->contig);
        return NULL;
    }
    gvcf->options = *options;
    if (next_block(gvcf, why) != STATUS_OK) {
        gvcf_original_free(gvcf);
        return NULL;
    }
    return gvcf;
}

void gvcf_original_free(struct gvcf_original *gvcf) {
    if (gvcf == NULL)
        return;
    for (size_t i = 0; i < gvcf->waiting_capacity; i++)
        text_free(&gvcf->waiting[i].text);
    free(gvcf->waiting);
    text_free(&gvcf->line);
    free(gvcf);
}
