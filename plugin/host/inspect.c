/* SPDX-License-Identifier: MIT
 *
 * `runnel inspect [STAGE]`: what stages exist, and what one takes, gives and can be told.  All of
 * it is the stage's own data; no hook is called. */
#include "plugin/host/commands.h"
#include "plugin/host/loader.h"
#include "plugin/host/options.h"
#include "plugin/host/say.h"

#include <stdio.h>
#include <string.h>

static const struct option OPTIONS[] = {
    {"help", NULL, 'h', OPTION_FLAG, NULL, NULL, "this text"},
};

static void print_row(const struct loaded_stage *stage, void *with) {
    (void)with;
    printf("%-10s %s\n", stage->stage.id, stage->stage.help);
}

static void print_broken(const char *sentence, void *with) {
    (void)with;
    say("runnel inspect: %s", sentence);
}

static const char *type_name(uint32_t type) {
    static const char *const NAMES[] = {"?", "text", "integer", "real", "flag"};
    return NAMES[type <= RUNNEL_FLAG ? type : 0];
}

static void print_types(const char *word, const char *types) {
    if (types != NULL && *types != '\0')
        printf("%-8s %s\n", word, types);
}

static void print_stage(const struct loaded_stage *loaded) {
    const struct runnel_stage *stage = &loaded->stage;
    printf("%s: %s\n\n", stage->id, stage->help);
    printf("%-8s %s\n%-8s %u\n%-8s %s\n", "version", stage->version, "ABI", stage->abi_version,
           "file", loaded->file);
    print_types("takes", stage->takes);
    print_types("sees", stage->sees);
    print_types("gives", stage->gives);
    if (stage->option_count > 0)
        printf("\nOptions (the first is the main one: a bare word sets it):\n");
    for (size_t i = 0; i < stage->option_count; i++) {
        const struct runnel_option *option = &stage->options[i];
        char left[64];
        snprintf(left, sizeof left, "%s=%s", option->name, type_name(option->type));
        printf("  %-28s %s", left, option->help);
        if (option->default_value == NULL)
            printf(" (must be given)");
        else if (option->default_value[0] != '\0')
            printf(" [%s]", option->default_value);
        printf("\n");
    }
}

int command_inspect(int argc, char **argv) {
    struct options options;
    struct failure why = {0};
    if (options_parse(&options, OPTIONS, 1, argc, argv, &why) != STATUS_OK)
        return say_usage("inspect", &why);
    if (options_flag(&options, "help")) {
        printf("About:   List the stages that a line can be made of, or describe one.\n"
               "Usage:   runnel inspect [STAGE | PATH.so]\n");
        return EXIT_WHOLE;
    }
    if (options.operand_count == 0) {
        loader_each(print_row, print_broken, NULL);
        return EXIT_WHOLE;
    }
    struct loaded_stage stage;
    if (loader_find(&stage, options.operands[0], &why) != STATUS_OK)
        return say_failure(&why);
    print_stage(&stage);
    loader_forget(&stage);
    return EXIT_WHOLE;
}
