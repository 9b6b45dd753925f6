/* SPDX-License-Identifier: MIT
 *
 * The stream types as data, and the few things that every stage does with them. */
#include "plugin/streams.h"

#include "adapters/arrow_reader.h"
#include "core/windows/shape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct arrow_field READS_FIELDS[READS_COLUMNS] = {
    [READS_CONTIG] = {"contig", "u", NULL, false},
    [READS_POSITION] = {"position", "l", NULL, false},
    [READS_FLAG] = {"flag", "S", NULL, false},
    [READS_MAPQ] = {"mapq", "C", NULL, false},
    [READS_NAME] = {"name", "u", NULL, false},
    [READS_CIGAR] = {"cigar", "+l", "I", false},
    [READS_LENGTH] = {"length", "i", NULL, false},
    [READS_SEQUENCE] = {"sequence", "z", NULL, false},
    [READS_QUALITIES] = {"qualities", "z", NULL, false},
    [READS_HP] = {"hp", "c", NULL, true},
    [READS_MOVES] = {"moves", "z", NULL, true},
    [READS_START_TIME] = {"start_time", "u", NULL, true},
    [READS_CHANNEL] = {"channel", "i", NULL, true},
};

static const struct arrow_field PILEUP_FIELDS[PILEUP_COLUMNS] = {
    [PILEUP_CONTIG] = {"contig", "u", NULL, false},
    [PILEUP_POSITION] = {"position", "l", NULL, false},
    [PILEUP_REFERENCE] = {"reference", "u", NULL, false},
    [PILEUP_ALT_INFO] = {"alt_info", "u", NULL, false},
    [PILEUP_DEPTH] = {"depth", "i", NULL, false},
    [PILEUP_WINDOW] = {"window", "+w:594", "i", false},
};
_Static_assert(PILEUP_WINDOW_SIZE == 594, "the format of the window column says its size");

static const struct arrow_field FULL_FIELDS[FULL_COLUMNS] = {
    [FULL_CONTIG] = {"contig", "u", NULL, false},
    [FULL_POSITION] = {"position", "l", NULL, false},
    [FULL_REFERENCE] = {"reference", "u", NULL, false},
    [FULL_ALT_INFO] = {"alt_info", "u", NULL, false},
    [FULL_DEPTH] = {"depth", "i", NULL, false},
    [FULL_FIRST_ROW] = {"first_row", "i", NULL, false},
    [FULL_USED_ROWS] = {"used_rows", "i", NULL, false},
    [FULL_WINDOW] = {"window", "+l", "c", false},
};

static const struct arrow_field CALLS_FIELDS[CALLS_COLUMNS] = {
    [CALLS_CONTIG] = {"contig", "u", NULL, false},
    [CALLS_POSITION] = {"position", "l", NULL, false},
    [CALLS_REFERENCE] = {"reference", "u", NULL, false},
    [CALLS_ALTERNATES] = {"alternates", "u", NULL, false},
    [CALLS_GENOTYPE] = {"genotype", "u", NULL, false},
    [CALLS_QUAL] = {"qual", "g", NULL, false},
    [CALLS_GQ] = {"gq", "i", NULL, false},
    [CALLS_FILTER] = {"filter", "u", NULL, false},
    [CALLS_DEPTH] = {"depth", "i", NULL, false},
    [CALLS_AD] = {"ad", "+l", "i", false},
    [CALLS_AF] = {"af", "+l", "g", false},
    [CALLS_PL] = {"pl", "+l", "i", true},
    [CALLS_PROBABILITIES] = {"probabilities", "+l", "f", false},
    [CALLS_SOURCE] = {"source", "u", NULL, false},
    [CALLS_PHASE_SET] = {"phase_set", "l", NULL, true},
    [CALLS_REVISION] = {"revision", "i", NULL, false},
    [CALLS_STATE] = {"state", "u", NULL, false},
    [CALLS_SITE_DEPTH] = {"site_depth", "i", NULL, true},
};

static const struct arrow_field LOOKS_FIELDS[LOOKS_COLUMNS] = {
    [LOOKS_CONTIG] = {"contig", "u", NULL, false},
    [LOOKS_POSITION] = {"position", "l", NULL, false},
    [LOOKS_DEPTH] = {"depth", "i", NULL, false},
};

static const struct arrow_field TARGETS_FIELDS[TARGETS_COLUMNS] = {
    [TARGETS_CONTIG] = {"contig", "u", NULL, false},
    [TARGETS_BEGIN] = {"begin", "l", NULL, false},
    [TARGETS_END] = {"end", "l", NULL, false},
    [TARGETS_DEPTH] = {"depth", "g", NULL, false},
    [TARGETS_SITES] = {"sites", "i", NULL, false},
    [TARGETS_FIRM] = {"firm", "i", NULL, false},
    [TARGETS_FIRM_SHARE] = {"firm_share", "g", NULL, false},
    [TARGETS_EXPECTED_GAIN] = {"expected_gain", "g", NULL, false},
};

