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

bool path_is_regular(const char *path) {
    struct stat found;
    return stat(path, &found) == 0 && S_ISREG(found.st_mode);
}

/* Where a file of this name and ending stands or would be made, without links; NULL: nowhere. */
static char *place_of(const char *name, const char *ending) {
    char path[PATH_TEXT_MAX], folder[PATH_TEXT_MAX];
    snprintf(path, sizeof path, "%s%s", strcmp(name, "-") == 0 ? "/dev/stdout" : name, ending);
    char *place = realpath(path, NULL), *slash = strrchr(path, '/');
    if (place != NULL)
        return place;
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) + 1 : 1,
             slash ? path : ".");
    char *whole = realpath(folder, NULL);
    size_t size = whole ? strlen(whole) + strlen(path) + 2 : 0;
    if (whole != NULL && (place = malloc(size)) != NULL)
        snprintf(place, size, "%s/%s", whole, slash ? slash + 1 : path);
    free(whole);
    return place;
}

/* One file by two names, which may be hard links. */
static bool same_place(const char *one, const char *other) {
    struct stat a, b;
    return strcmp(one, other) == 0 || (stat(one, &a) == 0 && stat(other, &b) == 0 &&
                                       a.st_dev == b.st_dev && a.st_ino == b.st_ino);
}

/* Whether writing `output` would put it, or an index of it, in the place of `other` or its index.
 */
static bool meets(const char *output, const char *other) {
    static const char *const MADE[] = {"", ".tbi", ".csi"}, *const KNOWN[] = {
                                                                "",     ".tbi",    ".csi",
                                                                ".bai", ".crai",   ".fai",
                                                                ".gzi", ".counts", ".facts"};
    bool found = false;
    for (size_t m = 0; m < sizeof MADE / sizeof *MADE && !found; m++) {
        char *ours = place_of(output, MADE[m]);
        for (size_t k = 0; k < sizeof KNOWN / sizeof *KNOWN && !found; k++) {
            char *theirs = m == 0 || k == 0 ? place_of(other, KNOWN[k]) : NULL;
            found = ours != NULL && theirs != NULL && same_place(ours, theirs);
            free(theirs);
        }
        free(ours);
    }
    return found;
}

int paths_keep_apart(const char *const *outputs, size_t count, const char *const *inputs,
                     size_t input_count, struct failure *why) {
    for (size_t o = 0; o < count; o++) {
        for (size_t i = 0; outputs[o] && i < input_count; i++)
            if (inputs[i] && path_exists(inputs[i]) && meets(outputs[o], inputs[i]))
                return fail(why, STATUS_BAD_INPUT, "%s would overwrite the input %s or its index",
                            outputs[o], inputs[i]);
        for (size_t i = 0; outputs[o] && i < o; i++)
            if (outputs[i] && meets(outputs[o], outputs[i]))
                return fail(why, STATUS_BAD_INPUT,
                            "%s would overwrite another output, %s or its index", outputs[o],
                            outputs[i]);
    }
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
