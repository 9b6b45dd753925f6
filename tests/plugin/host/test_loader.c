/* SPDX-License-Identifier: MIT
 *
 * A stage compiled against an older, smaller contract: what it lacks reads as zero, and it runs. */
#include "plugin/host/lanes.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#define OLD     BUILD_DIR "/test_plugins/old_abi.so"
#define NUMBERS BUILD_DIR "/test_plugins/numbers.so"

Test(loader, smaller_structs_are_filled_with_zero) {
    struct loaded_stage stage;
    struct failure why = {0};
    cr_assert_eq(loader_find(&stage, OLD ":old", &why), STATUS_OK, "%s", why.text);
    cr_expect_null(stage.stage.extension, "taken from behind the older struct");
    cr_expect_str_eq(stage.options[1].name, "second");
    cr_expect_str_eq(stage.options[1].default_value, "2");
    cr_expect_null(stage.options[1].help);
    loader_forget(&stage);
}

Test(loader, an_older_stage_runs) {
    struct failure why = {0};
    struct line *line = calloc(1, sizeof *line);
    struct books *books = calloc(1, sizeof *books);
    cr_assert_eq(line_parse(line, NUMBERS ":count ! " OLD ":old ! " NUMBERS ":sink", &why),
                 STATUS_OK);
    cr_assert_eq(line_check(line, &why), STATUS_OK, "%s", why.text);
    cr_assert_eq(line_run(line, NULL, books, &why), STATUS_OK, "%s", why.text);
    cr_expect_eq(books_total(&books->stages[2], "in"), 700);
    line_clear(line);
    free(line);
    free(books);
}
