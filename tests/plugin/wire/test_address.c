/* SPDX-License-Identifier: MIT */
#include "plugin/wire/address.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

Test(address, loopback_is_told_from_what_looks_like_it) {
    static const char *const OURS[] = {"tcp://127.0.0.1:5", "tcp://127.9.8.7:*",
                                       "tcp://localhost:80", "tcp://[::1]:80", "ipc:///tmp/x/y"};
    static const char *const NOT[] = {"tcp://*:5",          "tcp://0.0.0.0:5",
                                      "tcp://10.0.0.1:5",   "tcp://127.example.org:5",
                                      "tcp://1127.0.0.1:5", "tcp://localhost.example.org:5",
                                      "tcp://[::]:5",       "tcp://127.0.0.1.evil:5",
                                      "tcp://eth0:5",       "udp://127.0.0.1:5"};
    for (size_t i = 0; i < sizeof OURS / sizeof *OURS; i++)
        cr_expect(address_is_loopback(OURS[i]), "%s", OURS[i]);
    for (size_t i = 0; i < sizeof NOT / sizeof *NOT; i++)
        cr_expect_not(address_is_loopback(NOT[i]), "%s", NOT[i]);
}

Test(address, others_need_keys_or_a_word) {
    struct failure why = {0};
    cr_expect_neq(address_check("tcp://*:5555", true, false, false, &why), STATUS_OK);
    cr_expect_not_null(strstr(why.text, "needs keys (runnel keygen) or --insecure"), "%s",
                       why.text);
    cr_expect_neq(address_check("tcp://10.0.0.1:5", false, false, false, NULL), STATUS_OK);
    cr_expect_eq(address_check("tcp://*:5555", true, true, false, NULL), STATUS_OK);
    cr_expect_eq(address_check("tcp://*:5555", true, false, true, NULL), STATUS_OK);
    cr_expect_eq(address_check("tcp://127.0.0.1:5", true, false, false, NULL), STATUS_OK);
    cr_expect_neq(address_check("inproc://x", true, true, true, NULL), STATUS_OK);
    cr_expect_neq(address_check("tcp://host", true, true, true, NULL), STATUS_OK);
}

Test(address, the_folder_of_ipc_is_ours_alone) {
    char folder[] = "/tmp/address-XXXXXX", address[64], inner[32];
    struct stat found;
    cr_assert_not_null(mkdtemp(folder));
    snprintf(address, sizeof address, "ipc://%s/socket", folder);
    cr_expect_eq(address_check(address, true, false, false, NULL), STATUS_OK);
    chmod(folder, 0711);
    cr_expect_neq(address_check(address, true, false, true, NULL), STATUS_OK);
    cr_expect_eq(address_check(address, false, false, false, NULL), STATUS_OK,
                 "to connect is fine");
    snprintf(inner, sizeof inner, "%s/new", folder);
    snprintf(address, sizeof address, "ipc://%s/socket", inner);
    umask(0);
    cr_expect_eq(address_check(address, true, false, false, NULL), STATUS_OK);
    cr_expect(stat(inner, &found) == 0 && (found.st_mode & 0777) == 0700, "made as 0700");
    rmdir(inner);
    rmdir(folder);
}

Test(address, lists_are_split) {
    char *addresses[2] = {NULL, NULL};
    size_t count;
    cr_assert_eq(address_split(addresses, &count, 2, "tcp://a:1,ipc://b", NULL), STATUS_OK);
    cr_expect_eq(count, 2);
    cr_expect_str_eq(addresses[0], "tcp://a:1");
    cr_expect_str_eq(addresses[1], "ipc://b");
    free(addresses[0]);
    free(addresses[1]);
    static const char *const WRONG[] = {"", ",", ",tcp://a:1", "a,b,c"};
    for (size_t i = 0; i < 4; i++) {
        cr_expect_neq(address_split(addresses, &count, 2, WRONG[i], NULL), STATUS_OK, "%s",
                      WRONG[i]);
        while (count > 0)
            free(addresses[--count]);
    }
}
