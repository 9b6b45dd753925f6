/* SPDX-License-Identifier: MIT
 *
 * Regions: parsing, sorting, looking up.  htslib reads the lines (plain, gzip and bgzip). */
#include "adapters/regions.h"

#include <errno.h>
#include <htslib/bgzf.h>
#include <htslib/kstring.h>
#include <stdlib.h>
#include <string.h>

struct contig_regions {
    struct interval *list;
    int64_t *reach; /* greatest end of list[0..i] */
    size_t count, room;
    bool sorted;
};

struct regions {
    char *const *names;
    const int64_t *lengths;
    size_t count;
    struct contig_regions *contigs;
};

int regions_new(struct regions **out, char *const *names, const int64_t *lengths, size_t count,
                struct failure *why) {
    struct regions *regions = calloc(1, sizeof *regions);
    if (regions)
        regions->contigs = calloc(count ? count : 1, sizeof *regions->contigs);
    if (regions == NULL || regions->contigs == NULL) {
        free(regions);
        return fail(why, STATUS_NO_MEMORY, "out of memory for regions");
    }
    regions->names = names;
    regions->lengths = lengths;
    regions->count = count;
    *out = regions;
    return STATUS_OK;
}

void regions_free(struct regions *regions) {
    if (regions == NULL)
        return;
    for (size_t i = 0; i < regions->count; i++) {
        free(regions->contigs[i].list);
        free(regions->contigs[i].reach);
    }
    free(regions->contigs);
    free(regions);
}

static size_t find(const struct regions *regions, const char *name, size_t length) {
    for (size_t i = 0; i < regions->count; i++)
        if (strncmp(regions->names[i], name, length) == 0 && regions->names[i][length] == '\0')
            return i;
    return regions->count;
}

static int add(struct regions *regions, size_t contig, int64_t begin, int64_t end,
               struct failure *why) {
    struct contig_regions *to = &regions->contigs[contig];
    if (to->count == to->room) {
        size_t room = to->room ? 2 * to->room : 8;
        struct interval *list = realloc(to->list, room * sizeof *list);
        if (list == NULL)
            return fail(why, STATUS_NO_MEMORY, "out of memory for regions");
        to->list = list;
        to->room = room;
    }
    to->list[to->count++] = (struct interval){begin, end};
    to->sorted = false;
    return STATUS_OK;
}

/* A number of digits and commas; moves *at behind it. */
static bool read_number(const char **at, int64_t *number) {
    *number = 0;
    const char *from = *at;
    for (; (**at >= '0' && **at <= '9') || **at == ','; (*at)++) {
        if (**at == ',')
            continue;
        if (*number > (INT64_MAX - 9) / 10)
            return false;
        *number = 10 * *number + (**at - '0');
    }
    return *at != from;
}

static int add_text(struct regions *regions, const char *text, struct failure *why) {
    size_t contig = find(regions, text, strlen(text));
    if (contig < regions->count) /* a whole contig, colons in its name or not */
        return add(regions, contig, 0, regions->lengths[contig], why);
    const char *colon = strrchr(text, ':');
    contig = colon ? find(regions, text, (size_t)(colon - text)) : regions->count;
    if (contig == regions->count)
        return fail(why, STATUS_BAD_INPUT, "region '%s': no such contig is known", text);
    const char *at = colon + 1;
    int64_t first, last = regions->lengths[contig];
    bool good = read_number(&at, &first);
    if (good && *at == '-' && at[1] != '\0') {
        at++;
        good = read_number(&at, &last);
    } else if (good && *at == '-') {
        at++;
    }
    if (!good || *at != '\0' || first < 1 || last < first)
        return fail(why, STATUS_BAD_INPUT, "region '%s' is not CONTIG:FIRST-LAST", text);
    if (last > regions->lengths[contig])
        last = regions->lengths[contig];
    if (first > last)
        return fail(why, STATUS_BAD_INPUT, "region '%s' begins behind the contig's end (%lld)",
                    text, (long long)regions->lengths[contig]);
    return add(regions, contig, first - 1, last, why);
}

int regions_add_texts(struct regions *regions, const char *texts, struct failure *why) {
    char *copy = strdup(texts), *rest = NULL;
    int status = copy ? STATUS_OK : fail(why, STATUS_NO_MEMORY, "out of memory for regions");
    for (char *text = copy ? strtok_r(copy, " ", &rest) : NULL; status == STATUS_OK && text;
         text = strtok_r(NULL, " ", &rest))
        status = add_text(regions, text, why);
    free(copy);
    return status;
}

