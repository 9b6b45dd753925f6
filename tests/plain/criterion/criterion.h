/* SPDX-License-Identifier: MIT
 *
 * What tests of core use of Criterion, in a header and without a library, for places where
 * Criterion cannot be had: other architectures under an emulator.  All tests of a file run one
 * after the other in one process; a failed assertion ends it. */
#ifndef TESTS_PLAIN_CRITERION_H
#define TESTS_PLAIN_CRITERION_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct plain_test {
    const char *suite, *name;
    void (*run)(void);
    struct plain_test *next;
};

static struct plain_test *plain_first, **plain_last = &plain_first;
static size_t plain_failures;

/* Prints the place and, where there is one, the message. */
static inline void plain_fail(const char *file, int line, const char *condition, bool stop,
                              const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%s:%d: not true: %s: ", file, line, condition);
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
    va_end(arguments);
    plain_failures++;
    if (stop)
        exit(1);
}

#define Test(suite, test)                                                                          \
    static void suite##_##test(void);                                                              \
    __attribute__((constructor)) static void enter_##suite##_##test(void) {                        \
        static struct plain_test entry = {#suite, #test, suite##_##test, NULL};                    \
        *plain_last = &entry;                                                                      \
        plain_last = &entry.next;                                                                  \
    }                                                                                              \
    static void suite##_##test(void)

#define PLAIN_CHECK(stop, condition, ...)                                                          \
    ((condition) ? (void)0 : plain_fail(__FILE__, __LINE__, #condition, stop, "" __VA_ARGS__))

#define cr_assert(condition, ...)    PLAIN_CHECK(true, condition, __VA_ARGS__)
#define cr_assert_eq(a, b, ...)      PLAIN_CHECK(true, (a) == (b), __VA_ARGS__)
#define cr_assert_null(a, ...)       PLAIN_CHECK(true, (a) == NULL, __VA_ARGS__)
#define cr_expect(condition, ...)    PLAIN_CHECK(false, condition, __VA_ARGS__)
#define cr_expect_eq(a, b, ...)      PLAIN_CHECK(false, (a) == (b), __VA_ARGS__)
#define cr_expect_neq(a, b, ...)     PLAIN_CHECK(false, (a) != (b), __VA_ARGS__)
#define cr_expect_null(a, ...)       PLAIN_CHECK(false, (a) == NULL, __VA_ARGS__)
#define cr_expect_not_null(a, ...)   PLAIN_CHECK(false, (a) != NULL, __VA_ARGS__)
#define cr_expect_str_eq(a, b, ...)  PLAIN_CHECK(false, strcmp(a, b) == 0, __VA_ARGS__)
#define cr_expect_str_neq(a, b, ...) PLAIN_CHECK(false, strcmp(a, b) != 0, __VA_ARGS__)

int main(void) {
    size_t count = 0;
    for (const struct plain_test *test = plain_first; test != NULL; test = test->next, count++) {
        fprintf(stderr, "%s, %s\n", test->suite, test->name);
        test->run();
    }
    fprintf(stderr, "%zu tests, %zu failures\n", count, plain_failures);
    return plain_failures > 0 || count == 0;
}

#endif
