/* SPDX-License-Identifier: MIT
 *
 * Which model of a folder is taken for which basecaller, and that nothing is taken in doubt. */
#include "adapters/model_folder.h"
#include "tests/adapters/damaged.h"

#include <sys/stat.h>

#define SUP "dna_r10.4.1_e8.2_400bps_sup@v5.0.0"

static char folder[512];

static void make_folder(void) {
    snprintf(folder, sizeof folder, "%s", scratch_path("models"));
    cr_assert_eq(mkdir(folder, 0700), 0);
}

static void remove_folder(void) {
    char command[600];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    cr_assert_eq(system(command), 0);
}

static void add(const char *name, bool is_folder) {
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (is_folder)
        cr_assert_eq(mkdir(path, 0700), 0);
    else
        file_write(path, (struct file_bytes){(uint8_t *)"", 0});
}

static void chooses(const char *basecall_model, bool dwell, const char *expected) {
    struct failure why = {0};
    char path[1024], wanted[1024];
    snprintf(wanted, sizeof wanted, "%s/%s", folder, expected);
    cr_expect_eq(model_folder_choose(folder, basecall_model, dwell, path, sizeof path, &why),
                 STATUS_OK, "%s", why.text);
    cr_expect_str_eq(path, wanted);
}

static void refuses(const char *basecall_model, bool dwell, const char *pattern) {
    struct failure why = {0};
    char path[1024];
    cr_expect_neq(model_folder_choose(folder, basecall_model, dwell, path, sizeof path, &why),
                  STATUS_OK);
    cr_expect(strstr(why.text, pattern) && strstr(why.text, folder), "%s", why.text);
}

TestSuite(model_folder, .init = make_folder, .fini = remove_folder);

Test(model_folder, the_basecaller_names_the_model) {
    add("r1041_e82_400bps_sup_v500", true);
    add("r1041_e82_400bps_sup_v500_with_mv", true);
    add("r1041_e82_400bps_hac_v500.h5", false);
    add("dna_r10.4.1_e8.2_400bps_hac@v4.2.0.pt", false);
    chooses(SUP, false, "r1041_e82_400bps_sup_v500");
    chooses(SUP, true, "r1041_e82_400bps_sup_v500_with_mv");
    chooses("dna_r10.4.1_e8.2_400bps_hac@v5.0.0", false, "r1041_e82_400bps_hac_v500.h5");
    chooses("dna_r10.4.1_e8.2_400bps_hac@v4.2.0", false, "dna_r10.4.1_e8.2_400bps_hac@v4.2.0.pt");
}

Test(model_folder, none_or_more_than_one_is_refused_by_name) {
    add("r1041_e82_400bps_hac_v500", true);
    refuses(SUP, false, "no model r1041_e82_400bps_sup_v500 (it has r1041_e82_400bps_hac_v500)");
    refuses(SUP, false, SUP);
    refuses("dna_r10.4.1_e8.2_400bps_hac@v5.0.0", true,
            "no model r1041_e82_400bps_hac_v500_with_mv");
    add("r1041_e82_400bps_hac_v500.h5", false);
    refuses("dna_r10.4.1_e8.2_400bps_hac@v5.0.0", false,
            "more than one model for it (r1041_e82_400bps_hac_v500, r1041_e82_400bps_hac_v500.h5)");
}

Test(model_folder, reads_that_do_not_say_or_say_two_things_are_refused) {
    add("r1041_e82_400bps_sup_v500", true);
    refuses(NULL, false, "do not say which basecaller");
    refuses(SUP ",dna_r10.4.1_e8.2_400bps_hac@v5.0.0", false,
            "more than one basecaller's model (" SUP);
}

Test(model_folder, a_model_is_no_folder_of_models) {
    char path[1024];
    cr_expect(model_folder_is(folder));
    add("r1041_e82_400bps_sup_v500", true);
    cr_expect(model_folder_is(folder));
    add("pileup.pt", false);
    cr_expect(!model_folder_is(folder));
    snprintf(path, sizeof path, "%s/pileup.pt", folder);
    cr_expect(!model_folder_is(path));
    snprintf(path, sizeof path, "%s/nothing", folder);
    cr_expect(!model_folder_is(path));
}
