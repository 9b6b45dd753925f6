/* SPDX-License-Identifier: MIT
 *
 * Reads that wait for their haplotypes. */
#include "plugin/waiting_reads.h"

#include <stdlib.h>
#include <string.h>

struct waiting_batch {
    struct waiting_batch *next;
    const struct runnel_batch *batch; /* NULL: the next one in the file */
    int64_t bytes;
    int64_t rows, known, tagged; /* rows: all, with their alleles, with their haplotype */
    size_t *shown;               /* alleles, by row */
    int8_t *haplotypes;          /* by row */
};

static void batch_free(struct waiting_batch *waiting) {
    if (waiting->batch != NULL)
        waiting->batch->release(waiting->batch);
    free(waiting->shown);
    free(waiting->haplotypes);
    free(waiting);
}

void waiting_reads_begin(struct waiting_reads *w, int64_t most_bytes, const char *folder) {
    *w = (struct waiting_reads){.most_bytes = most_bytes, .folder = folder};
}

void waiting_reads_free(struct waiting_reads *w) {
    while (w->first != NULL) {
        struct waiting_batch *next = w->first->next;
        batch_free(w->first);
        w->first = next;
    }
    free(w->alleles);
    haplotagger_release(&w->tagger);
    batch_file_close(w->file);
    *w = (struct waiting_reads){0};
}

/* What a batch takes, nearly. */
static int64_t bytes_of(const struct runnel_batch *batch) {
    static const int TEXTS[] = {READS_NAME, READS_SEQUENCE, READS_QUALITIES, READS_MOVES};
    enum { NUMBERS = 64 }; /* bytes of the other columns */
    int64_t length, sum = 0;
    for (int64_t row = 0; row < runnel_rows(batch); row++) {
        for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
            runnel_text(batch, TEXTS[i], row, &length);
            sum += length;
        }
        runnel_list(batch, READS_CIGAR, row, &length);
        sum += length * (int64_t)sizeof(uint32_t) + NUMBERS;
    }
    return sum;
}

static int put_away(struct waiting_reads *w, const struct runnel_batch *batch,
                    struct failure *why) {
    if (w->file == NULL && batch_file_open(&w->file, &READS_STREAM, w->folder, why) != STATUS_OK)
        return STATUS_IO;
    return batch_file_put(w->file, batch, why);
}

int waiting_reads_add(struct waiting_reads *w, const struct runnel_batch *batch,
                      struct failure *why) {
    struct waiting_batch *waiting = calloc(1, sizeof *waiting);
    if (waiting == NULL)
        return fail(why, STATUS_NO_MEMORY, "out of memory for reads that wait");
    *(w->first ? &w->newest->next : &w->first) = waiting;
    w->newest = waiting;
    waiting->rows = runnel_rows(batch);
    waiting->shown = calloc((size_t)waiting->rows + 1, sizeof *waiting->shown);
    waiting->haplotypes = calloc((size_t)waiting->rows + 1, 1);
    if (waiting->shown == NULL || waiting->haplotypes == NULL)
        return fail(why, STATUS_NO_MEMORY, "out of memory for reads that wait");
    if (w->bytes >= w->most_bytes)
        return put_away(w, batch, why);
    batch->retain(batch);
    waiting->batch = batch;
    waiting->bytes = bytes_of(batch);
    w->bytes += waiting->bytes;
    return STATUS_OK;
}

int waiting_reads_row(struct waiting_reads *w, const struct snp_allele *alleles, size_t count,
                      struct failure *why) {
    if (w->begin + w->count + count > w->room) {
        if (w->count > 0)
            memmove(w->alleles, w->alleles + w->begin, w->count * sizeof *w->alleles);
        w->begin = 0;
        size_t room = 2 * (w->count + count);
        struct snp_allele *larger =
            room > w->room ? realloc(w->alleles, room * sizeof *larger) : w->alleles;
        if (larger == NULL)
            return fail(why, STATUS_NO_MEMORY, "out of memory for the SNPs of reads that wait");
        w->room = room > w->room ? room : w->room;
        w->alleles = larger;
    }
    if (count > 0)
        memcpy(w->alleles + w->begin + w->count, alleles, count * sizeof *alleles);
    w->count += count;
    w->newest->shown[w->newest->known++] = count;
    return STATUS_OK;
}

