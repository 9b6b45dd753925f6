/* SPDX-License-Identifier: MIT
 *
 * runnel_plugin.h - the contract between Runnel's host and a stage.
 *
 * A stage is one step of a line such as
 *
 *     reads in.bam ! pileup ref=ref.fa ! caller ! my_filter.so min-gq=10 ! vcf out.vcf.gz
 *
 * A plugin is a shared object with one exported function, runnel_plugin_entry, that returns a
 * table of stages.  This header is all that is needed to write one: there is no library to
 * link.  It compiles as C11 and as C++17.  examples/stage_template.c is a whole plugin.
 *
 * The life of a stage, always in this order:
 *
 *     init -> process, process, ... -> finish -> destroy
 *
 * After an error in any hook, only destroy follows.  The words MUST, MUST NOT and MAY are law.
 *
 * Threads.  The hooks of one instance are called one at a time, from one thread ("the stage
 * thread").  A stage MAY own threads; from them it MAY call only what is marked [any thread].
 * There is no global state in the host, and MUST be none in a stage: two instances of one
 * stage in one process are normal.
 *
 * Growth.  Every struct that may grow starts with its size as its writer compiled it.  A reader
 * takes what both know and treats the rest as zero.  New abilities come as named extensions
 * (`extension` on both sides, names end in a version, "runnel.take/1"), never as a change here.
 */
