/* SPDX-License-Identifier: MIT
 *
 * Starts the lanes of a line, waits for them (and for signals), and tells how it went. */
#include "plugin/host/lane.h"

#include "plugin/host/say.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_SECONDS = 5 }; /* for lanes to leave once the line has failed */

bool run_stopped(const struct run *run) {
    return atomic_load_explicit(&run->stopped, memory_order_acquire);
}

bool run_ending(const struct run *run) {
    return atomic_load_explicit(&run->ending, memory_order_acquire);
}

static void signal_event(int descriptor) {
    uint64_t one = 1;
    if (write(descriptor, &one, sizeof one) < 0)
        return; /* the counter is full, so the reader will wake anyway */
}

void run_fail(struct run *run, const char *text) {
    pthread_mutex_lock(&run->mutex);
    if (!run->failed)
        snprintf(run->failure, sizeof run->failure, "%s",
                 text ? text : "a stage failed without saying why");
    run->failed = true;
    pthread_mutex_unlock(&run->mutex);
    atomic_store_explicit(&run->stopped, true, memory_order_release);
    for (size_t i = 0; i < run->count; i++)
        signal_event(run->lanes[i].wake);
    signal_event(run->news);
}

void run_lane_left(struct run *run) {
    atomic_fetch_sub(&run->running, 1);
    signal_event(run->news);
}

/* ---- setting up ---- */

static int lane_init(struct lane *lane, struct run *run, const struct line_step *step,
                     struct failure *why) {
    const struct runnel_stage *stage = &step->loaded.stage;
    lane->run = run;
    lane->stage = stage;
    lane->credit = CREDIT;
    snprintf(lane->books.id, sizeof lane->books.id, "%s", stage->id);
    for (size_t i = 0; i < stage->option_count; i++)
        if (step->values[i] != NULL)
            lane->settings[lane->setting_count++] =
                (struct runnel_setting){stage->options[i].name, step->values[i]};
    lane_offer_services(lane);
    pthread_mutex_init(&lane->mutex, NULL);
    if ((lane->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) < 0)
        return fail(why, STATUS_IO, "no more descriptors for the line");
    return STATUS_OK;
}

static int run_init(struct run *run, const struct line *line, const struct run_watch *watch,
                    struct failure *why) {
    run->watch = watch;
    pthread_mutex_init(&run->mutex, NULL);
    if ((run->news = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) < 0)
        return fail(why, STATUS_IO, "no more descriptors for the line");
    int status = sockets_new(&run->sockets, 0, why);
    for (; status == STATUS_OK && run->count < line->count; run->count++)
        status = lane_init(&run->lanes[run->count], run, &line->steps[run->count], why);
    for (size_t i = 1; status == STATUS_OK && i < run->count; i++) {
        char name[32];
        snprintf(name, sizeof name, "lane-%zu", i);
        status = sockets_pair(run->sockets, name, &run->lanes[i - 1].out, &run->lanes[i].in, why);
    }
    return status;
}

static void drain(struct socket_end *end) {
    void *pointer;
    while (end != NULL && socket_receive_pointer(end, &pointer))
        if (pointer != NULL)
            ((const struct runnel_batch *)pointer)->release(pointer);
}

/* After all lanes have left. */
static void run_free(struct run *run) {
    for (size_t i = 0; i < run->count; i++) {
        struct lane *lane = &run->lanes[i];
        drain(lane->in);
        lane_free_slots(lane);
        if (lane->refused != NULL)
            lane->refused->release(lane->refused);
        if (lane->ending != NULL)
            lane->ending->release(lane->ending);
        if (lane->wake >= 0)
            close(lane->wake);
        pthread_mutex_destroy(&lane->mutex);
    }
    for (size_t i = 0; i < run->count; i++) {
        socket_close(run->lanes[i].in);
        socket_close(run->lanes[i].out);
    }
    sockets_free(run->sockets);
    if (run->news >= 0)
        close(run->news);
    pthread_mutex_destroy(&run->mutex);
}

/* ---- waiting ---- */

/* A source that waits in the loop of its lane is woken; one that waits in its hook looks itself. */
static void end_source(struct run *run) {
    atomic_store_explicit(&run->ending, true, memory_order_release);
    signal_event(run->lanes[0].wake);
}

/* The first SIGINT ends a source that can be ended; anything else breaks the line off. */
static void heed_signal(struct run *run, int number) {
    bool can_end = atomic_load(&run->ends_when_asked) || run->watch->enough != NULL;
    if (number == SIGINT && can_end && !run_ending(run))
        end_source(run);
    else
        run_fail(run,
                 number == SIGINT
                     ? run->watch->writes_on ? "interrupted" : "interrupted; no calls were written"
                 : run->watch->writes_on ? "told to stop"
                                         : "told to stop; no calls were written");
}

