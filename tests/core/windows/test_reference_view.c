/* SPDX-License-Identifier: MIT */
#include "core/windows/reference_view.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* A source that gives a copy which the next call spoils, as one that keeps one block does. */
struct spoiling {
    int64_t length;
    char *lent;
    int calls;
};

static char letter_at(int64_t x) {
    return "ACGTacgtN"[(x * 7 + x / 100) % 9];
}

static const char *spoiling_fetch(void *source, int64_t begin, int64_t end, struct failure *why) {
    struct spoiling *s = source;
    (void)why;
    cr_assert(0 <= begin && begin <= end && end <= s->length);
    if (s->lent != NULL)
        memset(s->lent, '!', strlen(s->lent));
    free(s->lent);
    s->lent = calloc((size_t)(end - begin) + 1, 1);
    for (int64_t x = begin; x < end; x++)
        s->lent[x - begin] = letter_at(x);
    s->calls++;
    return s->lent;
}

Test(reference_view, letters_wherever_asked) {
    struct spoiling source = {.length = 100000};
    struct reference reference = {source.length, &source, spoiling_fetch};
    struct reference_view view;
    reference_view_begin(&view, &reference);
    for (int64_t x = 0; x < source.length; x += 37) {
        int64_t begin = x > 20 ? x - 20 : 0, end = x + 50 < source.length ? x + 50 : source.length;
        const char *letters = reference_view_at(&view, begin, end, NULL);
        for (int64_t i = begin; i < end; i++)
            cr_assert_eq(letters[i - begin], letter_at(i));
    }
    cr_assert_lt(source.calls, 10); /* long stretches, not one call each */
    cr_assert_not_null(reference_view_at(&view, source.length, source.length, NULL));
    free(source.lent);
}

Test(reference_view, windows_beyond_the_contig_are_n) {
    struct spoiling source = {.length = 20};
    struct reference reference = {source.length, &source, spoiling_fetch};
    struct reference_view view;
    char window[WINDOW_WIDTH + 1];
    reference_view_begin(&view, &reference);
    for (int64_t at = 0; at < 20; at++) {
        cr_assert_eq(reference_view_window(&view, at, window, NULL), STATUS_OK);
        for (int64_t i = 0; i < WINDOW_WIDTH; i++) {
            int64_t x = at - WINDOW_FLANK + i;
            cr_assert_eq(window[i], x >= 0 && x < 20 ? letter_at(x) : 'N');
        }
    }
    free(source.lent);
}

static const char *failing_fetch(void *source, int64_t begin, int64_t end, struct failure *why) {
    (void)source, (void)begin, (void)end;
    fail(why, STATUS_IO, "gone");
    return NULL;
}

Test(reference_view, a_failure_is_passed_on) {
    struct reference reference = {100, NULL, failing_fetch};
    struct reference_view view;
    struct failure why = {0};
    char window[WINDOW_WIDTH + 1];
    reference_view_begin(&view, &reference);
    cr_assert_null(reference_view_at(&view, 0, 1, &why));
    cr_assert_neq(reference_view_window(&view, 50, window, &why), STATUS_OK);
    cr_assert_str_eq(why.text, "gone");
}

Test(reference_view, upper_case) {
    cr_assert(upper('a') == 'A' && upper('z') == 'Z' && upper('N') == 'N' && upper('=') == '=');
}
