/* SPDX-License-Identifier: MIT
 *
 * The table is two lines, rewritten in place: the cursor waits where it begins, so that whatever is
 * said meanwhile (say.h) takes its place, and the next table stands below. */
#include "plugin/host/live_watch.h"

#include "plugin/host/say.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PLAIN_EVERY = 30 }; /* seconds between plain lines */

static double now_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* A number of 0 or more and what stands behind it. */
static bool read_number(const char *text, double *value, const char **unit) {
    char *end;
    *value = strtod(text, &end);
    *unit = end;
    return end != text && isfinite(*value) && *value >= 0 && *text >= '0' && *text <= '9';
}

bool live_seconds(const char *text, double *seconds) {
    static const struct {
        const char *name;
        double seconds;
    } UNITS[] = {{"", 1}, {"s", 1}, {"m", 60}, {"h", 3600}};
    const char *unit;
    if (!read_number(text, seconds, &unit))
        return false;
    for (size_t i = 0; i < sizeof UNITS / sizeof *UNITS; i++)
        if (strcmp(unit, UNITS[i].name) == 0) {
            *seconds *= UNITS[i].seconds;
            return true;
        }
    return false;
}

bool live_end_read(struct live_end *end, const char *text) {
    const char *unit;
    *end = (struct live_end){0};
    if (text == NULL)
        return true;
    if (read_number(text, &end->depth, &unit) && strcmp(unit, "x") == 0)
        return end->depth > 0;
    end->depth = 0;
    return *unit != '\0' && live_seconds(text, &end->seconds) && end->seconds > 0;
}

static int64_t total(const struct run_state *state, const char *stage, const char *name) {
    for (size_t i = 0; i < state->books->count; i++)
        if (strcmp(state->books->stages[i].id, stage) == 0)
            return books_total(&state->books->stages[i], name);
    return 0;
}

static void tell(const struct run_state *state, void *with) {
    struct live_watch *watch = with;
    long long reads =
        (long long)(total(state, "keep", "used") + total(state, "keep", "reads kept before"));
    double megabases = 1e-6 * (double)total(state, "keep", "bases");
    long long depth = (long long)total(state, "revise", "median depth");
    long long firm = (long long)total(state, "revise", "sites firm");
    long long tentative = (long long)total(state, "revise", "sites tentative");
    long long calls = (long long)total(state, "revise", "calls");
    watch->told++;
    if (watch->in_place) {
        fprintf(stderr,
                "%10s %10s %12s %10s %10s %10s\n%10lld %10.1f %12lld %10lld %10lld %10lld\n"
                "\033[2A",
                "reads", "Mb", "median depth", "firm", "tentative", "calls", reads, megabases,
                depth, firm, tentative, calls);
        watch->shown = true;
    } else if (watch->verbose && watch->told % PLAIN_EVERY == 0) {
        say("runnel: %lld reads, %.1f Mb, median depth %lld, sites: %lld firm, %lld tentative; "
            "%lld calls",
            reads, megabases, depth, firm, tentative, calls);
    }
}

static bool enough(const struct run_state *state, void *with) {
    const struct live_watch *watch = with;
    return (watch->end.seconds > 0 && now_seconds() - watch->began >= watch->end.seconds) ||
           (watch->end.depth > 0 &&
            (double)total(state, "revise", "median depth") >= watch->end.depth);
}

struct run_watch live_watch_begin(struct live_watch *watch, bool quiet, bool verbose) {
    watch->in_place = !quiet && isatty(STDERR_FILENO);
    watch->verbose = !quiet && verbose;
    watch->began = now_seconds();
    bool shown = watch->in_place || watch->verbose;
    return (struct run_watch){.level = quiet     ? RUNNEL_LOG_ERROR
                                       : verbose ? RUNNEL_LOG_INFO
                                                 : RUNNEL_LOG_WARNING,
                              .every_second = shown ? tell : NULL,
                              .enough = enough,
                              .writes_on = true,
                              .with = watch};
}

/* The reads that a stage did not use, by reason. */
static void tell_left_out(const struct stage_books *stage) {
    static const char LEFT_OUT[] = "left out: ";
    for (size_t i = 0; i < stage->count; i++)
        if (strncmp(stage->totals[i].name, LEFT_OUT, strlen(LEFT_OUT)) == 0)
            say("runnel: %s: %lld reads %s", stage->id, (long long)stage->totals[i].amount,
                stage->totals[i].name);
}

void live_watch_end(struct live_watch *watch, const struct books *books) {
    if (watch->shown)
        fprintf(stderr, "\033[J");
    for (size_t i = 0; watch->verbose && i < books->count; i++)
        if (strcmp(books->stages[i].id, "reads") == 0 ||
            strcmp(books->stages[i].id, "align") == 0 || strcmp(books->stages[i].id, "keep") == 0)
            tell_left_out(&books->stages[i]);
}
