/* SPDX-License-Identifier: MIT
 *
 * A file of records, and for each bin of a contig the numbers of the reads that span it:
 *
 *     record   struct head, CIGAR, sequence, qualities, moves, name and its NUL */
#include "plugin/read_store.h"

#include "plugin/unnamed_file.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BIN_BASES = 1 << 12 };

struct head {
    int64_t position;
    uint32_t cigar_count, move_count, name_size;
    int32_t length;
    uint16_t flag;
    uint8_t mapq;
    int8_t haplotype;
    uint8_t has_moves;
};

struct entry {
    int64_t begin, end; /* on its contig */
    int64_t offset;     /* in the file */
    size_t size;
};

struct bin {
    uint32_t *numbers; /* of entries */
    size_t count, room;
};

struct read_store {
    int file;
    int64_t size;      /* of the file */
    struct bin **bins; /* by contig; NULL before its first read */
    size_t *bin_counts;
    size_t contig_count;
    struct entry *entries;
    size_t entry_count, entry_room;
    uint8_t *buffer; /* of the reads that were asked for last, or of one to be written */
    size_t buffer_room;
    struct alignment *reads;
    size_t read_room;
};

int read_store_open(struct read_store **out, const char *folder, const int64_t *lengths,
                    size_t contig_count, struct failure *why) {
    struct read_store *s = *out = calloc(1, sizeof *s);
    if (s == NULL)
        return fail(why, STATUS_NO_MEMORY, "out of memory for reads");
    s->contig_count = contig_count;
    s->bins = calloc(contig_count + 1, sizeof(struct bin *));
    s->bin_counts = calloc(contig_count + 1, sizeof *s->bin_counts);
    s->file = unnamed_file(folder, why);
    int status = s->file < 0 ? STATUS_IO : STATUS_OK;
    if (s->file >= 0 && (s->bins == NULL || s->bin_counts == NULL))
        status = fail(why, STATUS_NO_MEMORY, "out of memory for reads");
    for (size_t i = 0; status == STATUS_OK && i < contig_count; i++)
        s->bin_counts[i] = (size_t)(lengths[i] / BIN_BASES) + 1;
    if (status != STATUS_OK) {
        read_store_close(s);
        *out = NULL;
    }
    return status;
}

void read_store_close(struct read_store *s) {
    if (s == NULL)
        return;
    for (size_t c = 0; s->bins != NULL && c < s->contig_count; c++) {
        for (size_t i = 0; s->bins[c] != NULL && i < s->bin_counts[c]; i++)
            free(s->bins[c][i].numbers);
        free(s->bins[c]);
    }
    free(s->bins);
    free(s->bin_counts);
    free(s->entries);
    free(s->buffer);
    free(s->reads);
    if (s->file >= 0)
        close(s->file);
    free(s);
}

/* ---- adding -------------------------------------------------------------------------------- */

/* Room for `count` elements of `size` bytes; NULL on failure. */
static void *reserve(void *block, size_t *room, size_t count, size_t size, struct failure *why) {
    if (count <= *room)
        return block;
    size_t more = count < 8 ? 16 : 2 * count;
    void *larger = realloc(block, more * size);
    if (larger == NULL)
        fail(why, STATUS_NO_MEMORY, "out of memory for reads");
    else
        *room = more;
    return larger;
}

static uint8_t *put(uint8_t *at, const void *from, size_t size) {
    if (size > 0)
        memcpy(at, from, size);
    return at + size;
}

static size_t record_size(const struct head *head) {
    return sizeof *head + head->cigar_count * sizeof(uint32_t) + ((size_t)head->length + 1) / 2 +
           (size_t)head->length + head->move_count + head->name_size;
}

static int write_record(struct read_store *s, const struct alignment *a, size_t *size,
                        struct failure *why) {
    const struct head head = {.position = a->position,
                              .cigar_count = (uint32_t)a->cigar_count,
                              .move_count = (uint32_t)a->move_count,
                              .name_size = (uint32_t)strlen(a->name) + 1,
                              .length = a->length,
                              .flag = a->flag,
                              .mapq = a->mapq,
                              .haplotype = a->haplotype,
                              .has_moves = a->moves != NULL};
    *size = record_size(&head);
    uint8_t *buffer = reserve(s->buffer, &s->buffer_room, *size, 1, why);
    if (buffer == NULL)
        return STATUS_NO_MEMORY;
    s->buffer = buffer;
    uint8_t *at = put(buffer, &head, sizeof head);
    at = put(at, a->cigar, a->cigar_count * sizeof *a->cigar);
    at = put(at, a->sequence, ((size_t)a->length + 1) / 2);
    at = put(at, a->qualities, (size_t)a->length);
    at = put(at, a->moves, a->move_count);
    put(at, a->name, head.name_size);
    return unnamed_file_write(s->file, buffer, *size, s->size, why);
}

static int add_to_bins(struct read_store *s, size_t contig, const struct entry *entry,
                       struct failure *why) {
    if (s->bins[contig] == NULL)
        s->bins[contig] = calloc(s->bin_counts[contig], sizeof **s->bins);
    if (s->bins[contig] == NULL)
        return fail(why, STATUS_NO_MEMORY, "out of memory for reads");
    size_t last = (size_t)(entry->end - 1) / BIN_BASES;
    for (size_t i = (size_t)entry->begin / BIN_BASES; i <= last && i < s->bin_counts[contig]; i++) {
        struct bin *bin = &s->bins[contig][i];
        uint32_t *numbers = reserve(bin->numbers, &bin->room, bin->count + 1, sizeof *numbers, why);
        if (numbers == NULL)
            return STATUS_NO_MEMORY;
        bin->numbers = numbers;
        numbers[bin->count++] = (uint32_t)s->entry_count;
    }
    return STATUS_OK;
}

