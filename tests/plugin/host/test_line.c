/* SPDX-License-Identifier: MIT
 *
 * Reading lines: words, quotes, settings, and what is refused before anything runs. */
#include "plugin/host/line.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdlib.h>
#include <string.h>

#define NUMBERS BUILD_DIR "/test_plugins/numbers.so"
#define WRONG   BUILD_DIR "/test_plugins/wrong.so"
#define OLD     BUILD_DIR "/test_plugins/old_abi.so"

Test(line, words_and_quotes) {
    struct failure why = {0};
    struct line *line = calloc(1, sizeof *line);
    cr_assert_eq(
        line_parse(line, NUMBERS ":count 12 rows=3 ! " WRONG " 'a b!' ! " WRONG " how=\"x'y\\\"\"",
                   &why),
        STATUS_OK, "%s", why.text);
    cr_assert_eq(line->count, 3);
    cr_expect_str_eq(line->steps[0].values[0], "12");
    cr_expect_str_eq(line->steps[0].values[1], "3");
    cr_expect_str_eq(line->steps[1].values[0], "a b!");
    cr_expect_str_eq(line->steps[2].values[0], "x'y\"");
    line_clear(line);
    free(line);
}

struct refused {
    char text[400];
    char part[120];
};

ParameterizedTestParameters(line, refused_before_running) {
    static struct refused lines[] = {
        {"", "the line is empty"},
        {"! " NUMBERS ":sink", "'!' without a stage before it"},
        {NUMBERS ":count ! ", "ends in a '!'"},
        {NUMBERS ":count ! ! " NUMBERS ":sink", "'!' without a stage before it"},
        {NUMBERS ":count 'unended", "without its end"},
        {NUMBERS, " stages; say which"},
        {NUMBERS ":nosuch", "has no stage 'nosuch'"},
        {"nosuch", "there is no stage 'nosuch': looked for runnel_nosuch.so in "},
        {"/nowhere/x.so", "/nowhere/x.so cannot be loaded"},
        {NUMBERS ":count batches=many", "batches takes a whole number, not 'many'"},
        {NUMBERS ":count batches=1 batches=2", "stage count: batches is given twice, '1' and '2'"},
        {NUMBERS ":count 1 batches=2", "batches is given twice"},
        {NUMBERS ":count bathces=1", "has no option 'bathces'"},
        {NUMBERS ":sink", "must begin with a source"},
        {NUMBERS ":count ! " NUMBERS ":count", "is a source and can only stand first"},
        {NUMBERS ":count ! " WRONG, "stage wrong needs how (which rule to break)"},
        {NUMBERS ":count ! " OLD ":future", "a stage of plugin ABI version 7, this host speaks 1"},
        {NUMBERS ":count ! " OLD ":hookless", "stage 'hookless' lacks a hook"},
        {NUMBERS ":count ! vcf x.vcf", "takes runnel.calls/1, which no stage before it gives"},
    };
    return cr_make_param_array(struct refused, lines, sizeof lines / sizeof *lines);
}

ParameterizedTest(struct refused *row, line, refused_before_running) {
    struct failure why = {0};
    struct line *line = calloc(1, sizeof *line);
    setenv("RUNNEL_PLUGIN_PATH", BUILD_DIR "/plugins", 1);
    int status = line_parse(line, row->text, &why);
    if (status == STATUS_OK)
        status = line_check(line, &why);
    cr_expect_neq(status, STATUS_OK, "%s", row->text);
    cr_expect_not_null(strstr(why.text, row->part), "%s: %s", row->text, why.text);
    const char *const of_files[] = {"stages; say", "nosuch'", "/nowhere", "a stage of",
                                    "lacks a hook"};
    bool misused = true;
    for (size_t i = 0; i < sizeof of_files / sizeof *of_files; i++)
        misused &= strstr(row->part, of_files[i]) == NULL;
    cr_expect_eq(line->misused, misused, "%s", row->text);
    line_clear(line);
    free(line);
}
