/* SPDX-License-Identifier: MIT
 *
 * What a name of somebody else's may do to a terminal: nothing. */
#include "plugin/host/say.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>

Test(say, no_control_character_gets_out, .init = cr_redirect_stderr) {
    say("runnel: %s, %d", "a\033[31mb\tc\nd\x7f \xc2\x9b \xc3\xa9", 7);
    cr_assert_stderr_eq_str("runnel: a?[31mb?c?d? ?? \xc3\xa9, 7\n");
}
