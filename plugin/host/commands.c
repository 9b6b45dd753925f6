/* SPDX-License-Identifier: MIT
 *
 * The table of commands, and how each of them says that it failed. */
#include "plugin/host/commands.h"

#include "plugin/host/say.h"

#include <stddef.h>

const struct command COMMANDS[] = {
    {"call", command_call, "call small variants: REF.fa and reads in, VCF out"},
    {"live", command_live, "call while reads come in: revisions, and the calls of all at the end"},
    {"run", command_run, "run any line of stages"},
    {"compare", command_compare, "precision and recall of calls against a truth"},
    {"windows", command_windows, "write windows of both kinds to a file"},
    {"plot", command_plot, "draw a stored window as a picture"},
    {"explain", command_explain, "why a site is called as it is"},
    {"inspect", command_inspect, "list stages, or one stage's options and streams"},
    {"model", command_model, "look at model files, convert and list them"},
    {"predict", command_predict, "run the networks over stored windows"},
    {"serve", command_serve, "give calls to whoever sends windows"},
    {"publish", command_publish, "give reads to whoever subscribes"},
    {"keygen", command_keygen, "make keys for talking to other machines"},
    {"bench", command_bench, "this machine's limit, and how near the networks come"},
    {NULL, NULL, NULL},
};

int say_failure(const struct failure *why) {
    if (why->code != STATUS_CLOSED)
        say("runnel: %s", why->text);
    return EXIT_FAILED;
}

int say_usage(const char *command, const struct failure *why) {
    say("runnel %s: %s", command, why->text);
    return EXIT_USAGE;
}
