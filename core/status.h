/* SPDX-License-Identifier: MIT
 *
 * How anything in core and adapters says that it failed.  A function that can fail returns
 * STATUS_OK or one of the negative codes below and, through its last argument, one sentence
 * for a person.  The code is for programs (which exit code, try again or not); the sentence
 * travels up unchanged and is printed once, at the top. */
#ifndef CORE_STATUS_H
#define CORE_STATUS_H

enum status {
    STATUS_OK = 0,
    STATUS_END = 1,          /* not a failure: nothing more is to come */
    STATUS_NO_MEMORY = -1,   /* an allocation failed */
    STATUS_BAD_INPUT = -2,   /* a file, a frame or an argument is not what it should be */
    STATUS_IO = -3,          /* open, read, write, rename failed; the sentence has the reason */
    STATUS_UNSUPPORTED = -4, /* well formed, but of a kind that is not handled */
    STATUS_CLOSED = -5       /* whoever reads the output has gone, and wants no more */
};

enum { FAILURE_TEXT_MAX = 1024 };

/* One sentence: place (file, contig:position), what is wrong, what to do.  Cut, never
 * overrun, at FAILURE_TEXT_MAX.  Callers start with {0}; a NULL pointer is accepted. */
struct failure {
    int code;
    char text[FAILURE_TEXT_MAX];
};

/* Sets `why` from a printf format and returns `code`, so that `return fail(why, ...)` reads
 * as it acts.  The first failure wins: a `why` that already holds one is left alone. */
int fail(struct failure *why, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "place: " before the sentence that `why` holds; for callers that know the file or the
 * site that the callee did not.  Returns why->code. */
int fail_at(struct failure *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
