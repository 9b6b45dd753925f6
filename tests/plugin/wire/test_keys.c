/* SPDX-License-Identifier: MIT */
#include "plugin/wire/keys.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct failure ignored;
static char folder[] = "/tmp/keys-XXXXXX";

static void begin(void) {
    cr_assert(mkdtemp(folder) != NULL && chdir(folder) == 0);
}

static void end(void) {
    static const char *const FILES[] = {"a.key", "a.pub", "b.key", "b.pub", "list"};
    for (size_t i = 0; i < 5; i++)
        unlink(FILES[i]);
    rmdir(folder);
}

TestSuite(keys, .init = begin, .fini = end);

Test(keys, a_pair_is_made_and_read) {
    struct socket_keys keys;
    struct stat found;
    char(*list)[SOCKET_KEY_SIZE] = NULL;
    size_t count;
    struct failure why = {0};
    cr_assert_eq(keys_make("a", &why), STATUS_OK, "%s", why.text);
    cr_expect(stat("a.key", &found) == 0 && (found.st_mode & 0777) == 0600);
    cr_assert_eq(keys_read(&keys, "a.key", &why), STATUS_OK, "%s", why.text);
    cr_assert_eq(keys_read_list(&list, &count, "a.pub", &why), STATUS_OK, "%s", why.text);
    cr_expect(count == 1 && strcmp(list[0], keys.public_key) == 0);
    cr_expect_neq(strcmp(keys.public_key, keys.secret_key), 0);
    free(list);
}

Test(keys, a_pair_is_not_overwritten) {
    struct socket_keys before, after;
    struct failure why = {0};
    cr_assert_eq(keys_make("a", &ignored), STATUS_OK);
    keys_read(&before, "a.key", &ignored);
    cr_expect_eq(keys_make("a", &why), STATUS_IO);
    keys_read(&after, "a.key", &ignored);
    cr_expect_str_eq(before.secret_key, after.secret_key);
    unlink("a.key");
    why = (struct failure){0};
    cr_expect_eq(keys_make("a", &why), STATUS_IO);
    cr_expect_neq(access("a.key", F_OK), 0, "no half pair is left");
}

Test(keys, a_secret_that_others_can_read_is_refused) {
    struct socket_keys keys;
    struct failure why = {0};
    keys_make("a", &ignored);
    chmod("a.key", 0640);
    cr_expect_eq(keys_read(&keys, "a.key", &why), STATUS_BAD_INPUT);
    cr_expect_not_null(strstr(why.text, "can be read by others"));
}

Test(keys, many_public_keys_make_a_list) {
    char(*list)[SOCKET_KEY_SIZE] = NULL;
    size_t count;
    keys_make("a", &ignored);
    keys_make("b", &ignored);
    cr_assert_eq(system("(echo '# who may come'; cat a.pub; echo; cat b.pub) > list"), 0);
    cr_assert_eq(keys_read_list(&list, &count, "list", &ignored), STATUS_OK);
    cr_expect_eq(count, 2);
    free(list);
}

Test(keys, what_is_no_key_is_refused_with_its_line) {
    struct failure why = {0};
    char(*list)[SOCKET_KEY_SIZE] = NULL;
    size_t count;
    cr_assert_eq(system("printf 'public too-short\n' > list"), 0);
    cr_expect_eq(keys_read_list(&list, &count, "list", &why), STATUS_BAD_INPUT);
    cr_expect_str_eq(why.text, "list, line 1: no key of 40 characters");
    why = (struct failure){0};
    keys_make("a", &ignored);
    cr_expect_eq(keys_read_list(&list, &count, "a.key", &why), STATUS_BAD_INPUT,
                 "a secret is no public key");
    why = (struct failure){0};
    cr_assert_eq(system(": > list"), 0);
    cr_expect_eq(keys_read_list(&list, &count, "list", &why), STATUS_BAD_INPUT);
    cr_expect_str_eq(why.text, "list has no key");
}
