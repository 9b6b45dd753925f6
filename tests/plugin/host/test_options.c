/* SPDX-License-Identifier: MIT */
#include "plugin/host/options.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct option TABLE[] = {
    {"output-file", "out legacy-name", 'o', OPTION_TEXT, "FILE", "-", "where"},
    {"threads", NULL, 't', OPTION_INTEGER, "N", NULL, "how many"},
    {"share", NULL, 0, OPTION_REAL, "X", NULL, "how much"},
    {"quiet", NULL, 'q', OPTION_FLAG, NULL, NULL, "less"},
    {"hidden", NULL, 0, OPTION_FLAG, NULL, NULL, NULL},
    {"form", NULL, 'f', OPTION_CHOICE, "v|json", NULL, "which"},
};

static int parse(struct options *options, struct failure *why, int argc, const char **argv) {
    return options_parse(options, TABLE, sizeof TABLE / sizeof *TABLE, argc, (char **)argv, why);
}
#define PARSE(OPTIONS, WHY, ...)                                                                   \
    parse(OPTIONS, WHY, sizeof((const char *[]){"x", __VA_ARGS__}) / sizeof(char *),               \
          (const char *[]){"x", __VA_ARGS__})

Test(options, every_form) {
    struct options o;
    struct failure why = {0};
    cr_assert_eq(PARSE(&o, &why, "-o", "a", "one", "-t4", "--share=0.5", "-q", "-", "--", "-t"),
                 STATUS_OK, "%s", why.text);
    cr_expect_str_eq(options_text(&o, "output-file"), "a");
    cr_expect_eq(options_integer(&o, "threads"), 4);
    cr_expect_eq(options_real(&o, "share"), 0.5);
    cr_expect(options_flag(&o, "quiet") && !options_flag(&o, "hidden"));
    cr_assert_eq(o.operand_count, 3);
    cr_expect_str_eq(o.operands[0], "one");
    cr_expect_str_eq(o.operands[1], "-");
    cr_expect_str_eq(o.operands[2], "-t");
}

Test(options, a_choice_is_one_of_its_words) {
    struct options o;
    struct failure why = {0};
    cr_assert_eq(PARSE(&o, &why, "-f", "json"), STATUS_OK);
    cr_expect_str_eq(options_text(&o, "form"), "json");
    const char *const wrong[] = {"js", "jsonl", "", "|", "v|json", "x"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_expect_neq(PARSE(&o, &why, "-f", wrong[i]), STATUS_OK, "%s is taken", wrong[i]);
        why = (struct failure){0};
    }
    PARSE(&o, &why, "-f", "x");
    cr_expect(strstr(why.text, "--form takes v|json, not 'x'"), "%s", why.text);
}

Test(options, clair3_spellings) {
    struct options o;
    struct failure why = {0};
    cr_assert_eq(PARSE(&o, &why, "--legacy_name=b", "--quiet=True", "--hidden=False"), STATUS_OK);
    cr_expect_str_eq(options_text(&o, "output-file"), "b");
    cr_expect(options_flag(&o, "quiet") && !options_flag(&o, "hidden"));
    cr_assert_eq(PARSE(&o, &why, "--output_file", "c"), STATUS_OK);
    cr_expect_str_eq(options_text(&o, "output-file"), "c");
}

Test(options, defaults_and_what_was_given) {
    struct options o;
    struct failure why = {0};
    cr_assert_eq(PARSE(&o, &why, "-t", "0"), STATUS_OK);
    cr_expect_str_eq(options_text(&o, "output-file"), "-");
    cr_expect_not(options_given(&o, "output-file"));
    cr_expect(options_given(&o, "threads"));
    cr_expect_null(options_text(&o, "share"));
}

Test(options, wrong_usage_is_named) {
    const char *const wrong[][2] = {
        {"--nosuch", "--nosuch"},
        {"-z", "-z"},
        {"-t", "needs a value"},
        {"-tx", "not 'x'"},
        {"--share=nan", "not 'nan'"},
        {"-qx", "-qx"},
        {"--quiet=maybe", "maybe"},
        {"-t99999999999999999999", "whole number"},
        {"--output-file=", "--output-file takes FILE, not an empty value"},
        {"--share=", "--share takes X, not an empty value"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct options o;
        struct failure why = {0};
        cr_expect_neq(PARSE(&o, &why, wrong[i][0]), STATUS_OK, "%s", wrong[i][0]);
        cr_expect_not_null(strstr(why.text, wrong[i][1]), "%s: %s", wrong[i][0], why.text);
    }
}

Test(options, help_shows_what_is_not_hidden) {
    static char text[4096];
    FILE *out = fmemopen(text, sizeof text, "w");
    options_help(out, TABLE, sizeof TABLE / sizeof *TABLE);
    fclose(out);
    cr_expect_not_null(strstr(text, "  -o, --output-file FILE         where [-]\n"), "%s", text);
    cr_expect_null(strstr(text, "hidden"));
}

Test(options, long_help_is_wrapped_at_words) {
    static char text[4096], long_help[400];
    for (size_t i = 0; i + 9 < sizeof long_help; i += 8)
        memcpy(long_help + i, "letters ", 9);
    const struct option table[] = {{"name", NULL, 0, OPTION_TEXT, "X", "y", long_help}};
    FILE *out = fmemopen(text, sizeof text, "w");
    options_help(out, table, 1);
    fclose(out);
    size_t lines = 0;
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"), lines++)
        cr_expect(strlen(line) <= 100 && strncmp(line + 33, "letters", 7) == 0, "%s", line);
    cr_expect_eq(lines, 7);
}

Test(options, places_may_have_commas) {
    char place[16];
    cr_assert(options_place("a,b:1,234", place, sizeof place));
    cr_assert_str_eq(place, "a,b:1234");
    cr_assert(options_place("a,b", place, sizeof place));
    cr_assert_str_eq(place, "a,b");
    cr_assert(!options_place("a_long_name:1234", place, sizeof place));
}

Test(options, command_line_can_be_pasted) {
    struct text text = {0};
    struct failure why = {0};
    char *words[] = {"call", "-r", "HLA:A*01", "it's", "", "a=b", "two\nlines"};
    cr_assert_eq(options_command_line(&text, 7, words, &why), STATUS_OK);
    cr_expect_str_eq(text.bytes, "runnel call -r 'HLA:A*01' 'it'\\''s' '' a=b 'two lines'");
    text_free(&text);
}
