/* SPDX-License-Identifier: MIT
 *
 * Finds stages in shared objects.  A word on a line is a stage's id, looked for in the plugins
 * that came with Runnel and in the folders of RUNNEL_PLUGIN_PATH (before ours), or the path of a
 * shared object (it has a '/' or ends in ".so"), then with ":ID" behind it where the object
 * holds several stages. */
#ifndef PLUGIN_HOST_LOADER_H
#define PLUGIN_HOST_LOADER_H

#include "core/status.h"
#include "plugin/runnel_plugin.h"

enum { STAGE_OPTIONS_MAX = 64 };

/* A stage as we know the struct: what an older plugin lacks is zero, what a newer one has more
 * is cut. */
struct loaded_stage {
    struct runnel_stage stage;
    struct runnel_option options[STAGE_OPTIONS_MAX];
    char *file; /* path of the shared object */
};

/* Loads the stage that `word` names.  Plugins stay loaded until the process ends. */
int loader_find(struct loaded_stage *out, const char *word, struct failure *why);
void loader_forget(struct loaded_stage *stage);

/* Calls `each` for every stage of every plugin that can be found; a plugin that cannot be loaded
 * is reported through `broken` with a sentence. */
void loader_each(void (*each)(const struct loaded_stage *stage, void *with),
                 void (*broken)(const char *sentence, void *with), void *with);

#endif
