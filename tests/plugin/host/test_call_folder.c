/* SPDX-License-Identifier: MIT
 *
 * The temporary folder of a call: where it is made, and that nothing of it stays. */
#include "plugin/host/call_folder.h"

#include "plugin/host/paths.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

Test(call_folder, is_made_in_tmpdir_or_beside_the_output_and_removed) {
    char base[] = "/tmp/runnel-test-XXXXXX", output[128], folder[256], file[512];
    struct failure why = {0};
    cr_assert_not_null(mkdtemp(base));
    snprintf(output, sizeof output, "%s/out.vcf", base);
    for (int where = 0; where < 2; where++) {
        if (where == 0)
            unsetenv("TMPDIR");
        else
            setenv("TMPDIR", base, 1);
        cr_assert_eq(call_folder_make(folder, sizeof folder, where == 0 ? output : "-", &why),
                     STATUS_OK, "%s", why.text);
        cr_expect(strncmp(folder, base, strlen(base)) == 0, "%s", folder);
        snprintf(file, sizeof file, "%s/calls.vcf.gz", folder);
        fclose(fopen(file, "w"));
        snprintf(file, sizeof file, "%s", folder);
        call_folder_remove(folder);
        cr_expect_str_eq(folder, "");
        cr_expect_not(path_exists(file));
        call_folder_remove(folder);
    }
    setenv("TMPDIR", "/nosuch", 1);
    cr_expect_neq(call_folder_make(folder, sizeof folder, "-", &why), STATUS_OK);
    cr_expect_str_eq(folder, "");
    cr_expect(strstr(why.text, "/nosuch/runnel-") && strstr(why.text, "TMPDIR"), "%s", why.text);
    rmdir(base);
}
