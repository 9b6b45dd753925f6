/* SPDX-License-Identifier: MIT
 *
 * The folder adapter.  The one idea: an event only says which name to look at; what is true then is
 * asked of the file.  Whether somebody writes to it tells a lease, which the system refuses to give
 * as long as the file is open for writing. */
#define _GNU_SOURCE
#include "adapters/folder_watch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { QUIET_SECONDS = 10, SCAN_SECONDS = 10 };

enum { EVENTS = IN_CREATE | IN_MODIFY | IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE };

struct watched_folder {
    char *path;
    int number; /* of its watch; -1: the system has no more, and only scans see what comes */
};

struct folder_watch {
    char *path;
    int events;
    time_t scanned;
    size_t folder_count, folder_room;
    struct watched_folder *folders; /* the folder itself is the first */
    size_t count, room;
    struct folder_file *files;
    int64_t lost;
};

/* The list with room for one item more, moved or not; NULL: no memory for it. */
static void *reserve(void *list, size_t *room, size_t count, size_t size) {
    if (count < *room)
        return list;
    size_t more = 2 * *room + 16;
    void *larger = realloc(list, more * size);
    if (larger != NULL)
        *room = more;
    return larger;
}

/* ---- one file ------------------------------------------------------------------------------ */

static bool ends_in(const char *name, const char *ending) {
    size_t length = strlen(name), size = strlen(ending);
    return length > size && strcmp(name + length - size, ending) == 0;
}

static bool is_fastq(const char *name) {
    return ends_in(name, ".fastq") || ends_in(name, ".fq") || ends_in(name, ".fastq.gz") ||
           ends_in(name, ".fq.gz");
}

static bool is_wanted(const char *name) {
    return name[0] != '.' && (is_fastq(name) || ends_in(name, ".bam") || ends_in(name, ".sam") ||
                              ends_in(name, ".cram"));
}

/* Its size, and whether it is complete.  `closed`: an event says that it was closed, or has a new
 * name. */
