/* SPDX-License-Identifier: MIT
 *
 * The commands of `runnel`, one source file each.  Each takes argc and argv from its own name
 * on and returns the exit code: 0 whole and right, 1 failed with a sentence, 2 wrong usage. */
#ifndef PLUGIN_HOST_COMMANDS_H
#define PLUGIN_HOST_COMMANDS_H

#include "core/status.h"

enum { EXIT_WHOLE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help; /* one line of the overview */
};

extern const struct command COMMANDS[]; /* ends with a NULL name */

/* "runnel: <sentence>" on stderr; returns EXIT_FAILED, or EXIT_USAGE from the second. */
int say_failure(const struct failure *why);
int say_usage(const char *command, const struct failure *why);

int command_call(int argc, char **argv);

/* command_call in the name of another command, whose arguments the header tells. */
int call_for(int argc, char **argv, int told_count, char **told);

/* Whether command_call would begin with these arguments, before there are reads: STATUS_IO where an
 * output cannot be written, STATUS_BAD_INPUT where the usage is wrong. */
int call_would_take(int argc, char **argv, struct failure *why);

int command_live(int argc, char **argv);
int command_run(int argc, char **argv);
int command_compare(int argc, char **argv);
int command_windows(int argc, char **argv);
int command_plot(int argc, char **argv);
int command_explain(int argc, char **argv);
int command_inspect(int argc, char **argv);
int command_model(int argc, char **argv);
int command_predict(int argc, char **argv);
int command_publish(int argc, char **argv);
int command_serve(int argc, char **argv);
int command_keygen(int argc, char **argv);
int command_bench(int argc, char **argv);

#endif