const struct stream READS_STREAM = {"runnel.reads/1", READS_FIELDS, READS_COLUMNS};
const struct stream PILEUP_STREAM = {"runnel.pileup/1", PILEUP_FIELDS, PILEUP_COLUMNS};
const struct stream FULL_STREAM = {"runnel.full/1", FULL_FIELDS, FULL_COLUMNS};
const struct stream CALLS_STREAM = {"runnel.calls/1", CALLS_FIELDS, CALLS_COLUMNS};
const struct stream DRAFTS_STREAM = {"runnel.drafts/1", CALLS_FIELDS, CALLS_COLUMNS};
const struct stream LOOKS_STREAM = {"runnel.looks/1", LOOKS_FIELDS, LOOKS_COLUMNS};
const struct stream TARGETS_STREAM = {"runnel.targets/1", TARGETS_FIELDS, TARGETS_COLUMNS};

/* ---- OPEN ---- */

enum { FACTS_MAX = 64 };

struct facts {
    size_t count;
    char *keys[FACTS_MAX], *values[FACTS_MAX];
};

static char *copy_bytes(const char *bytes, size_t length) {
    char *text = malloc(length + 1);
    if (text) {
        memcpy(text, bytes, length);
        text[length] = '\0';
    }
    return text;
}

static bool facts_put(struct facts *facts, const char *key, size_t key_length, const char *value,
                      size_t length) {
    size_t at = 0;
    while (at < facts->count &&
           (strlen(facts->keys[at]) != key_length || memcmp(facts->keys[at], key, key_length) != 0))
        at++;
    if (at == FACTS_MAX)
        return false;
    if (at == facts->count) {
        facts->values[at] = NULL;
        if ((facts->keys[at] = copy_bytes(key, key_length)) == NULL)
            return false;
        facts->count++;
    }
    free(facts->values[at]);
    return (facts->values[at] = copy_bytes(value, length)) != NULL;
}

static bool facts_put_all(struct facts *facts, const char *metadata) {
    int32_t pairs = 0, key_length, length;
    if (metadata == NULL)
        return true;
    memcpy(&pairs, metadata, sizeof pairs);
    metadata += sizeof pairs;
    for (int32_t i = 0; i < pairs; i++) {
        memcpy(&key_length, metadata, sizeof key_length);
        const char *key = metadata + sizeof key_length;
        memcpy(&length, key + key_length, sizeof length);
        const char *value = key + key_length + sizeof length;
        if (!facts_put(facts, key, (size_t)key_length, value, (size_t)length))
            return false;
        metadata = value + length;
    }
    return true;
}

struct runnel_batch *stream_open(const struct stream *stream, const struct runnel_batch *before,
                                 const struct stream_fact *new_facts, size_t count,
                                 struct failure *why) {
    struct facts facts = {0};
    struct ArrowSchema schema = {0};
    struct runnel_batch *batch = NULL;
    bool done = facts_put_all(&facts, before ? before->schema->metadata : NULL);
    for (size_t i = 0; done && i < count; i++)
        if (new_facts[i].value != NULL)
            done = facts_put(&facts, new_facts[i].key, strlen(new_facts[i].key), new_facts[i].value,
                             strlen(new_facts[i].value));
    char *metadata = done ? arrow_metadata((const char *const *)facts.keys,
                                           (const char *const *)facts.values, facts.count)
                          : NULL;
    if (metadata &&
        arrow_schema_make(&schema, stream->fields, stream->count, metadata, why) == STATUS_OK)
        batch = runnel_batch_new(RUNNEL_OPEN, stream->type, &schema, NULL);
    if (schema.release)
        schema.release(&schema);
    if (batch == NULL)
        fail(why, STATUS_NO_MEMORY, "out of memory for the opening batch of %s", stream->type);
    free(metadata);
    for (size_t i = 0; i < facts.count; i++) {
        free(facts.keys[i]);
        free(facts.values[i]);
    }
    return batch;
}

struct runnel_batch *stream_data(const struct stream *stream, struct arrow_table *table,
                                 struct failure *why) {
    struct ArrowSchema schema = {0};
    struct ArrowArray array = {0};
    struct runnel_batch *batch = NULL;
    if (arrow_schema_make(&schema, stream->fields, stream->count, NULL, why) == STATUS_OK &&
        arrow_table_take(table, &array, why) == STATUS_OK)
        batch = runnel_batch_new(RUNNEL_DATA, stream->type, &schema, &array);
    if (schema.release)
        schema.release(&schema);
    if (array.release)
        array.release(&array);
    if (batch == NULL)
        fail(why, STATUS_NO_MEMORY, "out of memory for a batch of %s", stream->type);
    return batch;
}

