/* SPDX-License-Identifier: MIT
 *
 * Fuzz target: alignment records to windows of both kinds.  Anything may stand in a record; nothing
 * may crash, and where the records are small enough for the slow implementations, windows equal
 * theirs. */
#include "core/windows/full_window.h"
#include "core/windows/pileup_window.h"
#include "tests/core/windows/slow_full.h"

enum { READS = 12, OPERATIONS = 16, SMALL = 40 };

struct bytes {
    const uint8_t *at;
    size_t left;
};

static uint8_t next(struct bytes *bytes) {
    if (bytes->left == 0)
        return 0;
    bytes->left--;
    return *bytes->at++;
}

/* One record; true where its lengths are small and add up. */
static bool make_read(struct bytes *bytes, struct random_read *r, int64_t position) {
    struct alignment *a = &r->alignment;
    bool small = true;
    int64_t bases = 0;
    snprintf(r->name, sizeof r->name, "n%d", next(bytes) % 5);
    a->position = position;
    a->flag = (uint16_t)(next(bytes) & 16 ? 16 : next(bytes) << 4);
    a->mapq = next(bytes) % 70;
    a->haplotype = (int8_t)(next(bytes) % 3);
    for (size_t count = next(bytes) % OPERATIONS; a->cigar_count < count; a->cigar_count++) {
        uint32_t length = next(bytes), kind = next(bytes);
        if (kind & 128) { /* hostile: any length */
            length = length << 20 | (uint32_t)next(bytes) << 8;
            small = false;
        }
        length %= small ? SMALL : UINT32_MAX;
        r->cigar[a->cigar_count] = length << 4 | (kind & 127) % (small ? 9 : 16);
        if (cigar_takes_query(cigar_operation(r->cigar[a->cigar_count])))
            bases += cigar_length(r->cigar[a->cigar_count]);
    }
    a->length = (int32_t)(bases <= READ_BASES ? bases : READ_BASES);
    if (next(bytes) % 16 == 0)
        a->length = next(bytes);
    for (int32_t i = 0; i < a->length && i < READ_BASES; i++) {
        r->sequence[i / 2] |= (uint8_t)((next(bytes) & 15) << (i % 2 ? 0 : 4));
        r->qualities[i] = (uint8_t)(i * 7);
    }
    a->name = r->name;
    a->cigar = r->cigar;
    a->sequence = r->sequence;
    a->qualities = r->qualities;
    a->moves = r->moves;
    return small;
}

static struct random_case make_case(struct bytes *bytes, bool *small) {
    struct random_case c = {.length = 1 + next(bytes) * 2};
    int64_t position = 0;
    c.contig = calloc((size_t)c.length + 1, 1);
    for (int64_t x = 0; x < c.length; x++)
        c.contig[x] = "ACGTacgtNR"[(x * 7 + x / 5) % 10];
    c.reads = calloc(READS, sizeof *c.reads);
    for (*small = true; c.count < READS && bytes->left > 0; c.count++) {
        position += next(bytes) % 64;
        *small &= make_read(bytes, &c.reads[c.count], position) && position < c.length;
    }
    return c;
}

static void expect(bool holds) {
    if (!holds)
        __builtin_trap();
}

static void check_pileup(const struct random_case *c, const struct pileup_options *options,
                         bool small) {
    struct slow_pileup slow = {0};
    struct pileup_windows *stream;
    struct pileup_window w;
    struct reference reference = random_reference(c);
    int32_t tensor[PILEUP_WINDOW_SIZE];
    int64_t x = 0;
    expect(pileup_windows_new(&stream, options, NULL) == STATUS_OK);
    expect(pileup_windows_begin(stream, &reference, NULL, NULL) == STATUS_OK);
    if (small)
        slow = slow_pileup(c, options);
    for (size_t i = 0; i <= c->count; i++) {
        if (i < c->count)
            expect(pileup_windows_add(stream, &c->reads[i].alignment, NULL) == STATUS_OK);
        else
            pileup_windows_end(stream);
        while (pileup_windows_pull(stream, &w, NULL) == STATUS_OK) {
            if (!small)
                continue;
            for (; x < w.position; x++)
                expect(!slow_window(&slow, x, options, tensor));
            expect(slow_window(&slow, x, options, tensor));
            expect(memcmp(tensor, w.tensor, sizeof tensor) == 0);
            char *text = slow_alt_info(&slow, x++, c->contig, options);
            expect(strcmp(text, w.alt_info) == 0);
            free(text);
        }
    }
    for (; small && x < c->length; x++)
        expect(!slow_window(&slow, x, options, tensor));
    pileup_windows_free(stream);
    if (small)
        slow_pileup_free(&slow);
}

static void check_full(const struct random_case *c, const struct full_options *options,
                       bool small) {
    static int8_t tensor[FULL_ROWS_ONT * WINDOW_WIDTH * FULL_CHANNELS_DWELL];
    struct slow_full slow = {0};
    struct full_windows *stream;
    struct full_window w;
    struct reference reference = random_reference(c);
    expect(full_windows_new(&stream, options, NULL) == STATUS_OK);
    full_windows_begin(stream, &reference, NULL, 0);
    if (small)
        slow = slow_full(c, options, NULL, 0);
    for (int64_t x = 0; x < c->length; x += 5)
        expect(full_windows_add_site(stream, x, NULL) == STATUS_OK);
    for (size_t i = 0; i <= c->count; i++) {
        if (i < c->count)
            expect(full_windows_add(stream, &c->reads[i].alignment, NULL) == STATUS_OK);
        else
            full_windows_end(stream);
        while (full_windows_pull(stream, &w, NULL) == STATUS_OK) {
            if (!small)
                continue;
            char *text = slow_full_window(&slow, c, w.position, options, tensor);
            expect(strcmp(text, w.alt_info) == 0);
            expect(memcmp(tensor, w.tensor, (size_t)(w.rows * WINDOW_WIDTH * w.channels)) == 0);
            free(text);
        }
    }
    full_windows_free(stream);
    if (small)
        slow_full_free(&slow, c->length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct bytes bytes = {data, size};
    bool small;
    struct pileup_options pileup = pileup_options_default;
    struct full_options full = full_options_default;
    uint8_t settings = next(&bytes);
    pileup.head_and_tail = settings & 1;
    pileup.call_snp_only = settings & 2;
    pileup.snp_min_af = settings & 4 ? 0 : pileup.snp_min_af;
    pileup.enable_long_indel = full.enable_long_indel = settings & 8;
    full.dwell = settings & 16;
    full.rows = settings & 32 ? 3 : FULL_ROWS_ONT;
    full.phasing = settings & 64 ? FULL_BY_TAGS : FULL_UNPHASED;
    struct random_case c = make_case(&bytes, &small);
    check_pileup(&c, &pileup, small);
    check_full(&c, &full, small);
    random_case_free(&c);
    return 0;
}
