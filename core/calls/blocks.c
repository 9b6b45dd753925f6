/* SPDX-License-Identifier: MIT
 *
 * The likelihoods depend on two small numbers, so most of them are computed once and looked
 * up afterwards.  The constants are the original's, rounded as it has them: with the exact
 * ones GQ would differ.  Spec: calling, sections 5.2 and 5.3. */
#include "core/calls/blocks.h"

#include "core/calls/numbers.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    GQ_GREATEST = 50,
    KNOWN_DEPTH = 128, /* up to it likelihoods are kept */
    FIRST_CAPACITY = 64
};
static const double ln_10 = 2.3025, log10_2 = 0.3010;
static const double depth_tolerance = 0.3; /* relative spread of depth within a block */

/* What a pair of counts says. */
struct verdict {
    bool known; /* filled in */
    bool is_reference;
    int32_t gq, binned;
    int32_t pl[BLOCK_LIKELIHOODS];
};

/* A list of blocks that grows. */
struct block_list {
    size_t count, capacity;
    struct block *items;
};

struct blocks {
    struct blocks_options options;
    double log_error, log_right; /* of a base, to base 10 as rounded above */
    struct block_list open;      /* the open block, as one block per position if it is ./. */
    struct block_list whole;
    bool is_open;
    char letter; /* of the open block's first position, as in the reference */
    int32_t binned;
    int64_t least_depth, greatest_depth;
    struct verdict verdicts[KNOWN_DEPTH + 1][KNOWN_DEPTH + 1];
};

struct blocks *blocks_new(const struct blocks_options *options, struct failure *why) {
    if (!(options->base_error > 0 && options->base_error < 1) || options->gq_bin < 1) {
        fail(why, STATUS_BAD_INPUT,
             "base error must lie between 0 and 1, the size of GQ bins be at least 1");
        return NULL;
    }
    struct blocks *blocks = calloc(1, sizeof *blocks);
    if (blocks == NULL) {
        fail(why, STATUS_NO_MEMORY, "no memory for gVCF blocks");
        return NULL;
    }
    blocks->options = *options;
    blocks->log_error = log(options->base_error) / ln_10;
    blocks->log_right = log(1 - options->base_error) / ln_10;
    return blocks;
}

void blocks_free(struct blocks *blocks) {
    if (blocks == NULL)
        return;
    free(blocks->open.items);
    free(blocks->whole.items);
    free(blocks);
}

static bool append(struct block_list *list, const struct block *block) {
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : FIRST_CAPACITY;
        struct block *items = realloc(list->items, capacity * sizeof *items);
        if (items == NULL)
            return false;
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = *block;
    return true;
}

/* ---- likelihoods --------------------------------------------------------------------------- */

static int32_t quality_of(double log_reference) {
    double reference = pow(10, log_reference);
    if (reference == 1)
        return GQ_GREATEST;
    double gq = number_rounded(-10 * log(1 - reference) / ln_10, 6);
    return gq >= GQ_GREATEST ? GQ_GREATEST : (int32_t)gq;
}

/* The sum is not shifted by its greatest term, as one would to keep it from underflow: the
 * original's is not either, in effect (section 7.4). */
static void normalise(double logs[BLOCK_LIKELIHOODS]) {
    double sum = 0;
    for (size_t i = 0; i < BLOCK_LIKELIHOODS; i++)
        sum += pow(10, logs[i]);
    double log_sum = number_rounded(log(sum) / ln_10, 6);
    for (size_t i = 0; i < BLOCK_LIKELIHOODS; i++) /* a sum of 0 makes all of them 0 */
        logs[i] = sum > 0 ? fmin(logs[i] - log_sum, 0) : 0;
}

