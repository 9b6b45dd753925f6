/* SPDX-License-Identifier: MIT
 *
 * `runnel COMMAND ...`: finds the command and leaves the rest to it. */
#include "plugin/host/commands.h"
#include "plugin/host/say.h"
#include "plugin/host/version.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static void overview(FILE *out) {
    fprintf(out,
            "runnel %s: small-variant calling from long reads, as a stream\n\n"
            "Usage:   runnel COMMAND [options]\n\nCommands:\n",
            RUNNEL_VERSION);
    for (const struct command *command = COMMANDS; command->name != NULL; command++)
        fprintf(out, "  %-10s %s\n", command->name, command->help);
    fprintf(out, "\n`runnel COMMAND --help` tells a command's options.\n"
                 "`runnel --version` tells the versions of Runnel and its libraries.\n");
}

/* Batches are made in one thread and freed in another.  glibc keeps such memory once it has seen
 * large blocks come and go, unless the size from which they are returned at once is fixed: one pass
 * over 60x takes 158 MB with it and 200 without, in the same time. */
static void return_batches(void) {
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, 128 * 1024);
#endif
}

int main(int argc, char **argv) {
    return_batches();
    if (argc < 2) {
        overview(stderr);
        return EXIT_USAGE;
    }
    signal(SIGPIPE, SIG_IGN); /* a write to a closed pipe fails, and the stage cleans up; */
    signal(SIGXFSZ, SIG_IGN); /* the same for one beyond the limit of file sizes */
    const char *name = argv[1];
    if (strcmp(name, "--version") == 0 || strcmp(name, "version") == 0) {
        print_versions(stdout);
        return EXIT_WHOLE;
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        overview(stdout);
        return EXIT_WHOLE;
    }
    for (const struct command *command = COMMANDS; command->name != NULL; command++)
        if (strcmp(name, command->name) == 0)
            return command->run(argc - 1, argv + 1);
    say("runnel: there is no command '%s'; `runnel --help` lists them", name);
    return EXIT_USAGE;
}
