/* SPDX-License-Identifier: MIT
 *
 * What stands on a terminal, or in a log, of a contig's name.  tests/plugin/progress.sh sees the
 * rest. */
#include "plugin/host/progress.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>

static const struct run_state STATE = {.contig = "a\033[31m", .position = 7, .calls = 3};

Test(progress, no_control_character_on_the_line_that_is_rewritten, .init = cr_redirect_stderr) {
    struct progress progress = {0};
    struct run_watch watch = progress_watch(&progress, false, true);
    progress.in_place = true; /* as on a terminal */
    watch.every_second(&STATE, watch.with);
    cr_assert_stderr_eq_str("\ra?[31m:7  0 reads/s  0 windows/s  3 calls");
}

Test(progress, no_control_character_in_a_log, .init = cr_redirect_stderr) {
    struct progress progress = {0};
    struct run_watch watch = progress_watch(&progress, false, true);
    for (int second = 0; second < 30; second++)
        watch.every_second(&STATE, watch.with);
    cr_assert_stderr_eq_str("runnel: a?[31m:7  0 reads/s  0 windows/s  3 calls\n");
}