#ifndef RUNNEL_PLUGIN_H
#define RUNNEL_PLUGIN_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef __cplusplus
extern "C" {
#endif

/* Raised only when an existing field changes its meaning.  A host refuses another version. */
#define RUNNEL_ABI_VERSION 1u

/* ---- Arrow C data interface ----------------------------------------------------------------
 * As published by Apache Arrow (format/CDataInterface): a stable binary interface of two
 * structs.  Python, R, Rust, DuckDB and Polars read and write it in place. */
#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE
#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};
#endif

/* ---- batches ---------------------------------------------------------------------------------
 * What flows between stages: rows of one stream type, as an Arrow struct array ("+s"), one
 * child per column.  A batch is immutable and counted: whoever holds a reference may read it
 * from any thread; nobody may change it.
 *
 *   OPEN   the first batch of its type.  It has a schema and no rows; what is true for the whole
 *          stream stands in the schema's metadata (contigs, sample, model ...: STREAMS.md).
 *          A second OPEN of a type in one line is an error.
 *   DATA   rows.  An empty DATA batch is legal and means only that its mark moved on.
 *   END    the last batch of a line, once, whatever types flowed.  It belongs to the host: a
 *          stage never emits one and sees it as its finish hook.  END without DATA is a stream
 *          without rows; END without OPEN is a stream of which nothing is known. */
enum runnel_kind { RUNNEL_OPEN = 1, RUNNEL_DATA = 2, RUNNEL_END = 3 };

#define RUNNEL_UNNUMBERED UINT64_MAX /* `sequence` of a batch that no host has passed on yet */

struct runnel_batch {
    uint32_t struct_size;
    uint32_t kind;                    /* enum runnel_kind */
    const char *type;                 /* "runnel.calls/1"; "" for END */
    uint64_t sequence;                /* of its type, by the stage that made it: OPEN is 0, then */
                                      /* 1, 2 ...; the host fills it in when it passes it on */
    int64_t mark_contig;              /* no later row of this type lies before this contig ... */
    int64_t mark_position;            /* ... (index into OPEN's contigs) and 1-based position; */
                                      /* -1, -1: nothing is promised */
    const struct ArrowSchema *schema; /* never NULL but for END */
    const struct ArrowArray *array;   /* NULL for OPEN and END */
    void (*retain)(const struct runnel_batch *);  /* [any thread] one reference more */
    void (*release)(const struct runnel_batch *); /* [any thread] one less; the last frees */
    void *owner;                      /* of whoever made the batch */
};

/* ---- options ---------------------------------------------------------------------------------
 * Declared as data; the host parses the line, checks types and fills in defaults before init.
 * The first option of a table is the main one: a bare word on the line sets it. */
enum runnel_option_type {
    RUNNEL_TEXT = 1,
    RUNNEL_INTEGER = 2, /* decimal, fits int64_t */
    RUNNEL_REAL = 3,    /* finite, as strtod reads it in the C locale */
    RUNNEL_FLAG = 4     /* "true" or "false"; a bare `name` on the line means true */
};

struct runnel_option {
    const char *name;          /* lower case, words joined by '-' */
    uint32_t type;             /* enum runnel_option_type */
    const char *default_value; /* NULL: must be given; "": may be absent */
    const char *help;          /* one sentence without a full stop */
};

struct runnel_setting {
    const char *name;
    const char *value;
};

/* ---- what the host offers --------------------------------------------------------------------
 * Handed over in init, valid until destroy returns. */
struct runnel_slot; /* a place in the order of the line; the host's */

enum runnel_level { RUNNEL_LOG_ERROR = 1, RUNNEL_LOG_WARNING = 2, RUNNEL_LOG_INFO = 3,
                    RUNNEL_LOG_DEBUG = 4 };

enum runnel_result {
    RUNNEL_OK = 0,      /* done: the slot is complete */
    RUNNEL_PENDING = 1, /* the slot will be completed later, through host->complete */
    RUNNEL_AGAIN = 2,   /* not now: offer the same batch again after one of my slots completed */
    RUNNEL_DONE = 3,    /* of a source: there is no more */
    RUNNEL_MORE = 4,    /* the slot is complete; offer the same batch, or call finish, again */
    RUNNEL_ERROR = -1   /* failed; host->fail has been told why */
};

struct runnel_host {
    uint32_t struct_size;
    uint32_t abi_version;
    const char *version; /* of the host, for people */
    void *context;       /* first argument of everything below */

    /* [any thread] A line for the person who runs the host. */
    void (*log)(void *context, int level, const char *text);

    /* [any thread] Why the hook that is about to return RUNNEL_ERROR, or the slot that is about
     * to be completed with it, failed: one sentence naming file and place.  The first one given
     * is the one shown.  The text is copied.  An empty text means that whoever reads the output
     * has gone (a closed pipe): the line ends, and nothing is said. */
    void (*fail)(void *context, const char *text);

    /* [any thread, before the slot is complete] Puts a batch into a slot, behind those that are
     * in it.  The host takes over the caller's reference, whatever happens. */
    void (*emit)(void *context, struct runnel_slot *slot, const struct runnel_batch *batch);

    /* [any thread] Ends a slot for which process returned RUNNEL_PENDING; exactly once.
     * `result` is RUNNEL_OK or RUNNEL_ERROR. */
    void (*complete)(void *context, struct runnel_slot *slot, int result);

    /* [any thread] Adds to one of this stage's totals, which stand in the run's report.  Books
     * that must balance use the names of STREAMS.md ("rows in", "left out: MAPQ", ...). */
    void (*count)(void *context, const char *name, int64_t amount);

    /* [any thread] Where the work stands, for the progress line.  `contig` is copied. */
    void (*progress)(void *context, const char *contig, int64_t position);

    /* [any thread] A named table of further services, or NULL.  Valid as long as the host. */
    const void *(*extension)(void *context, const char *name);
};

/* Extension "runnel.take/1": rows of a batch by number. */
struct runnel_take {
    uint32_t struct_size;
    /* [any thread] A new DATA batch with rows[0..count) of `batch`, in that order, with its type
     * and mark.  The caller owns the reference.  NULL when memory ran out. */
    const struct runnel_batch *(*take)(const struct runnel_batch *batch, const int64_t *rows,
                                       size_t count);
};

/* Extension "runnel.models/1": where a model stands. */
struct runnel_models {
    uint32_t struct_size;
    /* [any thread] Writes the path of the model called `name` ("ont"; a path stays as it is) into
     * `path`; after RUNNEL_ERROR it holds a sentence that tells where it was looked for. */
    int (*find)(const char *name, char *path, size_t size);
};

/* Extension "runnel.stages/1": other stages, for a stage that hosts one. */
struct runnel_stage;
struct runnel_stages {
    uint32_t struct_size;
    /* [any thread] Fills in the stage that `word` would name on a line, without its options; what
     * it points to stays for ever.  After RUNNEL_ERROR `why` holds a sentence. */
    int (*find)(const char *word, struct runnel_stage *stage, char *why, size_t size);
};

/* Extension "runnel.stop/1", for a source without an end, which promises to look a few times a
 * second; the first SIGINT then does not break the line off. */
struct runnel_stop {
    uint32_t struct_size;
    int (*asked)(void *context); /* [any thread] end with what is there?  `context`: the host's */
};

/* Extension "runnel.tick/1", of a stage whose time comes while nothing arrives. */
struct runnel_tick {
    uint32_t struct_size;
    /* [stage thread] After each second without a batch, before finish: RUNNEL_OK or _ERROR. */
    int (*tick)(void *state, struct runnel_slot *slot);
};

/* ---- what a stage offers --------------------------------------------------------------------- */
struct runnel_init {
    uint32_t struct_size;
    size_t setting_count;                   /* every declared option once, in table order, */
    const struct runnel_setting *settings;  /* but absent optional ones.  Valid during init. */
    const struct runnel_host *host;
};

struct runnel_stage {
    uint32_t struct_size;
    uint32_t abi_version;   /* RUNNEL_ABI_VERSION as compiled */
    const char *id;         /* the word on the line: lower case letters, digits, '-', '_' */
    const char *version;
    const char *help;       /* one sentence without a full stop */
    size_t option_size;     /* sizeof(struct runnel_option) as compiled */
    size_t option_count;
    const struct runnel_option *options;
    /* Stream types, separated by blanks; NULL or "" for none.
     *   takes  delivered to process, and gone from the line
     *   sees   delivered to process, and passed on by the host at the same place
     *   gives  what the stage puts into slots
     * What is in neither `takes` nor `sees` is routed past the stage, in order.  A stage with
     * neither is a source.  A line whose stage takes or sees what no stage before it gives is
     * refused before init. */
    const char *takes;
    const char *sees;
    const char *gives;

    /* [stage thread, first] Opens files, loads models.  On RUNNEL_OK *state is handed to the
     * other hooks; on RUNNEL_ERROR the stage has cleaned up and destroy is not called. */
    int (*init)(const struct runnel_init *init, void **state);

    /* [stage thread, between init and finish] One batch, OPEN or DATA, of a type that the stage
     * takes or sees.  The batch is lent: until the hook returns, or, after RUNNEL_PENDING, until
     * the slot is complete; retain it to keep it longer.  Results go into `slot`; the host passes
     * the contents of slots on in the order of their inputs.
     *   RUNNEL_OK       the slot is complete (empty is fine)
     *   RUNNEL_PENDING  host->complete will be called for it, from any thread
     *   RUNNEL_AGAIN    nothing was put into the slot; MUST only be returned while an earlier
     *                   slot of this stage is pending
     *   RUNNEL_MORE     the slot is complete; the batch is offered again when there is room
     *   RUNNEL_ERROR    the line ends
     * A source is called with batch == NULL, again and again, for its next batches: RUNNEL_OK
     * while there may be more, RUNNEL_DONE once there is no more (the slot may hold the last). */
    int (*process)(void *state, const struct runnel_batch *batch, struct runnel_slot *slot);

    /* [stage thread, after the last process and when all slots are complete] Last batches, last
     * totals; files get their final names here.  RUNNEL_OK, RUNNEL_MORE (it is called again once
     * there is room) or RUNNEL_ERROR.  Not called when the line failed anywhere before. */
    int (*finish)(void *state, struct runnel_slot *slot);

    /* [stage thread, last] Frees everything.  If finish was not called or failed, nothing that
     * looks whole may stay behind: temporary files go. */
    void (*destroy)(void *state);

    /* [any thread] A named table of what else the stage offers, or NULL.  MAY be NULL itself. */
    const void *(*extension)(void *state, const char *name);
};

struct runnel_plugin {
    uint32_t struct_size;
    uint32_t abi_version;
    size_t stage_count;
    const struct runnel_stage *const *stages;
};

#if defined(__GNUC__)
#define RUNNEL_EXPORT __attribute__((visibility("default")))
#else
#define RUNNEL_EXPORT
#endif

/* The one symbol.  Called once after loading; the table is static and never changes. */
RUNNEL_EXPORT const struct runnel_plugin *runnel_plugin_entry(void);

/* ---- small helpers, inline so that there is nothing to link ----------------------------------- */

/* The value of an option, or NULL where an optional one is absent. */
static inline const char *runnel_setting_text(const struct runnel_init *init, const char *name) {
    for (size_t i = 0; i < init->setting_count; i++)
        if (strcmp(init->settings[i].name, name) == 0)
            return init->settings[i].value;
    return NULL;
}

/* The same for numbers and flags; 0 where absent (the host has checked the types). */
static inline int64_t runnel_setting_integer(const struct runnel_init *init, const char *name) {
    const char *value = runnel_setting_text(init, name);
    return value ? (int64_t)strtoll(value, NULL, 10) : 0;
}
static inline double runnel_setting_real(const struct runnel_init *init, const char *name) {
    const char *value = runnel_setting_text(init, name);
    return value ? strtod(value, NULL) : 0.0;
}
static inline int runnel_setting_flag(const struct runnel_init *init, const char *name) {
    const char *value = runnel_setting_text(init, name);
    return value && strcmp(value, "true") == 0;
}

/* Rows of a batch; 0 for OPEN and END. */
static inline int64_t runnel_rows(const struct runnel_batch *batch) {
    return batch->array ? batch->array->length : 0;
}

/* The number of the column called `name`, or -1. */
static inline int64_t runnel_column(const struct runnel_batch *batch, const char *name) {
    for (int64_t i = 0; batch->schema && i < batch->schema->n_children; i++)
        if (batch->schema->children[i]->name && strcmp(batch->schema->children[i]->name, name) == 0)
            return i;
    return -1;
}

/* Whether the value is null.  `row` counts from 0 within the batch, here and below. */
static inline int runnel_is_null(const struct runnel_batch *batch, int64_t column, int64_t row) {
    const struct ArrowArray *values = batch->array->children[column];
    const uint8_t *valid = (const uint8_t *)values->buffers[0];
    int64_t at = row + batch->array->offset + values->offset;
    return valid && !((valid[at / 8] >> (at % 8)) & 1);
}

/* One integer out of a buffer of Arrow format c, C, s, S, i, I, l, L or, as 0 or 1, b. */
static inline int64_t runnel_integer_at(char format, const void *buffer, int64_t at) {
    switch (format) {
    case 'c': return ((const int8_t *)buffer)[at];
    case 'C': return ((const uint8_t *)buffer)[at];
    case 's': return ((const int16_t *)buffer)[at];
    case 'S': return ((const uint16_t *)buffer)[at];
    case 'i': return ((const int32_t *)buffer)[at];
    case 'I': return ((const uint32_t *)buffer)[at];
    case 'l': return ((const int64_t *)buffer)[at];
    case 'L': return (int64_t)((const uint64_t *)buffer)[at];
    case 'b': return (((const uint8_t *)buffer)[at / 8] >> (at % 8)) & 1;
    default: return 0;
    }
}

/* An integer column's value; 0 for other columns. */
static inline int64_t runnel_integer(const struct runnel_batch *batch, int64_t column,
                                     int64_t row) {
    const struct ArrowArray *values = batch->array->children[column];
    return runnel_integer_at(batch->schema->children[column]->format[0], values->buffers[1],
                             row + batch->array->offset + values->offset);
}

/* A float ("f") or double ("g") column's value; integers are converted. */
static inline double runnel_real(const struct runnel_batch *batch, int64_t column, int64_t row) {
    const struct ArrowArray *values = batch->array->children[column];
    int64_t at = row + batch->array->offset + values->offset;
    switch (batch->schema->children[column]->format[0]) {
    case 'f': return (double)((const float *)values->buffers[1])[at];
    case 'g': return ((const double *)values->buffers[1])[at];
    default: return (double)runnel_integer(batch, column, row);
    }
}

/* A text ("u") or binary ("z") column's value: not NUL-terminated, `*length` bytes, valid as
 * long as the batch. */
static inline const char *runnel_text(const struct runnel_batch *batch, int64_t column,
                                      int64_t row, int64_t *length) {
    const struct ArrowArray *values = batch->array->children[column];
    const int32_t *offsets = (const int32_t *)values->buffers[1];
    int64_t at = row + batch->array->offset + values->offset;
    *length = offsets[at + 1] - offsets[at];
    return (const char *)values->buffers[2] + offsets[at];
}

/* A list column's value ("+l" or "+w:N"): the `*length` items of a fixed-width item type, at the
 * returned address (of the item type's width), valid as long as the batch. */
static inline const void *runnel_list(const struct runnel_batch *batch, int64_t column,
                                      int64_t row, int64_t *length) {
    const struct ArrowSchema *type = batch->schema->children[column];
    const struct ArrowArray *values = batch->array->children[column];
    const struct ArrowArray *items = values->children[0];
    int64_t at = row + batch->array->offset + values->offset, first;
    size_t width;
    switch (type->children[0]->format[0]) {
    case 'c': case 'C': width = 1; break;
    case 's': case 'S': width = 2; break;
    case 'i': case 'I': case 'f': width = 4; break;
    default: width = 8; break;
    }
    if (type->format[1] == 'w') {
        *length = strtoll(type->format + 3, NULL, 10);
        first = at * *length;
    } else {
        const int32_t *offsets = (const int32_t *)values->buffers[1];
        first = offsets[at];
        *length = offsets[at + 1] - first;
    }
    return (const char *)items->buffers[1] + (size_t)(first + items->offset) * width;
}

/* A value of the schema's metadata (Arrow's own coding: int32 count, then key and value, each an
 * int32 length and bytes), not NUL-terminated, or NULL. */
static inline const char *runnel_metadata(const struct runnel_batch *batch, const char *key,
                                          int64_t *length) {
    const char *at = batch->schema ? batch->schema->metadata : NULL;
    int32_t pairs, size;
    if (at == NULL)
        return NULL;
    memcpy(&pairs, at, sizeof pairs);
    at += sizeof pairs;
    for (int32_t i = 0; i < pairs; i++) {
        memcpy(&size, at, sizeof size);
        const char *name = at + sizeof size;
        int found = (size_t)size == strlen(key) && memcmp(name, key, (size_t)size) == 0;
        at = name + size;
        memcpy(&size, at, sizeof size);
        if (found) {
            *length = size;
            return at + sizeof size;
        }
        at += sizeof size + (size_t)size;
    }
    return NULL;
}

/* What runnel_batch_new makes: one reference, which the caller owns. */
struct runnel_owned_batch {
    struct runnel_batch batch; /* first: owner points back here */
    uint32_t references;
    struct ArrowSchema schema;
    struct ArrowArray array;
    char type[64];
};

static inline void runnel_owned_retain(const struct runnel_batch *batch) {
    struct runnel_owned_batch *owned = (struct runnel_owned_batch *)batch->owner;
    __atomic_add_fetch(&owned->references, 1, __ATOMIC_RELAXED);
}

static inline void runnel_owned_release(const struct runnel_batch *batch) {
    struct runnel_owned_batch *owned = (struct runnel_owned_batch *)batch->owner;
    if (__atomic_sub_fetch(&owned->references, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    if (owned->schema.release)
        owned->schema.release(&owned->schema);
    if (owned->array.release)
        owned->array.release(&owned->array);
    free(owned);
}

/* Takes over `schema` and `array` (either may be NULL; both are moved from, as the Arrow interface
 * says: their release becomes NULL) and makes a batch of them.  NULL when memory ran out or `type`
 * is 64 bytes or longer; then nothing was moved. */
static inline struct runnel_batch *runnel_batch_new(uint32_t kind, const char *type,
                                                    struct ArrowSchema *schema,
                                                    struct ArrowArray *array) {
    struct runnel_owned_batch *owned = (struct runnel_owned_batch *)calloc(1, sizeof *owned);
    if (owned == NULL || strlen(type) >= sizeof owned->type) {
        free(owned);
        return NULL;
    }
    memcpy(owned->type, type, strlen(type) + 1);
    owned->references = 1;
    owned->batch.struct_size = (uint32_t)sizeof owned->batch;
    owned->batch.kind = kind;
    owned->batch.type = owned->type;
    owned->batch.sequence = RUNNEL_UNNUMBERED;
    owned->batch.mark_contig = owned->batch.mark_position = -1;
    owned->batch.retain = runnel_owned_retain;
    owned->batch.release = runnel_owned_release;
    owned->batch.owner = owned;
    if (schema) {
        owned->schema = *schema;
        owned->batch.schema = &owned->schema;
        schema->release = NULL;
    }
    if (array) {
        owned->array = *array;
        owned->batch.array = &owned->array;
        array->release = NULL;
    }
    return &owned->batch;
}

#ifdef __cplusplus
}
#endif
#endif
