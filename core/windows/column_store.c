/* SPDX-License-Identifier: MIT
 *
 * The two stores of columns, ring and pages. */
#include "core/windows/column_store.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 1 << 12, PAGE_COLUMNS = 1 << 10 };

static void page_free(struct column_page *page) {
    free(page->base[0]);
    free(page->base[1]);
    free(page->rest);
    *page = (struct column_page){0};
}

static int page_new(struct column_page *page, size_t columns, struct failure *why) {
    for (int strand = 0; strand < 2; strand++)
        page->base[strand] = calloc(columns, sizeof *page->base[strand]);
    page->rest = calloc(columns, sizeof *page->rest);
    if (page->base[0] != NULL && page->base[1] != NULL && page->rest != NULL)
        return STATUS_OK;
    page_free(page);
    return fail(why, STATUS_NO_MEMORY, "out of memory for %zu columns", columns);
}

static void page_clear(struct column_page *page, size_t first, size_t count) {
    for (int strand = 0; strand < 2; strand++)
        memset(page->base[strand] + first, 0, count * sizeof *page->base[strand]);
    memset(page->rest + first, 0, count * sizeof *page->rest);
}

static void page_copy(struct column_page *to, size_t to_first, const struct column_page *from,
                      size_t from_first, size_t count) {
    for (int strand = 0; strand < 2; strand++)
        memcpy(to->base[strand] + to_first, from->base[strand] + from_first,
               count * sizeof *to->base[strand]);
    memcpy(to->rest + to_first, from->rest + from_first, count * sizeof *to->rest);
}

static size_t page_of(int64_t position) {
    return (size_t)(position / PAGE_COLUMNS);
}

void column_store_release(struct column_store *store) {
    page_free(&store->ring);
    for (size_t i = 0; store->paged && i < store->capacity; i++)
        page_free(&store->pages[i]);
    free(store->pages);
    free(store->wanted);
    *store = (struct column_store){.paged = store->paged};
}

static int begin_pages(struct column_store *store, int64_t contig_length, struct failure *why) {
    size_t count = page_of(contig_length) + 1;
    column_store_release(store);
    store->pages = calloc(count, sizeof *store->pages);
    if (store->pages == NULL)
        return fail(why, STATUS_NO_MEMORY, "out of memory for the pages of a contig");
    store->capacity = count;
    return STATUS_OK;
}

int column_store_begin(struct column_store *store, int64_t contig_length, struct failure *why) {
    if (store->paged)
        return begin_pages(store, contig_length, why);
    column_store_drop(store, store->end);
    store->begin = store->end = 0;
    return STATUS_OK;
}

int column_store_want(struct column_store *store, int64_t begin, int64_t end, struct failure *why) {
    if (store->wanted == NULL)
        store->wanted = calloc(store->capacity, sizeof *store->wanted);
    if (store->wanted == NULL)
        return fail(why, STATUS_NO_MEMORY, "out of memory for the pages of a contig");
    for (size_t i = page_of(begin); begin < end && i <= page_of(end - 1); i++)
        store->wanted[i] = true;
    return STATUS_OK;
}

/* A larger ring with the same columns in it. */
static int grow_ring(struct column_store *store, int64_t begin, int64_t end, struct failure *why) {
    struct column_page larger;
    size_t capacity = store->capacity ? store->capacity : FIRST_CAPACITY;
    while ((int64_t)capacity < end - begin)
        capacity *= 2;
    if (capacity == store->capacity)
        return STATUS_OK;
    if (page_new(&larger, capacity, why) != STATUS_OK)
        return STATUS_NO_MEMORY;
    for (int64_t at = store->begin; at < store->end;) {
        size_t from = (size_t)at & (store->capacity - 1), to = (size_t)at & (capacity - 1);
        size_t count = store->capacity - from;
        if (count > capacity - to)
            count = capacity - to;
        if ((int64_t)count > store->end - at)
            count = (size_t)(store->end - at);
        page_copy(&larger, to, &store->ring, from, count);
        at += (int64_t)count;
    }
    page_free(&store->ring);
    store->ring = larger;
    store->capacity = capacity;
    return STATUS_OK;
}

static int reserve_ring(struct column_store *store, int64_t begin, int64_t end,
                        struct failure *why) {
    if (store->begin == store->end) /* empty: it may lie anywhere */
        store->begin = store->end = begin;
    int64_t last = end > store->end ? end : store->end;
    if (grow_ring(store, store->begin, last, why) != STATUS_OK)
        return STATUS_NO_MEMORY;
    store->end = last;
    return STATUS_OK;
}

static int reserve_pages(struct column_store *store, int64_t begin, int64_t end,
                         struct failure *why) {
    for (size_t i = page_of(begin); i <= page_of(end - 1); i++)
        if (store->pages[i].rest == NULL && (store->wanted == NULL || store->wanted[i]) &&
            page_new(&store->pages[i], PAGE_COLUMNS, why) != STATUS_OK)
            return STATUS_NO_MEMORY;
    if (store->begin == store->end) {
        store->begin = begin;
        store->end = end;
    }
    store->begin = begin < store->begin ? begin : store->begin;
    store->end = end > store->end ? end : store->end;
    return STATUS_OK;
}

int column_store_reserve(struct column_store *store, int64_t begin, int64_t end,
                         struct failure *why) {
    return store->paged ? reserve_pages(store, begin, end, why)
                        : reserve_ring(store, begin, end, why);
}

struct stretch column_store_at(const struct column_store *store, int64_t position) {
    size_t size = store->paged ? PAGE_COLUMNS : store->capacity;
    const struct column_page *page = store->paged ? &store->pages[page_of(position)] : &store->ring;
    size_t first = (size_t)position & (size - 1);
    if (page->rest == NULL)
        return (struct stretch){.count = (int64_t)(size - first)};
    return (struct stretch){
        .base = {page->base[0] + first, page->base[1] + first},
        .rest = page->rest + first,
        .count = (int64_t)(size - first),
    };
}

static bool exists(const struct stretch *s, int64_t i) {
    const struct column_rest *rest = &s->rest[i];
    if (rest->deleted[0] | rest->deleted[1] | rest->other | rest->skipped)
        return true;
    for (int b = 0; b < 4; b++)
        if (s->base[0][i][b] | s->base[1][i][b])
            return true;
    return false;
}

int64_t column_store_next(const struct column_store *store, int64_t from) {
    if (from < store->begin)
        from = store->begin;
    while (from < store->end) {
        struct stretch s = column_store_at(store, from);
        for (int64_t i = 0; s.rest != NULL && i < s.count && from + i < store->end; i++)
            if (exists(&s, i))
                return from + i;
        from += s.count;
    }
    return INT64_MAX;
}

void column_store_drop(struct column_store *store, int64_t position) {
    int64_t end = position < store->end ? position : store->end;
    while (store->begin < end) {
        size_t size = store->paged ? PAGE_COLUMNS : store->capacity;
        size_t first = (size_t)store->begin & (size - 1);
        size_t count = size - first;
        if ((int64_t)count > end - store->begin)
            count = (size_t)(end - store->begin);
        if (!store->paged)
            page_clear(&store->ring, first, count);
        else if (first + count == size)
            page_free(&store->pages[page_of(store->begin)]);
        store->begin += (int64_t)count;
    }
}
