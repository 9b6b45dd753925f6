/* SPDX-License-Identifier: MIT
 *
 * Texts and numbers that are written are read again, and what is absent is said to be. */
#include "adapters/hdf5_values.h"

#include "tests/adapters/damaged.h"

#include <hdf5.h>

Test(hdf5_values, attributes_come_back) {
    const char *path = scratch_path("values.h5");
    hdf5_quiet();
    int64_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    char text[16];
    int64_t number = 0;
    cr_expect_eq(hdf5_put_text(file, "t", "some text", NULL), STATUS_OK);
    cr_expect_eq(hdf5_put_text(file, "none", "", NULL), STATUS_OK);
    cr_expect_eq(hdf5_put_integer(file, "n", -5, NULL), STATUS_OK);
    cr_expect(hdf5_get_text(file, ".", "t", text, sizeof text));
    cr_expect_str_eq(text, "some text");
    cr_expect(hdf5_get_text(file, ".", "t", text, 5));
    cr_expect_str_eq(text, "some");
    cr_expect(hdf5_get_text(file, ".", "none", text, sizeof text));
    cr_expect_str_eq(text, "");
    cr_expect(hdf5_get_integer(file, ".", "n", &number));
    cr_expect_eq(number, -5);
    cr_expect(!hdf5_get_text(file, ".", "n", text, sizeof text));
    cr_expect(!hdf5_get_integer(file, ".", "t", &number));
    cr_expect(!hdf5_get_integer(file, "no/such/group", "n", &number));
    cr_expect(!hdf5_has(file, "no/such/group"));
    struct array array;
    struct failure why = {0};
    cr_expect_neq(hdf5_read_array(file, "no/such/array", &array, &why), STATUS_OK);
    cr_expect(strstr(why.text, "no/such/array") != NULL);
    hdf5_close(file);
    unlink(path);
}

Test(hdf5_values, no_hdf5_file) {
    struct failure why = {0};
    cr_expect_lt(hdf5_open(__FILE__, &why), 0);
    cr_expect(why.text[0] != '\0');
    hdf5_close(-1);
}
