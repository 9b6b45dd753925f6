/* SPDX-License-Identifier: MIT
 *
 * dlopen and the checks that a shared object must pass before anything of it is called. */
#include "plugin/host/loader.h"

#include "plugin/host/paths.h"

#include <dirent.h>
#include <dlfcn.h>
#include <elf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef const struct runnel_plugin *entry_function(void);

/* Copies a struct that starts with the size its writer knew. */
static void copy_sized(void *to, size_t size, const void *from) {
    uint32_t theirs;
    memcpy(&theirs, from, sizeof theirs);
    memset(to, 0, size);
    memcpy(to, from, theirs < size ? theirs : size);
}

static int take_stage(struct loaded_stage *out, const struct runnel_stage *theirs, const char *file,
                      struct failure *why) {
    copy_sized(&out->stage, sizeof out->stage, theirs);
    struct runnel_stage *stage = &out->stage;
    if (stage->abi_version != RUNNEL_ABI_VERSION)
        return fail(why, STATUS_UNSUPPORTED,
                    "%s: a stage of plugin ABI version %u, this host speaks %u; rebuild it", file,
                    stage->abi_version, RUNNEL_ABI_VERSION);
    if (!stage->id || !stage->init || !stage->process || !stage->finish || !stage->destroy)
        return fail(why, STATUS_BAD_INPUT, "%s: stage '%s' lacks a hook", file,
                    stage->id ? stage->id : "?");
    if (stage->option_count > STAGE_OPTIONS_MAX)
        return fail(why, STATUS_UNSUPPORTED, "%s: stage '%s' has more than %d options", file,
                    stage->id, STAGE_OPTIONS_MAX);
    size_t size =
        stage->option_size < sizeof out->options[0] ? stage->option_size : sizeof out->options[0];
    memset(out->options, 0, sizeof out->options);
    for (size_t i = 0; i < stage->option_count; i++)
        memcpy(&out->options[i], (const char *)stage->options + i * stage->option_size, size);
    stage->options = out->options;
    stage->option_size = sizeof out->options[0];
    stage->version = stage->version ? stage->version : "";
    stage->help = stage->help ? stage->help : "";
    if ((out->file = strdup(file)) == NULL)
        return fail(why, STATUS_NO_MEMORY, "out of memory");
    return STATUS_OK;
}

/* dlopen maps what the headers promise and dies on a file that is shorter, so it is looked at
 * first.  Whatever else is wrong with a file dlopen says itself. */
static bool is_cut_short(const char *file) {
    Elf64_Ehdr header;
    struct stat found;
    FILE *stream = fopen(file, "rb");
    bool is_elf = stream != NULL && fread(&header, sizeof header, 1, stream) == 1 &&
                  memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 &&
                  header.e_ident[EI_CLASS] == ELFCLASS64;
    bool cut =
        is_elf && fstat(fileno(stream), &found) == 0 &&
        (uint64_t)found.st_size < header.e_shoff + (uint64_t)header.e_shnum * header.e_shentsize;
    if (stream != NULL)
        fclose(stream);
    return cut;
}

/* The plugin's table, or NULL with a sentence. */
static const struct runnel_plugin *open_plugin(const char *file, struct failure *why) {
    if (is_cut_short(file)) {
        fail(why, STATUS_BAD_INPUT, "%s cannot be loaded: the file is cut short", file);
        return NULL;
    }
    void *object = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (object == NULL) {
        fail(why, STATUS_IO, "%s cannot be loaded: %s", file, dlerror());
        return NULL;
    }
    entry_function *entry;
    *(void **)&entry = dlsym(object, "runnel_plugin_entry");
    const struct runnel_plugin *plugin = entry ? entry() : NULL;
    if (plugin == NULL) {
        fail(why, STATUS_BAD_INPUT, "%s is no Runnel plugin: it has no runnel_plugin_entry", file);
        return NULL;
    }
    if (plugin->abi_version != RUNNEL_ABI_VERSION) {
        fail(why, STATUS_UNSUPPORTED,
             "%s: a plugin of ABI version %u, this host speaks %u; rebuild it", file,
             plugin->abi_version, RUNNEL_ABI_VERSION);
        return NULL;
    }
    return plugin;
}