static struct verdict weigh(const struct blocks *blocks, int64_t reference_reads, int64_t reads) {
    double right = (double)reference_reads, wrong = (double)(reads - reference_reads);
    double logs[BLOCK_LIKELIHOODS] = {-1, -1, -1};
    if (reads > 0) {
        logs[0] = right * blocks->log_right + wrong * blocks->log_error;
        logs[1] = -(double)reads * log10_2;
        logs[2] = right * blocks->log_error + wrong * blocks->log_right;
    }
    normalise(logs);
    struct verdict verdict = {.known = true, .gq = quality_of(logs[0])};
    int bin = blocks->options.gq_bin;
    verdict.binned = verdict.gq >= 1 ? (verdict.gq - 1) / bin * bin + 1 : 0;
    double greatest = fmax(logs[0], fmax(logs[1], logs[2]));
    verdict.is_reference = logs[0] == greatest;
    for (size_t i = 0; i < BLOCK_LIKELIHOODS; i++)
        verdict.pl[i] = (int32_t)(-10 * logs[i] - -10 * greatest);
    return verdict;
}

static struct verdict verdict_of(struct blocks *blocks, int64_t reference_reads, int64_t reads) {
    if (reads > KNOWN_DEPTH)
        return weigh(blocks, reference_reads, reads);
    struct verdict *verdict = &blocks->verdicts[reads][reference_reads];
    if (!verdict->known)
        *verdict = weigh(blocks, reference_reads, reads);
    return *verdict;
}

/* ---- blocks -------------------------------------------------------------------------------- */

static char upper(char letter) {
    return letter >= 'a' && letter <= 'z' ? (char)(letter - 'a' + 'A') : letter;
}

static bool is_base(char letter) {
    return letter == 'A' || letter == 'C' || letter == 'G' || letter == 'T';
}

/* Whether the open block becomes one line per position. */
static bool is_by_position(const struct blocks *blocks) {
    const struct block *first = blocks->open.items;
    return !first->is_reference && first->reference != 'N' &&
           !(blocks->options.uncovered_unknown && blocks->greatest_depth == 0);
}

/* One block, or, where the genotype is unknown and the reference is not, one per position. */
static int close_block(struct blocks *blocks, struct failure *why) {
    size_t count = blocks->open.count;
    struct block *items = blocks->open.items;
    if (!blocks->is_open)
        return STATUS_OK;
    blocks->is_open = false;
    if (blocks->options.contig_length > 0 &&
        items[count - 1].end == blocks->options.contig_length - 1)
        items[count - 1].end++;
    bool by_position = is_by_position(blocks);
    for (size_t i = 0; i < count; i++) {
        if (by_position)
            items[i].gq = blocks->binned;
        if (!append(&blocks->whole, &items[i]))
            return fail(why, STATUS_NO_MEMORY, "no memory for gVCF blocks");
    }
    return STATUS_OK;
}

static bool starts_anew(const struct blocks *blocks, char letter, const struct verdict *verdict,
                        int64_t depth) {
    double least = (double)blocks->least_depth, greatest = (double)blocks->greatest_depth;
    double here = (double)depth;
    if (!blocks->is_open || verdict->binned != blocks->binned ||
        verdict->is_reference != blocks->open.items[0].is_reference)
        return true;
    if (letter != blocks->letter && (letter == 'N' || blocks->letter == 'N'))
        return true;
    if (here < least && greatest > ceil(here + here * depth_tolerance))
        return true;
    return here > greatest && here > ceil(least + least * depth_tolerance);
}

/* The block of one position. */
static struct block single(int64_t position, char letter, const struct verdict *verdict,
                           int64_t depth) {
    struct block block = {.begin = position,
                          .end = position,
                          .min_depth = depth,
                          .gq = verdict->gq,
                          .reference = is_base(letter) ? letter : 'N',
                          .is_reference = verdict->is_reference};
    memcpy(block.pl, verdict->pl, sizeof block.pl);
    return block;
}