static void measure(struct folder_file *entry, bool closed) {
    struct stat now;
    int file = open(entry->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return;
    fcntl(file, F_SETSIG, SIGURG); /* who opens it meanwhile: a signal that nobody minds */
    bool given = fcntl(file, F_SETLEASE, F_RDLCK) == 0;
    bool written = !given && errno == EAGAIN;
    if (fstat(file, &now) == 0) {
        bool quiet = time(NULL) - now.st_mtime >= QUIET_SECONDS;
        entry->size = now.st_size;
        entry->complete = given || (!written && (closed || quiet));
    }
    if (given)
        fcntl(file, F_SETLEASE, F_UNLCK);
    close(file);
}

static struct folder_file *add(struct folder_watch *watch, const char *path, const struct stat *now,
                               int64_t begin, struct failure *why) {
    struct folder_file *files = reserve(watch->files, &watch->room, watch->count, sizeof *files);
    watch->files = files ? files : watch->files;
    char *copy = files ? strdup(path) : NULL;
    if (copy == NULL) {
        fail(why, STATUS_NO_MEMORY, "%s: out of memory for a file of the folder", path);
        return NULL;
    }
    struct folder_file *file = &watch->files[watch->count++];
    *file = (struct folder_file){.path = copy,
                                 .begin = begin,
                                 .device = now->st_dev,
                                 .inode = now->st_ino,
                                 .size = now->st_size};
    return file;
}

static const char *base_of(const char *path) {
    return strrchr(path, '/') + 1;
}

static bool has_path(const struct folder_file *file, const char *path) {
    return strcmp(base_of(file->path), base_of(path)) == 0 && strcmp(file->path, path) == 0;
}

/* The last entry of this very file, or else of one with this path and size; NULL: it is new.  What
 * had its path before is no more, so that its inode may come again. */
static struct folder_file *find(struct folder_watch *watch, const char *path,
                                const struct stat *now) {
    struct folder_file *file, *same = NULL, *alike = NULL;
    for (size_t i = 0; i < watch->count; i++) {
        file = &watch->files[i];
        if (file->device == now->st_dev && file->inode == now->st_ino) {
            same = file;
        } else if (has_path(file, path)) {
            file->inode = 0;
            if (file->complete && file->size == now->st_size)
                alike = file;
        }
    }
    if (same == NULL && alike != NULL)
        alike->inode = now->st_ino;
    return same ? same : alike;
}

static int look_at(struct folder_watch *watch, const char *path, bool closed, struct failure *why) {
    const char *name = base_of(path);
    struct stat now;
    if (!is_wanted(name) || stat(path, &now) != 0 || !S_ISREG(now.st_mode))
        return STATUS_OK;
    struct folder_file *file = find(watch, path, &now);
    bool longer = file != NULL && file->complete && now.st_size > file->size;
    bool anew = file != NULL && file->complete && now.st_size < file->size;
    if (longer && !is_fastq(name)) {
        watch->lost += now.st_size - file->size;
        file->size = now.st_size;
    } else if (file == NULL || longer || anew) {
        file = add(watch, path, &now, longer ? file->size : 0, why);
    } else if (!has_path(file, path)) { /* it was renamed */
        char *copy = strdup(path);
        free(copy ? file->path : NULL);
        file->path = copy ? copy : file->path;
    }
    if (file == NULL)
        return STATUS_NO_MEMORY;
    if (!file->complete)
        measure(file, closed);
    return STATUS_OK;
}

/* ---- folders ------------------------------------------------------------------------------- */

/* A folder in the folder.  What is hidden is still being made; links may lead in circles; and what
 * sequencers put aside is not meant. */
static bool is_folder(int parent, const char *name) {
    struct stat found;
    return name[0] != '.' && !ends_in(name, "_fail") &&
           fstatat(parent, name, &found, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(found.st_mode);
}

static int add_folder(struct folder_watch *watch, const char *path, struct failure *why) {
    for (size_t i = 0; i < watch->folder_count; i++)
        if (strcmp(watch->folders[i].path, path) == 0)
            return STATUS_OK;
    struct watched_folder *folders =
        reserve(watch->folders, &watch->folder_room, watch->folder_count, sizeof *folders);
    watch->folders = folders ? folders : watch->folders;
    char *copy = folders ? strdup(path) : NULL;
    if (copy == NULL)
        return fail(why, STATUS_NO_MEMORY, "%s: out of memory", path);
    watch->folders[watch->folder_count++] = (struct watched_folder){copy, -1};
    return STATUS_OK;
}

struct found {
    char *path;
    struct timespec changed;
};

struct finding {
    size_t count, room;
    struct found *list;
};

static int by_change(const void *one, const void *other) {
    const struct found *a = one, *b = other;
    if (a->changed.tv_sec != b->changed.tv_sec)
        return a->changed.tv_sec < b->changed.tv_sec ? -1 : 1;
    if (a->changed.tv_nsec != b->changed.tv_nsec)
        return a->changed.tv_nsec < b->changed.tv_nsec ? -1 : 1;
    return strcmp(a->path, b->path);
}

static int add_found(struct finding *found, const char *path, const struct stat *now,
                     struct failure *why) {
    struct found *list = reserve(found->list, &found->room, found->count, sizeof *list);
    found->list = list ? list : found->list;
    char *copy = list ? strdup(path) : NULL;
    if (copy == NULL)
        return fail(why, STATUS_NO_MEMORY, "%s: out of memory", path);
    found->list[found->count++] = (struct found){copy, now->st_mtim};
    return STATUS_OK;
}

/* Lists the files of one folder, and puts its folders behind the others. */
static int list_folder(struct folder_watch *watch, const char *folder, DIR *from,
                       struct finding *found, struct failure *why) {
    char path[PATH_MAX];
    struct stat now;
    int status = STATUS_OK;
    for (struct dirent *entry; status == STATUS_OK && (entry = readdir(from)) != NULL;) {
        int length = snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (length < 0 || (size_t)length >= sizeof path)
            continue;
        if (is_folder(dirfd(from), entry->d_name))
            status = add_folder(watch, path, why);
        else if (is_wanted(entry->d_name) && fstatat(dirfd(from), entry->d_name, &now, 0) == 0)
            status = add_found(found, path, &now, why);
    }
    return status;
}

/* Watches folder `at`, and only then lists it, so that nothing comes in between. */
static int scan_folder(struct folder_watch *watch, size_t at, struct finding *found,
                       struct failure *why) {
    char *folder = watch->folders[at].path;
    int number = inotify_add_watch(watch->events, folder, EVENTS | IN_ONLYDIR);
    DIR *from = at == 0 && number < 0 ? NULL : opendir(folder);
    watch->folders[at].number = number;
    if (from == NULL && at == 0)
        return fail(why, STATUS_IO, "%s: cannot be watched: %s", folder, strerror(errno));
    int status = from ? list_folder(watch, folder, from, found, why) : STATUS_OK;
    if (from != NULL)
        closedir(from);
    return status;
}

/* Folders that are no more, or have another name by now. */
static void forget_folders(struct folder_watch *watch) {
    size_t kept = 0;
    for (size_t i = 0; i < watch->folder_count; i++)
        if (i == 0 || access(watch->folders[i].path, F_OK) == 0)
            watch->folders[kept++] = watch->folders[i];
        else
            free(watch->folders[i].path);
    watch->folder_count = kept;
}

/* Looks at every file that is there: at the begin, when a folder comes, and now and then, since a
 * network's folder sends no events and a full queue loses some. */
static int scan(struct folder_watch *watch, struct failure *why) {
    struct finding found = {0};
    int status = STATUS_OK;
    watch->scanned = time(NULL);
    forget_folders(watch);
    for (size_t i = 0; i < watch->folder_count && status == STATUS_OK; i++)
        status = scan_folder(watch, i, &found, why);
    if (found.count > 0)
        qsort(found.list, found.count, sizeof *found.list, by_change);
    for (size_t i = 0; i < found.count; i++) {
        if (status == STATUS_OK)
            status = look_at(watch, found.list[i].path, false, why);
        free(found.list[i].path);
    }
    free(found.list);
    return status;
}

/* The file of this path is no more, and another may get its inode. */
static void forget_inode(struct folder_watch *watch, const char *path) {
    for (size_t i = 0; i < watch->count; i++)
        if (has_path(&watch->files[i], path))
            watch->files[i].inode = 0;
}

static int heed(struct folder_watch *watch, const struct inotify_event *event,
                struct failure *why) {
    char path[PATH_MAX];
    size_t at = 0;
    if ((event->mask & IN_Q_OVERFLOW) ||
        (event->mask & IN_ISDIR && event->mask & (IN_CREATE | IN_MOVED_TO)))
        return scan(watch, why);
    while (at < watch->folder_count && watch->folders[at].number != event->wd)
        at++;
    if (at == 0 && event->mask & (IN_IGNORED | IN_UNMOUNT))
        return fail(why, STATUS_IO, "%s: the folder has gone", watch->path);
    if (at == watch->folder_count || event->len == 0)
        return STATUS_OK;
    int length = snprintf(path, sizeof path, "%s/%s", watch->folders[at].path, event->name);
    if (length < 0 || (size_t)length >= sizeof path)
        return STATUS_OK;
    if (event->mask & IN_DELETE) {
        forget_inode(watch, path);
        return STATUS_OK;
    }
    return look_at(watch, path, event->mask & (IN_CLOSE_WRITE | IN_MOVED_TO), why);
}

int folder_watch_open(struct folder_watch **out, const char *path, struct failure *why) {
    struct folder_watch *watch = calloc(1, sizeof *watch);
    *out = NULL;
    if (watch == NULL || (watch->path = strdup(path)) == NULL) {
        free(watch);
        return fail(why, STATUS_NO_MEMORY, "%s: out of memory", path);
    }
    int status = STATUS_OK;
    watch->events = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (watch->events < 0)
        status = fail(why, STATUS_IO, "%s: cannot be watched: %s", path, strerror(errno));
    if (status == STATUS_OK)
        status = add_folder(watch, path, why);
    if (status == STATUS_OK)
        status = scan(watch, why);
    if (status != STATUS_OK) {
        folder_watch_close(watch);
        return status;
    }
    *out = watch;
    return STATUS_OK;
}

void folder_watch_close(struct folder_watch *watch) {
    if (watch == NULL)
        return;
    if (watch->events >= 0)
        close(watch->events);
    for (size_t i = 0; i < watch->count; i++)
        free(watch->files[i].path);
    free(watch->files);
    for (size_t i = 0; i < watch->folder_count; i++)
        free(watch->folders[i].path);
    free(watch->folders);
    free(watch->path);
    free(watch);
}

int folder_watch_descriptor(const struct folder_watch *watch) {
    return watch->events;
}

int folder_watch_look(struct folder_watch *watch, struct failure *why) {
    _Alignas(struct inotify_event) char events[16 * (sizeof(struct inotify_event) + NAME_MAX + 1)];
    ssize_t got;
    int status = STATUS_OK;
    while (status == STATUS_OK && (got = read(watch->events, events, sizeof events)) > 0)
        for (char *at = events; at < events + got && status == STATUS_OK;) {
            const struct inotify_event *event = (const struct inotify_event *)(void *)at;
            status = heed(watch, event, why);
            at += sizeof *event + event->len;
        }
    if (status == STATUS_OK && time(NULL) - watch->scanned >= SCAN_SECONDS)
        status = scan(watch, why);
    return status;
}

size_t folder_watch_count(const struct folder_watch *watch) {
    return watch->count;
}

const struct folder_file *folder_watch_file(const struct folder_watch *watch, size_t at) {
    return &watch->files[at];
}

int64_t folder_watch_lost(const struct folder_watch *watch) {
    return watch->lost;
}