struct runnel_batch *stream_read(const char *type, const struct ArrowSchema *of, const void *bytes,
                                 size_t size, struct failure *why) {
    struct ArrowSchema schema = {0};
    struct ArrowArray array = {0};
    if (arrow_read_batch(&array, bytes, size, of, why) != STATUS_OK)
        return NULL;
    struct runnel_batch *batch = NULL;
    if (arrow_schema_copy(&schema, of, why) == STATUS_OK)
        batch = runnel_batch_new(RUNNEL_DATA, type, &schema, &array);
    if (batch == NULL) {
        if (schema.release)
            schema.release(&schema);
        array.release(&array);
        fail(why, STATUS_NO_MEMORY, "out of memory for a batch");
    }
    return batch;
}

char *stream_fact(const struct runnel_batch *open, const char *key) {
    int64_t length;
    const char *value = runnel_metadata(open, key, &length);
    return value ? copy_bytes(value, (size_t)length) : NULL;
}

const char *platform_of_machine(const char *machine) {
    if (machine != NULL && strcmp(machine, "ONT") == 0)
        return "ont";
    return machine != NULL && strcmp(machine, "PACBIO") == 0 ? "hifi" : NULL;
}

char *stream_platform(const struct runnel_batch *open) {
    char *platform = stream_fact(open, "platform");
    char *machine = platform ? NULL : stream_fact(open, "read_platform");
    const char *said = platform_of_machine(machine);
    if (said != NULL)
        platform = strdup(said);
    free(machine);
    return platform;
}

const struct preset *stream_preset(char **platform, const struct runnel_batch *open,
                                   struct failure *why) {
    if (*platform == NULL && (*platform = stream_platform(open)) == NULL) {
        char *machine = stream_fact(open, "read_platform");
        if (machine != NULL)
            fail(why, STATUS_BAD_INPUT,
                 "the read groups say that the reads are of %s, which nothing here calls; -p ont "
                 "or -p hifi takes them for such reads",
                 machine);
        else
            fail(why, STATUS_BAD_INPUT,
                 "the reads do not say which platform they come from; say -p ont or -p hifi (in a "
                 "line of stages platform=ont or platform=hifi)");
        free(machine);
        return NULL;
    }
    const struct preset *preset = preset_of(*platform);
    if (preset != NULL && preset->is_called)
        return preset;
    fail(why, STATUS_BAD_INPUT, "platform is ont or hifi, not '%s'", *platform);
    return NULL;
}

int stream_check(const struct runnel_batch *batch, const struct stream *stream,
                 struct failure *why) {
    if (arrow_schema_check(batch->schema, stream->fields, stream->count, why) == STATUS_OK)
        return STATUS_OK;
    return fail_at(why, "a batch of %s", stream->type);
}

/* ---- contigs ---- */

int stream_contigs_read(struct stream_contigs *contigs, const struct runnel_batch *open,
                        struct failure *why) {
    memset(contigs, 0, sizeof *contigs);
    char *text = stream_fact(open, "contigs");
    if (text == NULL)
        return fail(why, STATUS_BAD_INPUT, "the stream %s names no contigs", open->type);
    size_t lines = 0;
    for (const char *at = text; *at; at++)
        lines += *at == '\n';
    contigs->names = calloc(lines + 1, sizeof *contigs->names);
    contigs->lengths = calloc(lines + 1, sizeof *contigs->lengths);
    int status = contigs->names && contigs->lengths ? STATUS_OK : STATUS_NO_MEMORY;
    for (char *at = text; status == STATUS_OK && *at;) {
        size_t size = strcspn(at, "\n");
        char *tab = memchr(at, '\t', size);
        if (tab == NULL || at[size] != '\n') {
            status = STATUS_BAD_INPUT;
            break;
        }
        contigs->names[contigs->count] = copy_bytes(at, (size_t)(tab - at));
        contigs->lengths[contigs->count] = strtoll(tab + 1, NULL, 10);
        if (contigs->names[contigs->count++] == NULL)
            status = STATUS_NO_MEMORY;
        at += size + 1;
    }
    free(text);
    if (status == STATUS_OK)
        return STATUS_OK;
    stream_contigs_free(contigs);
    return fail(why, status, "the contigs of the stream %s cannot be read", open->type);
}

void stream_contigs_free(struct stream_contigs *contigs) {
    for (size_t i = 0; i < contigs->count; i++)
        free(contigs->names[i]);
    free(contigs->names);
    free(contigs->lengths);
    memset(contigs, 0, sizeof *contigs);
}

int64_t stream_contigs_find(const struct stream_contigs *contigs, const char *name, int64_t length,
                            int64_t guess) {
    size_t size = (size_t)length, start = guess < 0 ? 0 : (size_t)guess;
    for (size_t i = 0; i < contigs->count; i++) {
        size_t at = (start + i) % contigs->count;
        if (strlen(contigs->names[at]) == size && memcmp(contigs->names[at], name, size) == 0)
            return (int64_t)at;
    }
    return -1;
}
