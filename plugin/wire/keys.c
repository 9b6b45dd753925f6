/* SPDX-License-Identifier: MIT
 *
 * Key files as text. */
#include "plugin/wire/keys.h"

#include "adapters/curve.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEYS_MAX = 10000 };

static int write_file(const char *path, int mode, const char *text, struct failure *why) {
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (file < 0)
        return fail(why, STATUS_IO, "%s cannot be made: %s", path, strerror(errno));
    bool written = write(file, text, strlen(text)) == (ssize_t)strlen(text);
    if (close(file) == 0 && written)
        return STATUS_OK;
    unlink(path);
    return fail(why, STATUS_IO, "%s cannot be written", path);
}

int keys_make(const char *name, struct failure *why) {
    char public_key[SOCKET_KEY_SIZE], secret_key[SOCKET_KEY_SIZE], path[4096], text[512];
    if (curve_keypair(public_key, secret_key, why) != STATUS_OK)
        return why->code;
    snprintf(path, sizeof path, "%s.key", name);
    snprintf(text, sizeof text,
             "# a secret key of Runnel's wire: for its owner alone\n"
             "public %s\nsecret %s\n",
             public_key, secret_key);
    if (write_file(path, 0600, text, why) != STATUS_OK)
        return why->code;
    char public_path[4096];
    snprintf(public_path, sizeof public_path, "%s.pub", name);
    snprintf(text, sizeof text, "public %s\n", public_key);
    if (write_file(public_path, 0644, text, why) != STATUS_OK)
        unlink(path); /* no half pair */
    return why->code;
}

/* Calls `take` for each line "NAME KEY"; others but comments and empty ones fail. */
static int read_lines(const char *path, FILE *file,
                      int (*take)(void *with, const char *name, const char *key), void *with,
                      struct failure *why) {
    char line[256];
    int status = STATUS_OK;
    for (int number = 1; status == STATUS_OK && fgets(line, sizeof line, file) != NULL; number++) {
        line[strcspn(line, "\r\n")] = '\0'; /* a '#' may also be a letter of a key */
        if (line[0] == '#' || line[strspn(line, " \t")] == '\0')
            continue;
        char *blank = strchr(line, ' ');
        bool good = blank != NULL && curve_is_key(blank + 1, strlen(blank + 1));
        if (good) {
            *blank = '\0';
            good = take(with, line, blank + 1) == STATUS_OK;
        }
        if (!good)
            status =
                fail(why, STATUS_BAD_INPUT, "%s, line %d: no key of 40 characters", path, number);
    }
    return status;
}

static int take_own(void *with, const char *name, const char *key) {
    struct socket_keys *keys = with;
    if (strcmp(name, "public") == 0)
        memcpy(keys->public_key, key, SOCKET_KEY_SIZE);
    else if (strcmp(name, "secret") == 0)
        memcpy(keys->secret_key, key, SOCKET_KEY_SIZE);
    else
        return STATUS_BAD_INPUT;
    return STATUS_OK;
}

int keys_read(struct socket_keys *keys, const char *path, struct failure *why) {
    struct stat found;
    memset(keys, 0, sizeof *keys);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return fail(why, STATUS_IO, "%s cannot be opened: %s", path, strerror(errno));
    if (fstat(fileno(file), &found) != 0 || (found.st_mode & 077) != 0)
        fail(why, STATUS_BAD_INPUT, "%s can be read by others; chmod 600 it, or make a new key",
             path);
    else if (read_lines(path, file, take_own, keys, why) == STATUS_OK &&
             (keys->public_key[0] == '\0' || keys->secret_key[0] == '\0'))
        fail(why, STATUS_BAD_INPUT, "%s has no pair of keys; runnel keygen makes one", path);
    fclose(file);
    return why->code;
}

struct key_list {
    char (*keys)[SOCKET_KEY_SIZE];
    size_t count;
};

static int take_public(void *with, const char *name, const char *key) {
    struct key_list *list = with;
    if (strcmp(name, "public") != 0 || list->count == KEYS_MAX)
        return STATUS_BAD_INPUT;
    char(*keys)[SOCKET_KEY_SIZE] = realloc(list->keys, (list->count + 1) * sizeof *keys);
    if (keys == NULL)
        return STATUS_NO_MEMORY;
    list->keys = keys;
    memcpy(keys[list->count++], key, SOCKET_KEY_SIZE);
    return STATUS_OK;
}

int keys_read_list(char (**list)[SOCKET_KEY_SIZE], size_t *count, const char *path,
                   struct failure *why) {
    struct key_list found = {0};
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return fail(why, STATUS_IO, "%s cannot be opened: %s", path, strerror(errno));
    if (read_lines(path, file, take_public, &found, why) == STATUS_OK && found.count == 0)
        fail(why, STATUS_BAD_INPUT, "%s has no key", path);
    fclose(file);
    if (why->code != STATUS_OK) {
        free(found.keys);
        return why->code;
    }
    *list = found.keys;
    *count = found.count;
    return STATUS_OK;
}
