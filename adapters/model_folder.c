/* SPDX-License-Identifier: MIT
 *
 * One model of a folder, by names alone. */
#include "adapters/model_folder.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { NAME_TEXT = 256, LIST_TEXT = 512 };

static bool starts_with(const char *text, const char *start) {
    return strncmp(text, start, strlen(start)) == 0;
}

static int is_shown(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

static int is_network(const struct dirent *entry) {
    return starts_with(entry->d_name, "pileup.") || starts_with(entry->d_name, "full_alignment.");
}

static size_t scan(const char *folder, struct dirent ***entries,
                   int (*wanted)(const struct dirent *)) {
    int count = scandir(folder, entries, wanted, alphasort);
    if (count < 0)
        *entries = NULL;
    return count < 0 ? 0 : (size_t)count;
}

static void forget(struct dirent **entries, size_t count) {
    for (size_t e = 0; e < count; e++)
        free(entries[e]);
    free(entries);
}

bool model_folder_is(const char *path) {
    struct stat status;
    if (stat(path, &status) != 0 || !S_ISDIR(status.st_mode))
        return false;
    struct dirent **entries;
    size_t networks = scan(path, &entries, is_network);
    forget(entries, networks);
    return networks == 0;
}

/* Clair3's spelling of a basecaller's model; a name that is spelt so already stays. */
static void clair3_name(char out[NAME_TEXT], const char *name) {
    size_t length = 0;
    for (name += starts_with(name, "dna_") ? 4 : 0; *name && length + 1 < NAME_TEXT; name++)
        if (*name != '.')
            out[length++] = *name == '@' ? '_' : *name;
    out[length] = '\0';
}

/* An entry's name without the ending of a model's file. */
static void entry_name(char out[NAME_TEXT], const char *entry) {
    static const char *const endings[] = {".h5", ".weights", ".pt"};
    char stem[NAME_TEXT];
    snprintf(stem, sizeof stem, "%s", entry);
    for (size_t e = 0; e < sizeof endings / sizeof *endings; e++) {
        size_t length = strlen(stem), tail = strlen(endings[e]);
        if (length > tail && strcmp(stem + length - tail, endings[e]) == 0)
            stem[length - tail] = '\0';
    }
    clair3_name(out, stem);
}

static void add_name(char list[LIST_TEXT], const char *name) {
    size_t used = strlen(list);
    snprintf(list + used, LIST_TEXT - used, "%s%s", used ? ", " : "", name);
}

int model_folder_choose(const char *folder, const char *basecall_model, bool dwell, char *path,
                        size_t size, struct failure *why) {
    if (basecall_model == NULL)
        return fail(why, STATUS_BAD_INPUT,
                    "%s is a folder of models, and the read groups do not say which basecaller "
                    "made the reads (basecall_model= in DS); name one of its models",
                    folder);
    if (strchr(basecall_model, ',') != NULL)
        return fail(why, STATUS_BAD_INPUT,
                    "%s is a folder of models, and the read groups name more than one basecaller's "
                    "model (%s); name one of its models",
                    folder, basecall_model);
    char plain[NAME_TEXT], wanted[NAME_TEXT + 16], list[LIST_TEXT] = "", fitting[LIST_TEXT] = "";
    clair3_name(plain, basecall_model);
    snprintf(wanted, sizeof wanted, "%s%s", plain, dwell ? "_with_mv" : "");
    struct dirent **entries;
    size_t count = scan(folder, &entries, is_shown), fit = 0;
    for (size_t e = 0; e < count; e++) {
        char name[NAME_TEXT];
        entry_name(name, entries[e]->d_name);
        add_name(list, entries[e]->d_name);
        if (strcmp(name, wanted) != 0)
            continue;
        add_name(fitting, entries[e]->d_name);
        snprintf(path, size, "%s/%s", folder, entries[e]->d_name);
        fit++;
    }
    forget(entries, count);
    if (fit == 0)
        return fail(why, STATUS_BAD_INPUT,
                    "the reads were basecalled by %s, and %s has no model %s (it has %s); name the "
                    "model to use",
                    basecall_model, folder, wanted, count ? list : "nothing");
    if (fit > 1)
        return fail(why, STATUS_BAD_INPUT,
                    "the reads were basecalled by %s, and %s has more than one model for it (%s); "
                    "name the model to use",
                    basecall_model, folder, fitting);
    return STATUS_OK;
}
