/* SPDX-License-Identifier: MIT
 *
 * A model is a path, or the name of a file NAME.h5 (or a folder NAME) on the search path.  A folder
 * of the present one comes last, with TensorFlow's checkpoints, which are called by what the names
 * of their files begin with: people keep their reads in a folder called `ont`, too. */
#include "plugin/host/model_search.h"

#include "plugin/host/paths.h"
#include "plugin/runnel_plugin.h"

#include <stdio.h>
#include <string.h>

int models_find(const char *name, char *path, size_t size) {
    if (strchr(name, '/') || path_is_file(name)) {
        snprintf(path, size, "%s", name);
        return RUNNEL_OK;
    }
    char folders[PATHS_MAX][PATH_TEXT_MAX], tried[PATH_TEXT_MAX] = "";
    size_t count = model_folders(folders);
    for (size_t i = 0; i < count; i++) {
        const char *const endings[] = {".h5", ""};
        for (size_t e = 0; e < 2; e++) {
            int length = snprintf(path, size, "%s/%s%s", folders[i], name, endings[e]);
            if (length > 0 && (size_t)length < size && path_exists(path))
                return RUNNEL_OK;
        }
        size_t used = strlen(tried);
        snprintf(tried + used, sizeof tried - used, "%s%s", used ? ", " : "", folders[i]);
    }
    snprintf(path, size, "%s.index", name);
    if (path_exists(name) || path_exists(path)) {
        snprintf(path, size, "%s", name);
        return RUNNEL_OK;
    }
    snprintf(path, size,
             "there is no model '%s': looked for %s.h5 in %.*s "
             "(RUNNEL_MODEL_PATH adds folders)",
             name, name, 2048, tried);
    return RUNNEL_ERROR;
}