int waiting_reads_tag(struct waiting_reads *w, const struct phased_snp *snps, size_t settled,
                      struct failure *why) {
    for (struct waiting_batch *b = w->first; b != NULL; b = b->next) {
        for (; b->tagged < b->known; b->tagged++) {
            const struct snp_allele *alleles = w->alleles + w->begin;
            size_t count = b->shown[b->tagged];
            int haplotype = 0, status = STATUS_OK;
            if (count > 0 && alleles[count - 1].snp >= settled)
                return STATUS_OK;
            if (count > 0)
                status = haplotag_by_alleles(&w->tagger, alleles, count, snps, &haplotype, why);
            if (status != STATUS_OK)
                return status;
            b->haplotypes[b->tagged] = (int8_t)haplotype;
            w->begin += count;
            w->count -= count;
        }
    }
    return STATUS_OK;
}

/* ---- the batch with its new column ---- */

struct tagged {                      /* what the new batch has of its own */
    const struct runnel_batch *from; /* whose other columns are lent */
    struct ArrowArray **columns, haplotypes;
    const void *buffers[2];
    uint8_t *valid;
    int8_t *values;
};

static void tagged_free(struct tagged *tagged) {
    if (tagged->from != NULL)
        tagged->from->release(tagged->from);
    free(tagged->columns);
    free(tagged->valid);
    free(tagged->values);
    free(tagged);
}

static void release_schema(struct ArrowSchema *schema) { /* it is that of `from` */
    schema->release = NULL;
}

static void release_column(struct ArrowArray *array) { /* its memory goes with the batch */
    array->release = NULL;
}

static void release_array(struct ArrowArray *array) {
    tagged_free(array->private_data);
    array->release = NULL;
}

/* Values lie as far behind the begin of their buffers as those of the other columns do. */
static bool put_haplotypes(struct tagged *tagged, const struct runnel_batch *from,
                           const int8_t *haplotypes) {
    size_t columns = (size_t)from->array->n_children;
    int64_t offset = from->array->offset, end = offset + from->array->length;
    tagged->columns = malloc((columns + 1) * sizeof *tagged->columns);
    tagged->valid = calloc((size_t)end / 8 + 1, 1);
    tagged->values = calloc((size_t)end + 1, 1);
    if (tagged->columns == NULL || tagged->valid == NULL || tagged->values == NULL)
        return false;
    int64_t nulls = end;
    for (int64_t at = offset; at < end; at++) {
        tagged->values[at] = haplotypes[at - offset];
        tagged->valid[at / 8] =
            (uint8_t)(tagged->valid[at / 8] | (tagged->values[at] != 0) << at % 8);
        nulls -= tagged->values[at] != 0;
    }
    tagged->buffers[0] = tagged->valid;
    tagged->buffers[1] = tagged->values;
    tagged->haplotypes = (struct ArrowArray){.length = end,
                                             .null_count = nulls,
                                             .n_buffers = 2,
                                             .buffers = tagged->buffers,
                                             .release = release_column};
    memcpy(tagged->columns, from->array->children, columns * sizeof *tagged->columns);
    tagged->columns[READS_HP] = &tagged->haplotypes;
    return true;
}

/* Takes over the reference to `from`. */
static struct runnel_batch *tag(const struct runnel_batch *from, const int8_t *haplotypes,
                                struct failure *why) {
    struct ArrowSchema schema = *from->schema;
    struct ArrowArray array = *from->array;
    struct runnel_batch *batch = NULL;
    struct tagged *tagged = calloc(1, sizeof *tagged);
    schema.release = release_schema;
    if (tagged != NULL && put_haplotypes(tagged, from, haplotypes)) {
        array.children = tagged->columns;
        array.private_data = tagged;
        array.release = release_array;
        batch = runnel_batch_new(RUNNEL_DATA, from->type, &schema, &array);
    }
    if (batch != NULL) {
        batch->mark_contig = from->mark_contig;
        batch->mark_position = from->mark_position;
        tagged->from = from;
        return batch;
    }
    if (tagged != NULL)
        tagged_free(tagged);
    from->release(from);
    fail(why, STATUS_NO_MEMORY, "out of memory for reads that waited");
    return NULL;
}

const struct runnel_batch *waiting_reads_take(struct waiting_reads *w, struct failure *why) {
    struct waiting_batch *waiting = w->first;
    if (waiting == NULL || waiting->tagged < waiting->rows)
        return NULL;
    const struct runnel_batch *from = waiting->batch, *batch = NULL;
    if (from == NULL)
        from = batch_file_take(w->file, why);
    if (from != NULL)
        batch = tag(from, waiting->haplotypes, why);
    w->bytes -= waiting->bytes;
    w->first = waiting->next;
    waiting->batch = NULL;
    batch_free(waiting);
    return batch;
}
