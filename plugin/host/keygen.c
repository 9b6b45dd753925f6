/* SPDX-License-Identifier: MIT
 *
 * `runnel keygen NAME`: a pair of keys for the wire. */
#include "plugin/host/commands.h"
#include "plugin/host/options.h"
#include "plugin/wire/keys.h"

static const struct option OPTIONS[] = {
    {"help", NULL, 'h', OPTION_FLAG, NULL, NULL, "this text"},
};
enum { OPTION_COUNT = sizeof OPTIONS / sizeof *OPTIONS };

static void help(FILE *out) {
    fprintf(
        out,
        "About:   Make a pair of keys: NAME.key for yourself (serve --key, call --key), NAME.pub\n"
        "         for the other side (serve --allow, call --server-key).\n"
        "Usage:   runnel keygen NAME\n\nOptions:\n");
    options_help(out, OPTIONS, OPTION_COUNT);
}

int command_keygen(int argc, char **argv) {
    struct options options;
    struct failure why = {0};
    if (options_parse(&options, OPTIONS, OPTION_COUNT, argc, argv, &why) != STATUS_OK)
        return say_usage("keygen", &why);
    if (options_flag(&options, "help")) {
        help(stdout);
        return EXIT_WHOLE;
    }
    if (options.operand_count != 1) {
        fail(&why, STATUS_BAD_INPUT, "wants one name; --help shows how");
        return say_usage("keygen", &why);
    }
    return keys_make(options.operands[0], &why) == STATUS_OK ? EXIT_WHOLE : say_failure(&why);
}