static sigset_t ending_signals(void) {
    static const int ENDING[] = {SIGINT, SIGTERM, SIGHUP};
    sigset_t ours;
    sigemptyset(&ours);
    for (size_t i = 0; i < sizeof ENDING / sizeof *ENDING; i++) {
        struct sigaction action;
        if (sigaction(ENDING[i], NULL, &action) != 0 || action.sa_handler != SIG_IGN)
            sigaddset(&ours, ENDING[i]);
    }
    return ours;
}

void line_hold_signals(sigset_t *before) {
    sigset_t ours = ending_signals();
    pthread_sigmask(SIG_BLOCK, &ours, before);
}

static int open_signals(sigset_t *before) {
    sigset_t ours = ending_signals();
    line_hold_signals(before);
    return signalfd(-1, &ours, SFD_NONBLOCK | SFD_CLOEXEC);
}

static double now_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void copy_totals(struct run *run) {
    run->now.count = run->count;
    for (size_t i = 0; i < run->count; i++) {
        pthread_mutex_lock(&run->lanes[i].mutex);
        run->now.stages[i] = run->lanes[i].books;
        pthread_mutex_unlock(&run->lanes[i].mutex);
    }
}

/* Every second: shows how far the line is, and asks whether it is far enough. */
static void look_at_progress(struct run *run) {
    pthread_mutex_lock(&run->mutex);
    struct run_state state = run->state;
    pthread_mutex_unlock(&run->mutex);
    copy_totals(run);
    state.books = &run->now;
    for (size_t i = 0; i < run->count; i++) {
        const struct stage_books *books = &run->now.stages[i];
        if (strcmp(books->id, "reads") == 0)
            state.reads = books_total(books, "reads");
        if (strcmp(books->id, "caller") == 0 || strcmp(books->id, "remote") == 0) {
            state.windows = books_total(books, "in");
            state.calls = books_total(books, "used");
        }
    }
    if (run->watch->every_second != NULL)
        run->watch->every_second(&state, run->watch->with);
    if (run->watch->enough != NULL && run->watch->enough(&state, run->watch->with))
        end_source(run);
}

/* Until all lanes have left; false when some would not after a failure. */
static bool wait_for_lanes(struct run *run, int signals) {
    double told = now_seconds(), failed = 0;
    while (atomic_load(&run->running) > 0) {
        struct pollfd waits[] = {{.fd = run->news, .events = POLLIN},
                                 {.fd = signals, .events = POLLIN}};
        poll(waits, 2, 1000);
        uint64_t news;
        struct signalfd_siginfo signal;
        if (read(run->news, &news, sizeof news) < 0)
            news = 0; /* nothing new there */
        if (read(signals, &signal, sizeof signal) == sizeof signal)
            heed_signal(run, (int)signal.ssi_signo);
        double now = now_seconds();
        if (run_stopped(run)) {
            failed = failed > 0 ? failed : now;
            if (now - failed > PATIENCE_SECONDS)
                return false;
        } else if ((run->watch->every_second || run->watch->enough) && now - told >= 1.0) {
            told = now;
            look_at_progress(run);
        }
    }
    return true;
}

static void start_lanes(struct run *run, struct failure *why) {
    atomic_store(&run->running, run->count);
    size_t started = 0;
    while (started < run->count &&
           pthread_create(&run->lanes[started].thread, NULL, lane_main, &run->lanes[started]) == 0)
        started++;
    if (started < run->count) {
        atomic_fetch_sub(&run->running, run->count - started);
        fail(why, STATUS_IO, "no more threads for the line");
        run_fail(run, why->text);
    }
}

static void copy_books(const struct run *run, struct books *books) {
    books->count = run->count;
    for (size_t i = 0; i < run->count; i++)
        books->stages[i] = run->lanes[i].books;
}

int line_run(const struct line *line, const struct run_watch *watch, struct books *books,
             struct failure *why) {
    static const struct run_watch SILENT = {.level = RUNNEL_LOG_WARNING};
    struct run *run = calloc(1, sizeof *run);
    if (run == NULL)
        return fail(why, STATUS_NO_MEMORY, "out of memory for the line");
    int status = run_init(run, line, watch ? watch : &SILENT, why);
    if (status == STATUS_OK) {
        sigset_t before;
        int signals = open_signals(&before);
        start_lanes(run, why);
        if (!wait_for_lanes(run, signals)) {
            /* A stage hangs in a hook (a read from a silent pipe, say).  The others have
             * destroyed their states, so nothing half done stays behind. */
            if (run->watch->give_up != NULL)
                run->watch->give_up(run->watch->give_up_with);
            say("runnel: %s", run->failure);
            _exit(1);
        }
        for (size_t i = 0; i < run->count; i++)
            if (run->lanes[i].thread != 0)
                pthread_join(run->lanes[i].thread, NULL);
        close(signals);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        if (run->failed)
            status =
                fail(why, run->failure[0] ? STATUS_BAD_INPUT : STATUS_CLOSED, "%s", run->failure);
    }
    if (books != NULL)
        copy_books(run, books);
    run_free(run);
    free(run);
    return status;
}
