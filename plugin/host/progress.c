/* SPDX-License-Identifier: MIT
 *
 * Progress: where the run stands, how fast it is, how long it will take. */
#include "plugin/host/progress.h"

#include "plugin/host/say.h"

#include <string.h>
#include <unistd.h>

enum { PLAIN_EVERY = 30 }; /* seconds between plain lines */

/* Share of the genome that lies behind, or 0 where it cannot be known. */
static double share_done(const struct progress *progress, const struct run_state *state) {
    int64_t before = 0, total = 0;
    bool found = false;
    for (size_t i = 0; i < progress->contig_count; i++) {
        if (strcmp(progress->names[i], state->contig) == 0) {
            found = true;
            before = total + state->position;
        }
        total += progress->lengths[i];
    }
    return found && total > 0 ? (double)before / (double)total : 0.0;
}

static void describe(char *text, size_t size, const struct progress *progress,
                     const struct run_state *state) {
    int used = snprintf(text, size, "%s%s%s:%lld  %lld reads/s  %lld windows/s  %lld calls",
                        progress->pass ? progress->pass : "", progress->pass ? "  " : "",
                        state->contig[0] ? state->contig : "-", (long long)state->position,
                        (long long)(state->reads - progress->reads),
                        (long long)(state->windows - progress->windows), (long long)state->calls);
    double share = share_done(progress, state);
    if (share > 0.001 && used > 0 && (size_t)used < size) {
        long left = (long)(progress->seconds * (1.0 - share) / share);
        snprintf(text + used, size - (size_t)used, "  %.0f %%, %ld:%02ld:%02ld left%s", 100.0 * share,
                 left / 3600, left / 60 % 60, left % 60, progress->pass ? " of the pass" : "");
    }
}

static void tell(const struct run_state *state, void *with) {
    struct progress *progress = with;
    char text[512];
    progress->seconds++;
    describe(text, sizeof text, progress, state);
    progress->reads = state->reads;
    progress->windows = state->windows;
    if (progress->in_place) {
        without_controls(text);
        fprintf(stderr, "\r%-*s", (int)progress->width, text);
        progress->width = strlen(text);
    } else if (progress->plain && progress->seconds % PLAIN_EVERY == 0) {
        say("runnel: %s", text);
    }
}

struct run_watch progress_watch(struct progress *progress, bool quiet, bool verbose) {
    progress->in_place = !quiet && isatty(STDERR_FILENO);
    progress->plain = !quiet && verbose;
    bool shown = progress->in_place || progress->plain;
    return (struct run_watch){.level = quiet     ? RUNNEL_LOG_ERROR
                                       : verbose ? RUNNEL_LOG_INFO
                                                 : RUNNEL_LOG_WARNING,
                              .every_second = shown ? tell : NULL,
                              .with = progress};
}

void progress_end(struct progress *progress) {
    if (progress->width > 0)
        fprintf(stderr, "\r%*s\r", (int)progress->width, "");
}
