/* SPDX-License-Identifier: MIT */
#include "plugin/unnamed_file.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static size_t entries(const char *folder) {
    DIR *listing = opendir(folder);
    size_t count = 0;
    while (readdir(listing) != NULL)
        count++;
    closedir(listing);
    return count - 2; /* . and .. */
}

Test(unnamed_file, keeps_what_is_written_and_has_no_name) {
    char folder[] = "/tmp/runnel-test-XXXXXX", read[6] = "";
    struct failure why = {0};
    cr_assert_not_null(mkdtemp(folder));
    int file = unnamed_file(folder, &why);
    cr_assert_geq(file, 0, "%s", why.text);
    cr_expect_eq(entries(folder), 0);
    cr_expect_eq(unnamed_file_write(file, "later", 6, 100, &why), STATUS_OK);
    cr_expect_eq(unnamed_file_write(file, "first", 6, 0, &why), STATUS_OK);
    cr_expect_eq(unnamed_file_read(file, read, 6, 100, &why), STATUS_OK);
    cr_expect_str_eq(read, "later");
    cr_expect_eq(unnamed_file_read(file, read, 6, 0, &why), STATUS_OK);
    cr_expect_str_eq(read, "first");
    close(file);
    rmdir(folder);
}

Test(unnamed_file, failures_are_said) {
    struct failure why = {0};
    char byte;
    cr_expect_lt(unnamed_file("/tmp/no such folder", &why), 0);
    cr_expect(strstr(why.text, "/tmp/no such folder/runnel-reads-"), "%s", why.text);
    why = (struct failure){0};
    cr_expect_eq(unnamed_file_write(-1, "x", 1, 0, &why), STATUS_IO);
    cr_expect(strstr(why.text, "the temporary file of reads: "), "%s", why.text);
    why = (struct failure){0};
    cr_expect_eq(unnamed_file_read(-1, &byte, 1, 0, &why), STATUS_IO);
    setenv("TMPDIR", "/tmp/nor this one", 1);
    cr_expect_lt(unnamed_file(NULL, &why), 0);
}
