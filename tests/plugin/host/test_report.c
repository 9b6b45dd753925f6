/* SPDX-License-Identifier: MIT */
#include "plugin/host/report.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct books *balanced(void) {
    struct books *books = calloc(1, sizeof *books);
    books->count = 2;
    books->stages[0] = (struct stage_books){"source", 1, {{"sent", 5}}, 0.5};
    books->stages[1] = (struct stage_books){"taker",
                                            5,
                                            {{"in", 10},
                                             {"used", 7},
                                             {"left out: MAPQ", 2},
                                             {"left out: flag", 1},
                                             {"rows in x/1", 10}},
                                            0.25};
    return books;
}

Test(report, balanced_books_pass) {
    struct books *books = balanced();
    struct failure why = {0};
    cr_expect_eq(report_check(books, &why), STATUS_OK, "%s", why.text);
    free(books);
}

Test(report, each_imbalance_fails) {
    for (size_t total = 0; total < 5; total++) {
        struct books *books = balanced();
        struct failure why = {0};
        books->stages[1].totals[total].amount++;
        cr_expect_neq(report_check(books, &why), STATUS_OK, "total %zu", total);
        cr_expect_not_null(strstr(why.text, "stage taker do not balance"), "%s", why.text);
        free(books);
    }
}

Test(report, json_holds_every_total) {
    struct books *books = balanced();
    struct failure why = {0};
    char path[] = "/tmp/runnel-test-XXXXXX";
    close(mkstemp(path));
    cr_assert_eq(report_write(path, books, 1, &why), STATUS_OK, "%s", why.text);
    json_t *report = json_load_file(path, 0, NULL);
    unlink(path);
    json_t *stage = json_array_get(json_array_get(json_object_get(report, "lines"), 0), 1);
    cr_expect(json_is_true(json_object_get(report, "whole")));
    cr_expect_eq(
        json_integer_value(json_object_get(json_object_get(stage, "counts"), "left out: MAPQ")), 2);
    json_decref(report);
    free(books);
}

Test(report, a_failure_stays_in_the_report) {
    struct books *books = balanced();
    struct failure why = {0};
    char path[] = "/tmp/runnel-test-XXXXXX";
    close(mkstemp(path));
    fail(&why, STATUS_IO, "disk is full");
    cr_assert_eq(report_write(path, books, 1, &why), STATUS_IO);
    json_t *report = json_load_file(path, 0, NULL);
    unlink(path);
    cr_expect(json_is_false(json_object_get(report, "whole")));
    cr_expect_str_eq(json_string_value(json_object_get(report, "failure")), "disk is full");
    json_decref(report);
    free(books);
}
