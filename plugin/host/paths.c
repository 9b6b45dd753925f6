/* SPDX-License-Identifier: MIT
 *
 * Search paths.  In a build tree the plugins stand in plugins/ and the models in models/ beside
 * the executable; installed, in ../LIB/runnel and ../SHARE/runnel/models. */
#include "plugin/host/paths.h"

#include "plugin/host/version.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

bool path_exists(const char *path) {
    return access(path, F_OK) == 0;
}

bool path_is_file(const char *path) {
    struct stat found;
    return stat(path, &found) == 0 && !S_ISDIR(found.st_mode);
}

bool paths_same_file(const char *one, const char *other) {
    struct stat a, b;
    return one && other && stat(one, &a) == 0 && stat(other, &b) == 0 && S_ISREG(a.st_mode) &&
           a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

int paths_keep_inputs(const char *output, const char *const *inputs, size_t count,
                      struct failure *why) {
    for (size_t i = 0; i < count; i++)
        if (paths_same_file(output, inputs[i]))
            return fail(why, STATUS_BAD_INPUT, "%s is an input and would be overwritten", output);
    return STATUS_OK;
}

/* Files are written beside their names and renamed, so it is their folder that counts. */
int paths_can_write(const char *path, struct failure *why) {
    struct stat found;
    char folder[PATH_TEXT_MAX];
    if (path == NULL || strcmp(path, "-") == 0)
        return STATUS_OK;
    bool exists = stat(path, &found) == 0;
    if (exists && S_ISDIR(found.st_mode))
        return fail(why, STATUS_IO, "%s cannot be written: it is a folder", path);
    snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash == NULL)
        snprintf(folder, sizeof folder, ".");
    else
        slash[slash == folder] = '\0';
    bool directly = exists && !S_ISREG(found.st_mode);
    return access(directly ? path : folder, W_OK) == 0
               ? STATUS_OK
               : fail(why, STATUS_IO, "%s cannot be written: %s", path, strerror(errno));
}

static size_t split(const char *list, char folders[PATHS_MAX][PATH_TEXT_MAX]) {
    size_t count = 0;
    while (list != NULL && *list != '\0' && count < PATHS_MAX - 2) {
        size_t length = strcspn(list, ":");
        if (length > 0 && length < PATH_TEXT_MAX) {
            memcpy(folders[count], list, length);
            folders[count++][length] = '\0';
        }
        list += length + (list[length] == ':');
    }
    return count;
}

/* The folder of the executable, as /proc tells it or, where that is not mounted, as it was started;
 * "." where neither does. */
static void own_folder(char folder[PATH_TEXT_MAX]) {
    ssize_t length = readlink("/proc/self/exe", folder, PATH_TEXT_MAX - 1);
    const char *started = (const char *)getauxval(AT_EXECFN);
    if (length > 0)
        folder[length] = '\0';
    else
        snprintf(folder, PATH_TEXT_MAX, "%s", started ? started : "");
    char *slash = strrchr(folder, '/');
    if (slash != NULL)
        *slash = '\0';
    else
        snprintf(folder, PATH_TEXT_MAX, ".");
}

static size_t folders_of(const char *variable, const char *beside, const char *installed,
                         char folders[PATHS_MAX][PATH_TEXT_MAX]) {
    char own[PATH_TEXT_MAX];
    size_t count = split(getenv(variable), folders);
    own_folder(own);
    snprintf(folders[count], PATH_TEXT_MAX, "%.*s/%s", PATH_TEXT_MAX - 64, own, beside);
    if (!path_exists(folders[count]))
        snprintf(folders[count], PATH_TEXT_MAX, "%.*s/%s", PATH_TEXT_MAX - 64, own, installed);
    return count + 1;
}

size_t plugin_folders(char folders[PATHS_MAX][PATH_TEXT_MAX]) {
    return folders_of("RUNNEL_PLUGIN_PATH", "plugins", RUNNEL_PLUGIN_FOLDER, folders);
}

size_t model_folders(char folders[PATHS_MAX][PATH_TEXT_MAX]) {
    return folders_of("RUNNEL_MODEL_PATH", "models", RUNNEL_MODEL_FOLDER, folders);
}
