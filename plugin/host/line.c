/* SPDX-License-Identifier: MIT
 *
 * Reading and checking lines. */
#include "plugin/host/line.h"

#include "plugin/host/paths.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool types_include(const char *types, const char *type) {
    size_t length = strlen(type);
    for (const char *at = types; at != NULL && *at != '\0';) {
        size_t size = strcspn(at, " ");
        if (size == length && memcmp(at, type, size) == 0)
            return true;
        at += size + strspn(at + size, " ");
    }
    return false;
}

int line_add(struct line *line, const char *word, struct failure *why) {
    if (line->count == LINE_STAGES_MAX)
        return fail(why, STATUS_UNSUPPORTED, "a line has at most %d stages", LINE_STAGES_MAX);
    int status = loader_find(&line->steps[line->count].loaded, word, why);
    if (status == STATUS_OK)
        line->count++;
    return status;
}

static int check_type(const struct runnel_stage *stage, const struct runnel_option *option,
                      const char *value, struct failure *why) {
    char *end = NULL;
    errno = 0;
    switch (option->type) {
    case RUNNEL_INTEGER:
        (void)strtoll(value, &end, 10);
        if (*value == '\0' || *end != '\0' || errno != 0)
            return fail(why, STATUS_BAD_INPUT, "stage %s: %s takes a whole number, not '%s'",
                        stage->id, option->name, value);
        return STATUS_OK;
    case RUNNEL_REAL: {
        double number = strtod(value, &end);
        if (*value == '\0' || *end != '\0' || !isfinite(number))
            return fail(why, STATUS_BAD_INPUT, "stage %s: %s takes a number, not '%s'", stage->id,
                        option->name, value);
        return STATUS_OK;
    }
    case RUNNEL_FLAG:
        if (strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
            return fail(why, STATUS_BAD_INPUT, "stage %s: %s takes true or false, not '%s'",
                        stage->id, option->name, value);
        return STATUS_OK;
    default:
        return STATUS_OK;
    }
}

int line_set(struct line *line, const char *name, const char *value, struct failure *why) {
    struct line_step *step = &line->steps[line->count - 1];
    const struct runnel_stage *stage = &step->loaded.stage;
    size_t at = 0;
    if (name != NULL)
        while (at < stage->option_count && strcmp(stage->options[at].name, name) != 0)
            at++;
    if (at == stage->option_count)
        return fail(why, STATUS_BAD_INPUT,
                    "stage %s has no option '%s'; `runnel inspect %s` lists them", stage->id,
                    name ? name : value, stage->id);
    int status = check_type(stage, &stage->options[at], value, why);
    if (status != STATUS_OK)
        return status;
    if (step->values[at] != NULL)
        return fail(why, STATUS_BAD_INPUT, "stage %s: %s is given twice, '%s' and '%s'", stage->id,
                    stage->options[at].name, step->values[at], value);
    step->values[at] = strdup(value);
    return step->values[at] ? STATUS_OK : fail(why, STATUS_NO_MEMORY, "out of memory");
}

/* ---- text ---- */

/* Reads one word at *at into `word`; quotes are taken off.  STATUS_END at the end of the text.
 * *quoted tells whether any of it stood in quotes (a quoted "!" is no separator). */
static int next_word(const char **at, char *word, size_t room, bool *quoted, struct failure *why) {
    size_t used = 0;
    char quote = '\0';
    *quoted = false;
    *at += strspn(*at, " \t\n");
    if (**at == '\0')
        return STATUS_END;
    for (; **at != '\0'; (*at)++) {
        char c = **at;
        if (quote == '\0' && strchr(" \t\n", c))
            break;
        if (quote == '\0' && (c == '\'' || c == '"')) {
            quote = c;
            *quoted = true;
            continue;
        }
        if (c == quote && quote != '\0') {
            quote = '\0';
            continue;
        }
        if (c == '\\' && quote != '\'' && (*at)[1] != '\0')
            c = *++*at;
        if (used + 1 >= room)
            return fail(why, STATUS_BAD_INPUT, "a word of the line is too long");
        word[used++] = c;
    }
    word[used] = '\0';
    if (quote != '\0')
        return fail(why, STATUS_BAD_INPUT, "the line has a quote %c without its end", quote);
    return STATUS_OK;
}

/* `name=value` where the stage declares `name`, `name` where that is a flag, else the main
 * option's value. */
static int set_word(struct line *line, const char *word, bool quoted, struct failure *why) {
    const struct runnel_stage *stage = &line->steps[line->count - 1].loaded.stage;
    size_t length = strcspn(word, "=");
    for (size_t i = 0; i < stage->option_count; i++) {
        const struct runnel_option *option = &stage->options[i];
        if (strlen(option->name) != length || strncmp(word, option->name, length) != 0)
            continue;
        if (word[length] == '=')
            return line_set(line, option->name, word + length + 1, why);
        if (option->type == RUNNEL_FLAG && !quoted)
            return line_set(line, option->name, "true", why);
    }
    if (word[length] == '=' && !quoted && strchr(word, '/') == NULL) {
        char name[64];
        snprintf(name, sizeof name, "%.*s", (int)length, word);
        return line_set(line, name, word + length + 1, why);
    }
    return line_set(line, NULL, word, why);
}

int line_parse(struct line *line, const char *text, struct failure *why) {
    char word[8192];
    bool first = true, quoted;
    int status;
    line->misused = true;
    while ((status = next_word(&text, word, sizeof word, &quoted, why)) == STATUS_OK) {
        if (strcmp(word, "!") == 0 && !quoted) {
            if (first)
                return fail(why, STATUS_BAD_INPUT, "the line has a '!' without a stage before it");
            first = true;
            continue;
        }
        status = first ? line_add(line, word, why) : set_word(line, word, quoted, why);
        line->misused = !first;
        if (status != STATUS_OK)
            return status;
        first = false;
        line->misused = true;
    }
    if (status == STATUS_END && first)
        return fail(why, STATUS_BAD_INPUT,
                    line->count ? "the line ends in a '!'" : "the line is empty");
    line->misused = status != STATUS_END;
    return status == STATUS_END ? STATUS_OK : status;
}

/* ---- checks ---- */

static int check_defaults(struct line_step *step, struct failure *why) {
    const struct runnel_stage *stage = &step->loaded.stage;
    for (size_t i = 0; i < stage->option_count; i++) {
        const struct runnel_option *option = &stage->options[i];
        if (step->values[i] != NULL)
            continue;
        if (option->default_value == NULL)
            return fail(why, STATUS_BAD_INPUT, "stage %s needs %s (%s)", stage->id, option->name,
                        option->help);
        if (option->default_value[0] != '\0' &&
            (step->values[i] = strdup(option->default_value)) == NULL)
            return fail(why, STATUS_NO_MEMORY, "out of memory");
    }
    return STATUS_OK;
}

static bool is_source(const struct runnel_stage *stage) {
    return !(stage->takes && *stage->takes) && !(stage->sees && *stage->sees);
}

/* Whether a stage before `at` gives a type. */
static bool given_before(const struct line *line, size_t at, const char *type) {
    for (size_t i = 0; i < at; i++)
        if (types_include(line->steps[i].loaded.stage.gives, type))
            return true;
    return false;
}

/* A stage that takes several types needs only one of them in a line. */
static int check_streams(const struct line *line, size_t at, struct failure *why) {
    const struct runnel_stage *stage = &line->steps[at].loaded.stage;
    const char *lists[] = {stage->takes, stage->sees};
    for (size_t l = 0; l < 2; l++)
        for (const char *type = lists[l]; type != NULL && *type != '\0';) {
            char name[64];
            size_t size = strcspn(type, " ");
            snprintf(name, sizeof name, "%.*s", (int)size, type);
            if (given_before(line, at, name))
                return STATUS_OK;
            type += size + strspn(type + size, " ");
        }
    return fail(why, STATUS_BAD_INPUT, "stage %s takes %s, which no stage before it gives",
                stage->id, stage->takes && *stage->takes ? stage->takes : stage->sees);
}

static int check(struct line *line, struct failure *why) {
    for (size_t i = 0; i < line->count; i++) {
        const struct runnel_stage *stage = &line->steps[i].loaded.stage;
        int status = check_defaults(&line->steps[i], why);
        if (status != STATUS_OK)
            return status;
        if (i == 0 && !is_source(stage))
            return fail(why, STATUS_BAD_INPUT, "the line must begin with a source; %s takes %s",
                        stage->id, stage->takes && *stage->takes ? stage->takes : stage->sees);
        if (i > 0 && is_source(stage))
            return fail(why, STATUS_BAD_INPUT, "stage %s is a source and can only stand first",
                        stage->id);
        if (i > 0 && (status = check_streams(line, i, why)) != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* The last stage's file, which by custom is its option `path` or `to`, is none that the line reads.
 */
static int check_output(const struct line *line, struct failure *why) {
    const struct line_step *last = &line->steps[line->count - 1];
    const char *output = NULL;
    for (size_t i = 0; i < last->loaded.stage.option_count && line->count > 1; i++) {
        const char *name = last->loaded.stage.options[i].name;
        if (strcmp(name, "path") == 0 || strcmp(name, "to") == 0)
            output = last->values[i];
    }
    for (size_t s = 0; s < line->count && output != NULL; s++)
        for (size_t i = 0; i < line->steps[s].loaded.stage.option_count; i++) {
            const char *value = line->steps[s].values[i];
            if (value != output && paths_keep_apart(&output, 1, &value, 1, why) != STATUS_OK)
                return why->code;
        }
    return STATUS_OK;
}

int line_check(struct line *line, struct failure *why) {
    int status = check(line, why);
    if (status == STATUS_OK)
        status = check_output(line, why);
    line->misused = status != STATUS_OK;
    return status;
}

void line_clear(struct line *line) {
    for (size_t i = 0; i < line->count; i++) {
        for (size_t v = 0; v < STAGE_OPTIONS_MAX; v++)
            free(line->steps[i].values[v]);
        loader_forget(&line->steps[i].loaded);
    }
    memset(line, 0, sizeof *line);
}
