/* SPDX-License-Identifier: MIT
 *
 * Addresses as ZeroMQ writes them: tcp://HOST:PORT and ipc://PATH. */
#include "plugin/wire/address.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool begins(const char *text, const char *with) {
    return strncmp(text, with, strlen(with)) == 0;
}

/* 127.a.b.c and nothing that only looks like it, such as a host called 127.example.org. */
static bool is_127(const char *host, size_t length) {
    size_t dots = 0;
    for (size_t i = 0; i < length; i++)
        if (host[i] == '.')
            dots++;
        else if (host[i] < '0' || host[i] > '9')
            return false;
    return dots == 3 && begins(host, "127.");
}

bool address_is_loopback(const char *address) {
    if (!begins(address, "tcp://"))
        return begins(address, "ipc://");
    const char *host = address + strlen("tcp://"), *colon = strrchr(host, ':');
    size_t length = colon ? (size_t)(colon - host) : strlen(host);
    return is_127(host, length) || (length == 9 && begins(host, "localhost")) ||
           (length == 5 && begins(host, "[::1]"));
}

/* The folder of a socket file is the lock on its door: the file itself is open to all. */
static int check_folder(const char *path, struct failure *why) {
    char folder[4096];
    struct stat found;
    const char *slash = strrchr(path, '/');
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
    if (folder[0] == '\0')
        snprintf(folder, sizeof folder, "/");
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return fail(why, STATUS_IO, "the folder %s cannot be made: %s", folder, strerror(errno));
    if (lstat(folder, &found) != 0 || !S_ISDIR(found.st_mode))
        return fail(why, STATUS_IO, "%s is no folder", folder);
    if (found.st_uid != geteuid() || (found.st_mode & 07777) != 0700)
        return fail(why, STATUS_BAD_INPUT,
                    "the folder %s of an ipc address must be yours alone (mode 0700): others could "
                    "reach the socket",
                    folder);
    return STATUS_OK;
}

int address_check(const char *address, bool bind, bool guarded, bool insecure,
                  struct failure *why) {
    if (begins(address, "ipc://"))
        return bind ? check_folder(address + strlen("ipc://"), why) : STATUS_OK;
    if (!begins(address, "tcp://") || strrchr(address, ':') == address + strlen("tcp"))
        return fail(why, STATUS_BAD_INPUT, "'%s' is no address; tcp://HOST:PORT or ipc://PATH is",
                    address);
    if (guarded || insecure || address_is_loopback(address))
        return STATUS_OK;
    return fail(
        why, STATUS_BAD_INPUT,
        "%s can be reached from other machines, and needs keys (runnel keygen) or --insecure",
        address);
}

int address_split(char **addresses, size_t *count, size_t most, const char *text,
                  struct failure *why) {
    *count = 0;
    for (const char *at = text; *at != '\0';) {
        size_t length = strcspn(at, ",");
        if (length == 0 || *count == most)
            return fail(why, STATUS_BAD_INPUT, "'%s' is no list of 1 to %zu addresses", text, most);
        if ((addresses[*count] = strndup(at, length)) == NULL)
            return fail(why, STATUS_NO_MEMORY, "out of memory for addresses");
        ++*count;
        at += length + (at[length] == ',');
    }
    return *count > 0 ? STATUS_OK
                      : fail(why, STATUS_BAD_INPUT, "the address of a service is missing");
}