static int open_block(struct blocks *blocks, int64_t position, char letter,
                      const struct verdict *verdict, int64_t depth, struct failure *why) {
    struct block block = single(position, letter, verdict, depth);
    blocks->open.count = 0;
    if (!append(&blocks->open, &block))
        return fail(why, STATUS_NO_MEMORY, "no memory for gVCF blocks");
    blocks->is_open = true;
    blocks->letter = letter;
    blocks->binned = verdict->binned;
    blocks->least_depth = blocks->greatest_depth = depth;
    return STATUS_OK;
}

static int join(struct blocks *blocks, int64_t position, char letter, const struct verdict *verdict,
                int64_t depth, struct failure *why) {
    struct block *last = &blocks->open.items[blocks->open.count - 1];
    if (depth < blocks->least_depth)
        blocks->least_depth = depth;
    if (depth > blocks->greatest_depth)
        blocks->greatest_depth = depth;
    if (is_by_position(blocks)) {
        struct block block = single(position, letter, verdict, depth);
        if (!append(&blocks->open, &block))
            return fail(why, STATUS_NO_MEMORY, "no memory for gVCF blocks");
        return STATUS_OK;
    }
    last->end = position;
    last->min_depth = blocks->least_depth;
    if (verdict->gq < last->gq)
        last->gq = verdict->gq;
    return STATUS_OK;
}

int blocks_add(struct blocks *blocks, int64_t position, char reference, int64_t reference_reads,
               int64_t reads, struct failure *why) {
    char letter = upper(reference);
    struct verdict verdict = verdict_of(blocks, reference_reads, reads);
    if (reads == 0 && blocks->options.uncovered_unknown)
        verdict = (struct verdict){.is_reference = false};
    if (!is_base(letter)) {
        verdict.gq = verdict.binned = 1;
        memset(verdict.pl, 0, sizeof verdict.pl);
    }
    if (!starts_anew(blocks, letter, &verdict, reads))
        return join(blocks, position, letter, &verdict, reads, why);
    int status = close_block(blocks, why);
    if (status != STATUS_OK)
        return status;
    return open_block(blocks, position, letter, &verdict, reads, why);
}

int blocks_finish(struct blocks *blocks, struct failure *why) {
    return close_block(blocks, why);
}

size_t blocks_take(struct blocks *blocks, const struct block **whole) {
    size_t count = blocks->whole.count;
    *whole = blocks->whole.items;
    blocks->whole.count = 0;
    return count;
}

struct block block_of_nothing(int64_t begin, int64_t end) {
    return (struct block){.begin = begin, .end = end, .gq = 1, .reference = 'N'};
}

static void append_likelihoods(struct text *line, const struct block *block, bool of_one_copy) {
    int32_t least = block->pl[0] < block->pl[2] ? block->pl[0] : block->pl[2];
    for (size_t i = 0; i < BLOCK_LIKELIHOODS; i++) {
        if (of_one_copy && i == 1)
            continue;
        text_append_char(line, i == 0 ? ':' : ',');
        text_append_integer(line, block->pl[i] - (of_one_copy ? least : 0));
    }
}

void block_append(struct text *line, const char *contig, const struct block *block,
                  enum block_ploidy ploidy) {
    bool is_reference = block->is_reference && block->reference != 'N';
    text_append_string(line, contig);
    text_append_char(line, '\t');
    text_append_integer(line, block->begin);
    text_append_string(line, "\t.\t");
    text_append_char(line, block->reference);
    text_append_string(line, "\t<NON_REF>\t0\t.\tEND=");
    text_append_integer(line, block->end);
    text_append_string(line, "\tGT:GQ:MIN_DP:PL\t");
    if (ploidy == BLOCK_DIPLOID)
        text_append_string(line, is_reference ? "0/0:" : "./.:");
    else
        text_append_string(line, is_reference ? "0:" : ".:");
    text_append_integer(line, block->gq);
    text_append_char(line, ':');
    text_append_integer(line, block->min_depth);
    append_likelihoods(line, block, ploidy == BLOCK_HAPLOID);
    text_append_char(line, '\n');
}
