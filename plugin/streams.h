/* SPDX-License-Identifier: MIT
 *
 * The stream types that our stages speak, as tables: columns, their Arrow formats, and the
 * keys of the metadata that OPEN carries.  STREAMS.md says what each column means; a test holds
 * the two together. */
#ifndef PLUGIN_STREAMS_H
#define PLUGIN_STREAMS_H

#include "plugin/runnel_plugin.h"
#include "adapters/arrow_table.h"
#include "core/calls/presets.h"
#include "core/status.h"

enum {
    READS_CONTIG,
    READS_POSITION,
    READS_FLAG,
    READS_MAPQ,
    READS_NAME,
    READS_CIGAR,
    READS_LENGTH,
    READS_SEQUENCE,
    READS_QUALITIES,
    READS_HP,
    READS_MOVES,
    READS_START_TIME,
    READS_CHANNEL,
    READS_COLUMNS
};

enum {
    PILEUP_CONTIG,
    PILEUP_POSITION,
    PILEUP_REFERENCE,
    PILEUP_ALT_INFO,
    PILEUP_DEPTH,
    PILEUP_WINDOW,
    PILEUP_COLUMNS
};

enum {
    FULL_CONTIG,
    FULL_POSITION,
    FULL_REFERENCE,
    FULL_ALT_INFO,
    FULL_DEPTH,
    FULL_FIRST_ROW,
    FULL_USED_ROWS,
    FULL_WINDOW,
    FULL_COLUMNS
};

enum {
    CALLS_CONTIG,
    CALLS_POSITION,
    CALLS_REFERENCE,
    CALLS_ALTERNATES,
    CALLS_GENOTYPE,
    CALLS_QUAL,
    CALLS_GQ,
    CALLS_FILTER,
    CALLS_DEPTH,
    CALLS_AD,
    CALLS_AF,
    CALLS_PL,
    CALLS_PROBABILITIES,
    CALLS_SOURCE,
    CALLS_PHASE_SET,
    CALLS_REVISION,
    CALLS_STATE,
    CALLS_SITE_DEPTH,
    CALLS_COLUMNS
};

enum { LOOKS_CONTIG, LOOKS_POSITION, LOOKS_DEPTH, LOOKS_COLUMNS };

enum {
    TARGETS_CONTIG,
    TARGETS_BEGIN,
    TARGETS_END,
    TARGETS_DEPTH,
    TARGETS_SITES,
    TARGETS_FIRM,
    TARGETS_FIRM_SHARE,
    TARGETS_EXPECTED_GAIN,
    TARGETS_COLUMNS
};

struct stream {
    const char *type;
    const struct arrow_field *fields;
    size_t count;
};

/* What the caller counts when its model has no full-alignment network. */
#define PILEUP_NETWORK_ONLY "model without a full-alignment network"

/* Why publish ends when a subscriber wants a stream from its begin and that is gone. */
#define PUBLISH_AGAIN "a subscriber wants the stream from its begin, which is gone"

/* Drafts have the columns of calls. */
extern const struct stream READS_STREAM, PILEUP_STREAM, FULL_STREAM, CALLS_STREAM, DRAFTS_STREAM,
    LOOKS_STREAM, TARGETS_STREAM;

/* A key and its value for OPEN's metadata. */
struct stream_fact {
    const char *key;
    const char *value; /* NULL: leave the key out */
};

/* An OPEN batch of a stream: the metadata of `before` (may be NULL), with these facts put over
 * it.  The caller owns the reference.  NULL on failure. */
struct runnel_batch *stream_open(const struct stream *stream, const struct runnel_batch *before,
                                 const struct stream_fact *facts, size_t count,
                                 struct failure *why);

/* A DATA batch of the rows collected in `table`, which is left empty; mark not yet set. */
struct runnel_batch *stream_data(const struct stream *stream, struct arrow_table *table,
                                 struct failure *why);

/* A DATA batch of a stream of this type and schema from Arrow's message of it (arrow_reader.h), which
 * is copied; mark not set. */
struct runnel_batch *stream_read(const char *type, const struct ArrowSchema *of, const void *bytes,
                                 size_t size, struct failure *why);

/* A fact of an OPEN batch as a NUL-terminated copy that the caller frees; NULL where absent or
 * memory ran out. */
char *stream_fact(const struct runnel_batch *open, const char *key);

/* "ont" or "hifi" for what read groups call the machine (PL: ONT, PACBIO); NULL for NULL and for
 * any other. */
const char *platform_of_machine(const char *machine);

/* "ont" or "hifi" by the fact "platform", or else by what the read groups say of the machine; a
 * copy that the caller frees, NULL where neither tells. */
char *stream_platform(const struct runnel_batch *open);

/* What is called how on *platform, or, where that is NULL, on the stream's, which is put there.
 * NULL where nobody tells or it is not called. */
const struct preset *stream_preset(char **platform, const struct runnel_batch *open,
                                   struct failure *why);

/* Whether a batch has the columns of the stream; the sentence says what is missing. */
int stream_check(const struct runnel_batch *batch, const struct stream *stream,
                 struct failure *why);

/* The contigs of an OPEN batch. */
struct stream_contigs {
    size_t count;
    char **names;
    int64_t *lengths;
};

/* Reads the fact "contigs": a line per contig, name TAB length, in the order of the reads. */
int stream_contigs_read(struct stream_contigs *contigs, const struct runnel_batch *open,
                        struct failure *why);
void stream_contigs_free(struct stream_contigs *contigs);

/* The index of a contig by name (not NUL-terminated); tries `guess` first, as rows mostly stay
 * on a contig.  -1 where unknown. */
int64_t stream_contigs_find(const struct stream_contigs *contigs, const char *name, int64_t length,
                            int64_t guess);

#endif