static int add_line(struct regions *regions, char *line, struct failure *why) {
    char *rest = NULL, *name = strtok_r(line, "\t ", &rest);
    if (name == NULL || name[0] == '#' || strcmp(name, "track") == 0 ||
        strcmp(name, "browser") == 0)
        return STATUS_OK;
    const char *begin_text = strtok_r(NULL, "\t ", &rest);
    const char *end_text = strtok_r(NULL, "\t \r", &rest);
    char *after_begin, *after_end;
    errno = 0;
    int64_t begin = begin_text ? strtoll(begin_text, &after_begin, 10) : -1;
    int64_t end = end_text ? strtoll(end_text, &after_end, 10) : -1;
    if (!begin_text || !end_text || *after_begin || *after_end || errno != 0 || begin < 0 ||
        end < begin)
        return fail(why, STATUS_BAD_INPUT, "not CONTIG, BEGIN, END with 0 <= BEGIN <= END");
    size_t contig = find(regions, name, strlen(name));
    if (contig == regions->count)
        return fail(why, STATUS_BAD_INPUT, "no contig '%s' is known", name);
    return add(regions, contig, begin, end, why);
}

int regions_add_bed(struct regions *regions, const char *path, struct failure *why) {
    BGZF *file = bgzf_open(path, "r");
    if (file == NULL)
        return fail(why, STATUS_IO, "%s cannot be opened: %s", path, strerror(errno));
    kstring_t line = KS_INITIALIZE;
    int status = STATUS_OK, got;
    for (size_t number = 1; status == STATUS_OK && (got = bgzf_getline(file, '\n', &line)) >= 0;
         number++)
        if (line.l > 0 && (status = add_line(regions, line.s, why)) != STATUS_OK)
            fail_at(why, "%s, line %zu", path, number);
    if (status == STATUS_OK && got < -1)
        status = fail(why, STATUS_IO, "%s cannot be read to its end", path);
    ks_free(&line);
    bgzf_close(file);
    return status;
}

/* Of each region what lies in those of `within`. */
static int keep_within(struct regions *regions, struct regions *within, struct failure *why) {
    int status = STATUS_OK;
    for (size_t contig = 0; contig < regions->count; contig++) {
        struct contig_regions before = regions->contigs[contig];
        size_t count;
        const struct interval *list = regions_of(within, contig, &count);
        regions->contigs[contig] = (struct contig_regions){0};
        for (size_t i = 0; status == STATUS_OK && i < before.count * count; i++) {
            const struct interval *a = &before.list[i / count], *b = &list[i % count];
            int64_t begin = a->begin > b->begin ? a->begin : b->begin;
            int64_t end = a->end < b->end ? a->end : b->end;
            if (begin < end)
                status = add(regions, contig, begin, end, why);
        }
        free(before.list);
        free(before.reach);
    }
    return status;
}

int regions_read(struct regions **out, char *const *names, const int64_t *lengths, size_t count,
                 const char *texts, const char *bed, struct failure *why) {
    struct regions *within = NULL;
    *out = NULL;
    if (texts == NULL && bed == NULL)
        return STATUS_OK;
    int status = regions_new(out, names, lengths, count, why);
    if (status == STATUS_OK && texts != NULL)
        status = regions_add_texts(*out, texts, why);
    if (texts != NULL && bed != NULL && status == STATUS_OK) {
        within = *out;
        *out = NULL;
        status = regions_new(out, names, lengths, count, why);
    }
    if (status == STATUS_OK && bed != NULL)
        status = regions_add_bed(*out, bed, why);
    if (status == STATUS_OK && within != NULL)
        status = keep_within(*out, within, why);
    regions_free(within);
    return status;
}

static int by_begin(const void *left, const void *right) {
    const struct interval *a = left, *b = right;
    if (a->begin != b->begin)
        return a->begin < b->begin ? -1 : 1;
    return a->end < b->end ? -1 : a->end > b->end;
}

const struct interval *regions_of(struct regions *regions, size_t contig, size_t *count) {
    struct contig_regions *at = &regions->contigs[contig];
    if (!at->sorted && at->count > 0) {
        qsort(at->list, at->count, sizeof *at->list, by_begin);
        free(at->reach);
        at->reach = malloc(at->count * sizeof *at->reach);
        int64_t reach = 0;
        for (size_t i = 0; at->reach && i < at->count; i++)
            at->reach[i] = reach = at->list[i].end > reach ? at->list[i].end : reach;
        at->sorted = at->reach != NULL;
    }
    *count = at->count;
    return at->list;
}

bool regions_include(struct regions *regions, size_t contig, int64_t position) {
    size_t count;
    const struct interval *list = regions_of(regions, contig, &count);
    const int64_t *reach = regions->contigs[contig].reach;
    size_t low = 0, high = count; /* the intervals that begin at or before the position */
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (list[middle].begin <= position)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && reach != NULL && reach[low - 1] > position;
}