int read_store_add(struct read_store *s, size_t contig, const struct alignment *read, int64_t span,
                   struct failure *why) {
    struct entry entry = {read->position, read->position + span, s->size, 0};
    if (write_record(s, read, &entry.size, why) != STATUS_OK)
        return why ? why->code : STATUS_IO;
    struct entry *entries =
        reserve(s->entries, &s->entry_room, s->entry_count + 1, sizeof *entries, why);
    if (entries == NULL)
        return STATUS_NO_MEMORY;
    s->entries = entries;
    entries[s->entry_count] = entry;
    if (add_to_bins(s, contig, &entry, why) != STATUS_OK)
        return STATUS_NO_MEMORY;
    s->entry_count++;
    s->size += (int64_t)entry.size;
    return STATUS_OK;
}

/* ---- asking -------------------------------------------------------------------------------- */

static int by_place(const void *a, const void *b) {
    const struct alignment *x = a, *y = b;
    if (x->position != y->position)
        return x->position < y->position ? -1 : 1;
    if ((x->flag & 16) != (y->flag & 16))
        return x->flag & 16 ? 1 : -1;
    int names = strcmp(x->name, y->name);
    return names != 0 ? names : (int)x->flag - (int)y->flag;
}

/* The record's parts lie one behind the other; CIGARs at multiples of 4, as records do of 8. */
static void lend(struct alignment *out, const uint8_t *record) {
    struct head head;
    memcpy(&head, record, sizeof head);
    const uint8_t *at = record + sizeof head;
    *out = (struct alignment){.position = head.position,
                              .flag = head.flag,
                              .mapq = head.mapq,
                              .haplotype = head.haplotype,
                              .cigar_count = head.cigar_count,
                              .cigar = (const uint32_t *)(const void *)at,
                              .length = head.length,
                              .move_count = head.move_count};
    out->sequence = at + head.cigar_count * sizeof(uint32_t);
    out->qualities = out->sequence + ((size_t)head.length + 1) / 2;
    const uint8_t *moves = out->qualities + head.length;
    out->moves = head.has_moves ? moves : NULL;
    out->name = (const char *)moves + head.move_count;
}

static size_t aligned(size_t size) {
    return (size + 7) & ~(size_t)7;
}

static bool reaches(const struct entry *entry, int64_t begin, int64_t end) {
    return entry->begin < end && entry->end > begin;
}

/* Numbers of a bin that reach into the place; those that began in a bin before were met there. */
static size_t choose(const struct read_store *s, const struct bin *bin, int64_t bin_begin,
                     bool is_first, const struct entry **chosen, int64_t begin, int64_t end) {
    size_t count = 0;
    for (size_t i = 0; i < bin->count; i++) {
        const struct entry *entry = &s->entries[bin->numbers[i]];
        if (reaches(entry, begin, end) && (is_first || entry->begin >= bin_begin))
            chosen[count++] = entry;
    }
    return count;
}

static int lend_all(struct read_store *s, const struct entry **chosen, size_t count,
                    struct failure *why) {
    size_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += aligned(chosen[i]->size);
    uint8_t *buffer = reserve(s->buffer, &s->buffer_room, size, 1, why);
    struct alignment *reads = reserve(s->reads, &s->read_room, count, sizeof *reads, why);
    s->buffer = buffer ? buffer : s->buffer;
    s->reads = reads ? reads : s->reads;
    if ((buffer == NULL && size > 0) || (reads == NULL && count > 0))
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        if (unnamed_file_read(s->file, buffer, chosen[i]->size, chosen[i]->offset, why) !=
            STATUS_OK)
            return why ? why->code : STATUS_IO;
        lend(&reads[i], buffer);
        buffer += aligned(chosen[i]->size);
    }
    if (count > 0)
        qsort(reads, count, sizeof *reads, by_place);
    return STATUS_OK;
}

int read_store_over(struct read_store *s, size_t contig, int64_t begin, int64_t end,
                    const struct alignment **reads, size_t *count, struct failure *why) {
    const struct bin *bins = s->bins[contig];
    size_t first = (size_t)(begin > 0 ? begin : 0) / BIN_BASES, room = 0;
    size_t last = end > 0 ? (size_t)(end - 1) / BIN_BASES : 0;
    *count = 0;
    *reads = s->reads;
    if (bins == NULL)
        return STATUS_OK;
    last = last < s->bin_counts[contig] ? last : s->bin_counts[contig] - 1;
    for (size_t i = first; i <= last; i++)
        room += bins[i].count;
    const struct entry **chosen = calloc(room + 1, sizeof(const struct entry *));
    if (chosen == NULL)
        return fail(why, STATUS_NO_MEMORY, "out of memory for reads");
    for (size_t i = first; i <= last; i++)
        *count +=
            choose(s, &bins[i], (int64_t)i * BIN_BASES, i == first, chosen + *count, begin, end);
    int status = lend_all(s, chosen, *count, why);
    free(chosen);
    *reads = s->reads;
    return status;
}
