/* SPDX-License-Identifier: MIT
 *
 * The parser of option tables. */
#include "plugin/host/options.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Long names: '_' counts as '-'. */
static bool same_name(const char *given, size_t length, const char *name) {
    if (strlen(name) != length)
        return false;
    for (size_t i = 0; i < length; i++)
        if ((given[i] == '_' ? '-' : given[i]) != name[i])
            return false;
    return true;
}

static bool is_alias(const struct option *option, const char *given, size_t length) {
    for (const char *at = option->aliases; at != NULL && *at != '\0';) {
        size_t size = strcspn(at, " ");
        char name[64];
        if (size < sizeof name) {
            memcpy(name, at, size);
            name[size] = '\0';
            if (same_name(given, length, name))
                return true;
        }
        at += size + strspn(at + size, " ");
    }
    return false;
}

static const struct option *find_long(const struct options *options, const char *given,
                                      size_t length) {
    for (size_t i = 0; i < options->count; i++)
        if (same_name(given, length, options->table[i].name) ||
            is_alias(&options->table[i], given, length))
            return &options->table[i];
    return NULL;
}

static const struct option *find_letter(const struct options *options, char letter) {
    for (size_t i = 0; i < options->count; i++)
        if (options->table[i].letter == letter)
            return &options->table[i];
    return NULL;
}

static size_t index_of(const struct options *options, const char *name) {
    for (size_t i = 0; i < options->count; i++)
        if (strcmp(options->table[i].name, name) == 0)
            return i;
    abort(); /* a command asks for an option that its own table lacks */
}

static bool is_choice(const char *words, const char *value) {
    size_t length = strlen(value);
    for (const char *at = words; length > 0; at++) {
        size_t size = strcspn(at, "|");
        if (size == length && memcmp(at, value, size) == 0)
            return true;
        at += size;
        if (*at == '\0')
            break;
    }
    return false;
}

static int check_value(const struct option *option, const char *value, struct failure *why) {
    char *end;
    errno = 0;
    if (*value == '\0') /* mostly a variable of the shell that is not set */
        return fail(why, STATUS_BAD_INPUT, "--%s takes %s, not an empty value", option->name,
                    option->metavar);
    if (option->kind == OPTION_CHOICE) {
        if (!is_choice(option->metavar, value))
            return fail(why, STATUS_BAD_INPUT, "--%s takes %s, not '%s'", option->name,
                        option->metavar, value);
    } else if (option->kind == OPTION_INTEGER) {
        (void)strtoll(value, &end, 10);
        if (*end != '\0' || errno != 0)
            return fail(why, STATUS_BAD_INPUT, "--%s takes a whole number, not '%s'", option->name,
                        value);
    } else if (option->kind == OPTION_REAL) {
        double number = strtod(value, &end);
        if (*end != '\0' || !isfinite(number))
            return fail(why, STATUS_BAD_INPUT, "--%s takes a number, not '%s'", option->name,
                        value);
    }
    return STATUS_OK;
}

static int set_flag(struct options *options, const struct option *option, const char *value,
                    struct failure *why) {
    size_t at = (size_t)(option - options->table);
    if (value == NULL || strcmp(value, "true") == 0 || strcmp(value, "True") == 0)
        options->values[at] = "true";
    else if (strcmp(value, "false") == 0 || strcmp(value, "False") == 0)
        options->values[at] = NULL;
    else
        return fail(why, STATUS_BAD_INPUT, "--%s takes true or false, not '%s'", option->name,
                    value);
    return STATUS_OK;
}

/* One option at argv[*at]; moves *at over a value in an argument of its own. */
static int parse_one(struct options *options, int argc, char **argv, int *at, struct failure *why) {
    const char *given = argv[*at], *value = NULL;
    const struct option *option;
    if (given[1] == '-') {
        size_t length = strcspn(given + 2, "=");
        option = find_long(options, given + 2, length);
        value = given[2 + length] == '=' ? given + 3 + length : NULL;
    } else {
        option = find_letter(options, given[1]);
        if (option && option->kind == OPTION_FLAG && given[2] != '\0')
            option = NULL;
        value = option && given[2] != '\0' ? given + 2 : NULL;
    }
    if (option == NULL)
        return fail(why, STATUS_BAD_INPUT, "there is no option '%s'; --help lists them", given);
    if (option->kind == OPTION_FLAG)
        return set_flag(options, option, value, why);
    if (value == NULL) {
        if (*at + 1 >= argc)
            return fail(why, STATUS_BAD_INPUT, "%s needs a value (%s)", given, option->metavar);
        value = argv[++*at];
    }
    if (option->kind == OPTION_LIST && options_given(options, option->name))
        return fail(why, STATUS_BAD_INPUT, "--%s is given twice; put commas between several",
                    option->name);
    options->values[option - options->table] = value;
    return check_value(option, value, why);
}

