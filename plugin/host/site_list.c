/* SPDX-License-Identifier: MIT
 *
 * Sites from a VCF (by its reader) or from plain lines; either way the first two columns count. */
#include "plugin/host/site_list.h"

#include "adapters/vcf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int add_position(struct contig_sites *sites, int64_t position, struct failure *why) {
    if (sites->count == sites->capacity) {
        size_t capacity = sites->capacity ? 2 * sites->capacity : 64;
        int64_t *larger = realloc(sites->positions, capacity * sizeof *larger);
        if (larger == NULL)
            return fail(why, STATUS_NO_MEMORY, "out of memory for %zu sites", capacity);
        sites->positions = larger;
        sites->capacity = capacity;
    }
    sites->positions[sites->count++] = position;
    return STATUS_OK;
}

/* Adds the site of one line: contig, tab, 1-based position, and whatever follows. */
static int add_line(struct site_list *list, const struct alignments *alignments, const char *line,
                    struct failure *why) {
    char contig[1024], *end;
    size_t length = strcspn(line, "\t");
    if (line[length] != '\t' || length >= sizeof contig)
        return fail(why, STATUS_BAD_INPUT, "'%.60s' is not contig, tab, position", line);
    memcpy(contig, line, length);
    contig[length] = '\0';
    int32_t index = alignments_find_contig(alignments, contig);
    if (index < 0)
        return fail(why, STATUS_BAD_INPUT, "the alignments have no contig '%s'", contig);
    long long position = strtoll(line + length + 1, &end, 10);
    if (end == line + length + 1 || strchr("\t\r\n", *end) == NULL || position < 1 ||
        position > alignments_header(alignments)->contigs[index].length)
        return fail(why, STATUS_BAD_INPUT, "'%.60s' is no position on '%s'", line + length + 1,
                    contig);
    return add_position(&list->contigs[index], position - 1, why);
}

static int read_vcf(struct site_list *list, const char *path, const struct alignments *alignments,
                    struct failure *why) {
    struct vcf_reader *reader = vcf_reader_open(path, why);
    struct letters line;
    int status = reader == NULL ? STATUS_BAD_INPUT : STATUS_OK;
    char begin[2048];
    while (status == STATUS_OK && (status = vcf_reader_next(reader, &line, why)) == STATUS_OK) {
        snprintf(begin, sizeof begin, "%.*s", (int)line.length, line.bytes);
        status = add_line(list, alignments, begin, why);
        if (status != STATUS_OK)
            fail_at(why, "%s", path);
    }
    vcf_reader_free(reader);
    return status == STATUS_END ? STATUS_OK : status;
}

static int read_lines(struct site_list *list, FILE *file, const char *path,
                      const struct alignments *alignments, struct failure *why) {
    char *line = NULL;
    size_t room = 0, number = 0;
    int status = STATUS_OK;
    while (status == STATUS_OK && getline(&line, &room, file) >= 0) {
        number++;
        if (line[0] == '#' || line[0] == '\n')
            continue;
        status = add_line(list, alignments, line, why);
        if (status != STATUS_OK)
            fail_at(why, "%s, line %zu", path, number);
    }
    free(line);
    return status;
}

static int ascending(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static void sort_sites(struct contig_sites *sites) {
    size_t kept = 0;
    if (sites->count == 0)
        return;
    qsort(sites->positions, sites->count, sizeof *sites->positions, ascending);
    for (size_t i = 1; i < sites->count; i++)
        if (sites->positions[i] != sites->positions[kept])
            sites->positions[++kept] = sites->positions[i];
    sites->count = kept + 1;
}

int site_list_read(struct site_list *list, const char *path, const struct alignments *alignments,
                   struct failure *why) {
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return fail(why, STATUS_IO, "%s: cannot open: %s", path, strerror(errno));
    list->contig_count = alignments_header(alignments)->contig_count;
    list->contigs = calloc(list->contig_count, sizeof *list->contigs);
    char begin[4] = {0};
    size_t got = fread(begin, 1, sizeof begin, file);
    bool is_vcf = got >= 2 && (memcmp(begin, "##", 2) == 0 || memcmp(begin, "\x1f\x8b", 2) == 0 ||
                               memcmp(begin, "BC", 2) == 0);
    rewind(file);
    int status = STATUS_OK;
    if (list->contigs == NULL)
        status = fail(why, STATUS_NO_MEMORY, "%s: out of memory", path);
    else if (is_vcf)
        status = read_vcf(list, path, alignments, why);
    else
        status = read_lines(list, file, path, alignments, why);
    fclose(file);
    for (size_t i = 0; status == STATUS_OK && i < list->contig_count; i++)
        sort_sites(&list->contigs[i]);
    return status;
}

void site_list_free(struct site_list *list) {
    for (size_t i = 0; list->contigs != NULL && i < list->contig_count; i++)
        free(list->contigs[i].positions);
    free(list->contigs);
    *list = (struct site_list){0};
}
