/* SPDX-License-Identifier: MIT
 *
 * Where models are looked for. */
#include "plugin/host/model_search.h"

#include "plugin/runnel_plugin.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void remove_folder(const char *folder) {
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", folder);
    cr_expect_eq(system(command), 0);
}

/* A file of that name here, else the search path, else a folder or a checkpoint here. */
Test(model_search, what_is_no_file_of_that_name_comes_last_here) {
    char folder[] = "/tmp/runnel-test-XXXXXX", path[4096];
    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(chdir(folder), 0);
    mkdir("models", 0700);
    mkdir("ont", 0700);
    mkdir("mine", 0700);
    fclose(fopen("models/ont.h5", "w"));
    setenv("RUNNEL_MODEL_PATH", "models", 1);
    cr_expect_eq(models_find("ont", path, sizeof path), RUNNEL_OK);
    cr_expect_str_eq(path, "models/ont.h5");
    cr_expect_eq(models_find("mine", path, sizeof path), RUNNEL_OK);
    cr_expect_str_eq(path, "mine");
    fclose(fopen("pileup.index", "w"));
    cr_expect_eq(models_find("pileup", path, sizeof path), RUNNEL_OK, "a checkpoint's prefix");
    cr_expect_str_eq(path, "pileup");
    fclose(fopen("ont.index", "w"));
    cr_expect_eq(models_find("ont", path, sizeof path), RUNNEL_OK);
    cr_expect_str_eq(path, "models/ont.h5");
    fclose(fopen("ont.h5", "w"));
    cr_expect_eq(models_find("ont.h5", path, sizeof path), RUNNEL_OK);
    cr_expect_str_eq(path, "ont.h5");
    remove_folder(folder);
}

Test(model_search, names_are_found_on_the_path_in_order) {
    char folder[] = "/tmp/runnel-test-XXXXXX", first[64], second[64], list[256], path[4096];
    cr_assert_not_null(mkdtemp(folder));
    snprintf(first, sizeof first, "%s/a", folder);
    snprintf(second, sizeof second, "%s/b", folder);
    mkdir(first, 0700);
    mkdir(second, 0700);
    snprintf(path, sizeof path, "%s/m.h5", second);
    fclose(fopen(path, "w"));
    snprintf(path, sizeof path, "%s/folder_model", first);
    mkdir(path, 0700);
    snprintf(list, sizeof list, "%s:%s", first, second);
    setenv("RUNNEL_MODEL_PATH", list, 1);

    cr_expect_eq(models_find("m", path, sizeof path), RUNNEL_OK);
    cr_expect(strstr(path, "/b/m.h5") != NULL, "%s", path);
    cr_expect_eq(models_find("folder_model", path, sizeof path), RUNNEL_OK);
    cr_expect(strstr(path, "/a/folder_model") != NULL, "%s", path);
    cr_expect_eq(models_find("/some/path", path, sizeof path), RUNNEL_OK, "a path stays as it is");
    cr_expect_str_eq(path, "/some/path");
    cr_expect_eq(models_find("nosuch", path, sizeof path), RUNNEL_ERROR);
    cr_expect(strstr(path, first) && strstr(path, second), "%s", path);
    remove_folder(folder);
}