int options_parse(struct options *options, const struct option *table, size_t count, int argc,
                  char **argv, struct failure *why) {
    memset(options, 0, sizeof *options);
    options->table = table;
    options->count = count;
    if (count > OPTIONS_MAX)
        abort(); /* a command's table outgrew the array */
    for (size_t i = 0; i < count; i++)
        options->values[i] = table[i].initial;
    bool only_operands = false;
    for (int at = 1; at < argc; at++) {
        const char *given = argv[at];
        if (!only_operands && strcmp(given, "--") == 0) {
            only_operands = true;
        } else if (!only_operands && given[0] == '-' && given[1] != '\0') {
            int status = parse_one(options, argc, argv, &at, why);
            if (status != STATUS_OK)
                return status;
        } else if (options->operand_count < OPERANDS_MAX) {
            options->operands[options->operand_count++] = given;
        } else {
            return fail(why, STATUS_BAD_INPUT, "too many arguments, from '%s' on", given);
        }
    }
    return STATUS_OK;
}

const char *options_text(const struct options *options, const char *name) {
    return options->values[index_of(options, name)];
}

int options_flag(const struct options *options, const char *name) {
    return options_text(options, name) != NULL;
}

int64_t options_integer(const struct options *options, const char *name) {
    const char *value = options_text(options, name);
    return value ? strtoll(value, NULL, 10) : 0;
}

double options_real(const struct options *options, const char *name) {
    const char *value = options_text(options, name);
    return value ? strtod(value, NULL) : 0.0;
}

int options_given(const struct options *options, const char *name) {
    size_t at = index_of(options, name);
    return options->values[at] != options->table[at].initial;
}

void options_preset(struct options *options, const char *name, const char *value) {
    if (!options_given(options, name))
        options->values[index_of(options, name)] = value;
}

int options_command_line(struct text *text, int argc, char **argv, struct failure *why) {
    text_append_string(text, "runnel");
    for (int i = 0; i < argc; i++) {
        bool plain = argv[i][0] != '\0' && strpbrk(argv[i], " \t\n'\"\\$&|;<>()*?[]#~!`{}") == NULL;
        text_append_string(text, plain ? " " : " '");
        for (const char *letter = argv[i]; *letter; letter++)
            if (*letter == '\'')
                text_append_string(text, "'\\''");
            else
                text_append_char(text, *letter == '\n' ? ' ' : *letter);
        text_append_string(text, plain ? "" : "'");
    }
    return text->failed ? fail(why, STATUS_NO_MEMORY, "out of memory for the header") : STATUS_OK;
}

enum { HELP_INDENT = 33, HELP_WIDTH = 100 };

/* The text from column HELP_INDENT on, in lines that end before HELP_WIDTH. */
static void print_wrapped(FILE *out, const char *text) {
    const size_t room = HELP_WIDTH - HELP_INDENT;
    while (strlen(text) > room) {
        size_t length = room;
        while (length > 0 && text[length] != ' ')
            length--;
        if (length == 0)
            break;
        fprintf(out, "%.*s\n%*s", (int)length, text, HELP_INDENT, "");
        text += length + 1;
    }
    fputs(text, out);
}

void options_help(FILE *out, const struct option *table, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (table[i].help == NULL)
            continue;
        char left[64], help[512];
        int used = table[i].letter ? snprintf(left, sizeof left, "  -%c, ", table[i].letter)
                                   : snprintf(left, sizeof left, "      ");
        snprintf(left + used, sizeof left - (size_t)used, "--%s%s%s", table[i].name,
                 table[i].metavar ? " " : "", table[i].metavar ? table[i].metavar : "");
        fprintf(out, "%-*s", HELP_INDENT, left);
        if (strlen(left) >= HELP_INDENT)
            fprintf(out, "\n%*s", HELP_INDENT, "");
        bool initial = table[i].initial != NULL && table[i].initial[0] != '\0';
        snprintf(help, sizeof help, initial ? "%s [%s]" : "%s", table[i].help, table[i].initial);
        print_wrapped(out, help);
        fputc('\n', out);
    }
}

bool options_place(const char *text, char *place, size_t size) {
    const char *colon = strrchr(text, ':');
    size_t length = 0;
    for (const char *at = text; *at; at++) {
        if (*at == ',' && colon != NULL && at > colon)
            continue;
        if (length + 1 >= size)
            return false;
        place[length++] = *at;
    }
    place[length] = '\0';
    return true;
}