static int from_file(struct loaded_stage *out, const char *file, const char *id,
                     struct failure *why) {
    const struct runnel_plugin *plugin = open_plugin(file, why);
    if (plugin == NULL)
        return why->code;
    for (size_t i = 0; i < plugin->stage_count; i++)
        if (id == NULL ? plugin->stage_count == 1 : strcmp(plugin->stages[i]->id, id) == 0)
            return take_stage(out, plugin->stages[i], file, why);
    if (id == NULL)
        return fail(why, STATUS_BAD_INPUT, "%s holds %zu stages; say which as %s:ID", file,
                    plugin->stage_count, file);
    return fail(why, STATUS_BAD_INPUT, "%s has no stage '%s'", file, id);
}

static bool is_plugin_name(const char *name) {
    size_t length = strlen(name);
    return length > 3 && strcmp(name + length - 3, ".so") == 0;
}

int loader_find(struct loaded_stage *out, const char *word, struct failure *why) {
    memset(out, 0, sizeof *out);
    const char *so = strstr(word, ".so:");
    if (so != NULL) {
        char file[PATH_TEXT_MAX];
        snprintf(file, sizeof file, "%.*s", (int)(so + 3 - word), word);
        return from_file(out, file, so + 4, why);
    }
    if (strchr(word, '/') || is_plugin_name(word)) {
        char file[PATH_TEXT_MAX]; /* dlopen looks elsewhere for a name without a '/' */
        snprintf(file, sizeof file, "%s%s", strchr(word, '/') ? "" : "./", word);
        return from_file(out, file, NULL, why);
    }
    char folders[PATHS_MAX][PATH_TEXT_MAX], tried[FAILURE_TEXT_MAX / 2] = "";
    size_t count = plugin_folders(folders);
    for (size_t i = 0; i < count; i++) {
        char file[PATH_TEXT_MAX + 128];
        snprintf(file, sizeof file, "%s/runnel_%s.so", folders[i], word);
        if (path_exists(file))
            return from_file(out, file, word, why);
        size_t used = strlen(tried);
        snprintf(tried + used, sizeof tried - used, "%s%s", used ? ", " : "", folders[i]);
    }
    return fail(why, STATUS_BAD_INPUT,
                "there is no stage '%s': looked for runnel_%s.so in %s "
                "(RUNNEL_PLUGIN_PATH adds folders)",
                word, word, tried);
}

void loader_forget(struct loaded_stage *stage) {
    free(stage->file);
    stage->file = NULL;
}

static void each_in_file(const char *file, void (*each)(const struct loaded_stage *, void *),
                         void (*broken)(const char *, void *), void *with) {
    struct failure why = {0};
    const struct runnel_plugin *plugin = open_plugin(file, &why);
    for (size_t i = 0; plugin && i < plugin->stage_count; i++) {
        struct loaded_stage stage = {0};
        if (take_stage(&stage, plugin->stages[i], file, &why) == STATUS_OK)
            each(&stage, with);
        loader_forget(&stage);
    }
    if (why.code != STATUS_OK)
        broken(why.text, with);
}

static int stage_files(const struct dirent *entry) {
    return strncmp(entry->d_name, "runnel_", 7) == 0 && is_plugin_name(entry->d_name);
}

void loader_each(void (*each)(const struct loaded_stage *stage, void *with),
                 void (*broken)(const char *sentence, void *with), void *with) {
    char folders[PATHS_MAX][PATH_TEXT_MAX];
    size_t count = plugin_folders(folders);
    for (size_t i = 0; i < count; i++) {
        struct dirent **names;
        int found = scandir(folders[i], &names, stage_files, alphasort);
        for (int n = 0; n < found; n++) {
            char file[PATH_TEXT_MAX + 300];
            snprintf(file, sizeof file, "%s/%s", folders[i], names[n]->d_name);
            each_in_file(file, each, broken, with);
            free(names[n]);
        }
        if (found >= 0)
            free(names);
    }
}
