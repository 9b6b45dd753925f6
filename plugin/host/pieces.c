/* SPDX-License-Identifier: MIT
 *
 * Each piece is a line of its own, run by a thread of its own, with a stage of ours at its end that
 * puts batches into a queue; a source of ours in front of the rest empties the queues one after
 * the other.  Both stages find the work by an address in their only option. */
#include "plugin/host/pieces.h"

#include "adapters/alignments.h"
#include "plugin/host/report.h"
#include "plugin/streams.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- cutting ---- */

static int add_piece(struct pieces *pieces, char *regions, int64_t contig, int64_t begin,
                     int64_t end, struct failure *why) {
    struct piece *list = realloc(pieces->list, (pieces->count + 1) * sizeof *list);
    if (list == NULL || regions == NULL) {
        free(regions);
        pieces->list = list ? list : pieces->list;
        return fail(why, STATUS_NO_MEMORY, "out of memory for pieces of the genome");
    }
    pieces->list = list;
    pieces->list[pieces->count++] = (struct piece){regions, contig, begin, end};
    return STATUS_OK;
}

/* A long contig in equal parts; fewer where the index counts few reads (-1: it counts none). */
static int cut_contig(struct pieces *pieces, const struct alignments_contig *contig, int64_t number,
                      int64_t reads, struct failure *why) {
    int64_t count = (contig->length + PIECE_BASES - 1) / PIECE_BASES, status = STATUS_OK;
    if (reads >= 0 && reads / PIECE_READS + 1 < count)
        count = reads / PIECE_READS + 1;
    for (int64_t i = 0; i < count && status == STATUS_OK; i++) {
        int64_t begin = contig->length * i / count + 1, end = contig->length * (i + 1) / count;
        size_t size = strlen(contig->name) + 64;
        char *regions = malloc(size);
        if (regions != NULL)
            snprintf(regions, size, "%s:%" PRId64 "-%" PRId64, contig->name, begin, end);
        status = add_piece(pieces, regions, number, begin, end, why);
    }
    return (int)status;
}

/* Short contigs from number *at on, as many as fit into one piece. */
static int join_contigs(struct pieces *pieces, const struct alignments_header *header, size_t *at,
                        struct failure *why) {
    int64_t bases = 0;
    size_t size = 1, used = 0, end = *at;
    while (end < header->contig_count && bases + header->contigs[end].length <= PIECE_BASES &&
           size < PIECE_TEXT - 1024) {
        bases += header->contigs[end].length;
        size += strlen(header->contigs[end++].name) + 24;
    }
    char *regions = calloc(1, size);
    if (bases == 0) { /* no text at all would mean the whole genome */
        free(regions);
        *at = end;
        return STATUS_OK;
    }
    for (; *at < end; ++*at)
        if (regions != NULL && header->contigs[*at].length > 0)
            used += (size_t)snprintf(regions + used, size - used, "%s%s:1-%" PRId64,
                                     used > 0 ? " " : "", header->contigs[*at].name,
                                     header->contigs[*at].length);
    return add_piece(pieces, regions, -1, 0, 0, why);
}

/* Whether the index counts reads at all: what it says nothing of has none then. */
static bool index_counts(struct alignments *file) {
    for (size_t c = 0; c < alignments_header(file)->contig_count; c++)
        if (alignments_indexed_reads(file, (int32_t)c) >= 0)
            return true;
    return false;
}

int pieces_cut(struct pieces *pieces, const char *path, const char *reference,
               struct failure *why) {
    struct alignments *file;
    const struct alignments_options options = {.reference = reference};
    *pieces = (struct pieces){0};
    if (alignments_index_state(path) != INDEX_CURRENT)
        return STATUS_OK;
    int status = alignments_open(&file, path, &options, why);
    if (status != STATUS_OK)
        return status;
    const struct alignments_header *header = alignments_header(file);
    size_t at = alignments_has_index(file) ? 0 : header->contig_count;
    bool counted = at == 0 && index_counts(file);
    while (at < header->contig_count && status == STATUS_OK) {
        int64_t reads = alignments_indexed_reads(file, (int32_t)at);
        if (counted && reads <= 0)
            at++;
        else if (header->contigs[at].length > PIECE_BASES) {
            status = cut_contig(pieces, &header->contigs[at], (int64_t)at, reads, why);
            at++;
        } else {
            status = join_contigs(pieces, header, &at, why);
        }
    }
    alignments_close(file);
    if (status != STATUS_OK || pieces->count < 2)
        pieces_free(pieces);
    return status;
}

void pieces_free(struct pieces *pieces) {
    for (size_t i = 0; i < pieces->count; i++)
        free(pieces->list[i].regions);
    free(pieces->list);
    *pieces = (struct pieces){0};
}

/* ---- what the threads share ---- */

struct work;

/* One piece under way. */
struct head {
    struct work *work;
    const struct piece *piece;
    pthread_t thread;
    bool started;
    struct line line;
    struct books books;
    struct failure why;

    /* Guarded by the work's mutex. */
    bool done;
    const struct runnel_batch *ready[PIECE_BATCHES]; /* a ring */
    size_t first, count;
};

struct work {
    const struct pieces_order *order;
    const struct runnel_host *host; /* of our source */
    struct run_watch watch;         /* of the pieces */
    struct head *heads;             /* piece i is run by head i modulo at_a_time */
    size_t at_a_time, current;
    bool opened;
    struct books books; /* of the pieces that are through */

    /* Guards what of the heads says so, and what follows; nothing else is locked while it is
     * held. */
    pthread_mutex_t mutex;
    pthread_cond_t news;
    bool cancelled;
    struct failure failed; /* of any piece: the first one's reason */
};

static const struct runnel_option ADDRESS[] = {
    {"address", RUNNEL_INTEGER, NULL, "of what the host keeps"},
};

static int add_own(struct line *line, const struct runnel_stage *stage, const void *address,
                   struct failure *why) {
    char text[32];
    if (line->count == LINE_STAGES_MAX)
        return fail(why, STATUS_UNSUPPORTED, "a line has at most %d stages", LINE_STAGES_MAX);
    line->steps[line->count++].loaded.stage = *stage;
    snprintf(text, sizeof text, "%" PRIdPTR, (intptr_t)address);
    return line_set(line, "address", text, why);
}

static void *address_of(const struct runnel_init *init) {
    return (void *)(intptr_t)runnel_setting_integer(init, "address"); /* as add_own wrote it */
}

/* ---- the end of a piece's line ---- */

struct piece_end {
    const struct runnel_host *host;
    struct head *head;
};

static int piece_end_init(const struct runnel_init *init, void **state) {
    struct piece_end *end = calloc(1, sizeof *end);
    if (end == NULL)
        return RUNNEL_ERROR;
    *end = (struct piece_end){init->host, address_of(init)};
    *state = end;
    return RUNNEL_OK;
}

/* The rows that lie in the piece, as a batch of its own; nobody else has it. */
static const struct runnel_batch *cut_rows(const struct piece_end *end,
                                           const struct runnel_batch *batch) {
    const struct piece *piece = end->head->piece;
    const struct runnel_take *take = end->host->extension(end->host->context, "runnel.take/1");
    int64_t *rows = malloc((size_t)(runnel_rows(batch) + 1) * sizeof *rows);
    size_t count = 0;
    for (int64_t row = 0; rows != NULL && row < runnel_rows(batch); row++) {
        int64_t position = runnel_integer(batch, PILEUP_POSITION, row);
        if (piece->contig < 0 || (position >= piece->begin && position <= piece->end))
            rows[count++] = row;
    }
    struct runnel_batch *cut = rows ? (struct runnel_batch *)take->take(batch, rows, count) : NULL;
    free(rows);
    bool is_beyond = cut != NULL && piece->contig >= 0 &&
                     (cut->mark_contig > piece->contig || cut->mark_position > piece->end);
    if (is_beyond) {
        cut->mark_contig = piece->contig;
        cut->mark_position = piece->end + 1;
    }
    return cut;
}

/* Waits for room; false where nobody wants more. */
static bool hand_over(struct head *head, const struct runnel_batch *batch) {
    struct work *work = head->work;
    pthread_mutex_lock(&work->mutex);
    while (head->count == PIECE_BATCHES && !work->cancelled)
        pthread_cond_wait(&work->news, &work->mutex);
    bool wanted = !work->cancelled;
    if (wanted) {
        head->ready[(head->first + head->count++) % PIECE_BATCHES] = batch;
        pthread_cond_broadcast(&work->news);
    }
    pthread_mutex_unlock(&work->mutex);
    if (!wanted)
        batch->release(batch);
    return wanted;
}

static int piece_end_process(void *state, const struct runnel_batch *batch,
                             struct runnel_slot *slot) {
    struct piece_end *end = state;
    (void)slot;
    const struct runnel_batch *mine = batch;
    if (batch->kind == RUNNEL_OPEN)
        batch->retain(batch);
    else
        mine = cut_rows(end, batch);
    if (mine == NULL)
        end->host->fail(end->host->context, "out of memory for a piece of the genome");
    else if (hand_over(end->head, mine))
        return RUNNEL_OK;
    else
        end->host->fail(end->host->context, "");
    return RUNNEL_ERROR;
}

static int own_finish(void *state, struct runnel_slot *slot) {
    (void)state;
    (void)slot;
    return RUNNEL_OK;
}

static const struct runnel_stage PIECE_END = {
    .struct_size = sizeof PIECE_END,
    .abi_version = RUNNEL_ABI_VERSION,
    .id = "piece-end",
    .version = "1",
    .help = "the end of a piece's line",
    .option_size = sizeof ADDRESS[0],
    .option_count = 1,
    .options = ADDRESS,
    .takes = "runnel.pileup/1",
    .init = piece_end_init,
    .process = piece_end_process,
    .finish = own_finish,
    .destroy = free,
};

/* ---- running pieces ---- */

static void *run_head(void *argument) {
    struct head *head = argument;
    struct work *work = head->work;
    const struct pieces_order *order = work->order;
    struct failure *why = &head->why;
    if (order->build(&head->line, head->piece->regions, order->with, why) == STATUS_OK &&
        add_own(&head->line, &PIECE_END, head, why) == STATUS_OK &&
        line_check(&head->line, why) == STATUS_OK) {
        line_run(&head->line, &work->watch, &head->books, why);
        report_check(&head->books, why);
    }
    pthread_mutex_lock(&work->mutex);
    head->done = true;
    if (head->why.code != STATUS_OK && work->failed.code == STATUS_OK)
        work->failed = head->why;
    pthread_cond_broadcast(&work->news);
    pthread_mutex_unlock(&work->mutex);
    return NULL;
}

static int start_head(struct work *work, size_t piece, struct failure *why) {
    struct head *head = &work->heads[piece % work->at_a_time];
    if (piece >= work->order->pieces->count)
        return STATUS_OK;
    memset(head, 0, sizeof *head);
    head->work = work;
    head->piece = &work->order->pieces->list[piece];
    head->started = pthread_create(&head->thread, NULL, run_head, head) == 0;
    return head->started ? STATUS_OK
                         : fail(why, STATUS_IO, "no more threads for pieces of the genome");
}

/* Joins a head that is done, or will be as it is cancelled. */
static void end_head(struct head *head) {
    if (!head->started)
        return;
    pthread_join(head->thread, NULL);
    head->started = false;
    for (; head->count > 0; head->count--, head->first++)
        head->ready[head->first % PIECE_BATCHES]->release(head->ready[head->first % PIECE_BATCHES]);
    line_clear(&head->line);
}

/* Adds the books of a piece to those of all, stage by stage but for our own. */
static void add_books(struct books *all, const struct books *more) {
    for (size_t s = 0; s + 1 < more->count; s++) {
        const struct stage_books *from = &more->stages[s];
        struct stage_books *to = &all->stages[s];
        memcpy(to->id, from->id, sizeof to->id);
        to->cpu_seconds += from->cpu_seconds;
        for (size_t i = 0; i < from->count; i++)
            stage_books_add(to, from->totals[i].name, from->totals[i].amount);
    }
    all->count = more->count - 1;
}

/* ---- the source in front of the rest ---- */

static void pieces_destroy(void *state) {
    struct work *work = state;
    pthread_mutex_lock(&work->mutex);
    work->cancelled = true;
    pthread_cond_broadcast(&work->news);
    pthread_mutex_unlock(&work->mutex);
    for (size_t i = 0; i < work->at_a_time; i++)
        end_head(&work->heads[i]);
}

static int pieces_init(const struct runnel_init *init, void **state) {
    struct work *work = address_of(init);
    struct failure why = {0};
    work->host = init->host;
    for (size_t i = 0; i < work->at_a_time && why.code == STATUS_OK; i++)
        start_head(work, i, &why);
    if (why.code == STATUS_OK) {
        *state = work;
        return RUNNEL_OK;
    }
    init->host->fail(init->host->context, why.text);
    pieces_destroy(work);
    return RUNNEL_ERROR;
}

/* The next batch of the piece whose turn it is; NULL behind its last one, or after a failure of
 * any. */
static const struct runnel_batch *wait_for_batch(struct work *work, struct head *head,
                                                 struct failure *why) {
    const struct runnel_batch *batch = NULL;
    pthread_mutex_lock(&work->mutex);
    while (head->count == 0 && !head->done && work->failed.code == STATUS_OK)
        pthread_cond_wait(&work->news, &work->mutex);
    if (work->failed.code != STATUS_OK) {
        *why = work->failed;
    } else if (head->count > 0) {
        batch = head->ready[head->first++ % PIECE_BATCHES];
        head->count--;
        pthread_cond_broadcast(&work->news);
    }
    pthread_mutex_unlock(&work->mutex);
    return batch;
}

/* Where the piece stands that is given on. */
static void tell_progress(const struct runnel_host *host, const struct piece *piece) {
    char contig[256];
    size_t length = strcspn(piece->regions, " ");
    while (length > 0 && piece->regions[length] != ':')
        length--;
    snprintf(contig, sizeof contig, "%.*s", (int)length, piece->regions);
    host->progress(host->context, contig, piece->begin);
}

static int pieces_process(void *state, const struct runnel_batch *none, struct runnel_slot *slot) {
    struct work *work = state;
    const struct runnel_host *host = work->host;
    (void)none;
    while (work->current < work->order->pieces->count) {
        struct failure why = {0};
        struct head *head = &work->heads[work->current % work->at_a_time];
        const struct runnel_batch *batch = wait_for_batch(work, head, &why);
        if (batch == NULL && why.code == STATUS_OK) { /* the piece is through */
            end_head(head);
            add_books(&work->books, &head->books);
            host->count(host->context, "reads", books_total(&head->books.stages[0], "reads"));
            start_head(work, work->current++ + work->at_a_time, &why);
        }
        if (why.code != STATUS_OK) {
            host->fail(host->context, why.code == STATUS_CLOSED ? "" : why.text);
            return RUNNEL_ERROR;
        }
        bool again = batch != NULL && batch->kind == RUNNEL_OPEN && work->opened;
        if (again) /* every piece opens the stream; once is enough */
            batch->release(batch);
        if (batch == NULL || again)
            continue;
        work->opened = true;
        tell_progress(host, head->piece);
        host->emit(host->context, slot, batch);
        return RUNNEL_OK;
    }
    return RUNNEL_DONE;
}

static const struct runnel_stage PIECES = {
    .struct_size = sizeof PIECES,
    .abi_version = RUNNEL_ABI_VERSION,
    .id = "reads", /* as progress looks there for their number */
    .version = "1",
    .help = "pieces of the genome, one after the other",
    .option_size = sizeof ADDRESS[0],
    .option_count = 1,
    .options = ADDRESS,
    .gives = "runnel.pileup/1",
    .init = pieces_init,
    .process = pieces_process,
    .finish = own_finish,
    .destroy = pieces_destroy,
};

/* ---- the whole ---- */

static void join_books(struct books *books, const struct books *pieces) {
    size_t more = pieces->count;
    memmove(books->stages + more, books->stages + 1,
            (LINE_STAGES_MAX - more) * sizeof *books->stages);
    memcpy(books->stages, pieces->stages, more * sizeof *books->stages);
    books->count += more - 1;
}

/* Our source, then the stages of `rest`, whose settings stay with it. */
static int join_line(struct line *line, const struct line *rest, const struct work *work,
                     struct failure *why) {
    int status = add_own(line, &PIECES, work, why);
    for (size_t i = 0; i < rest->count && status == STATUS_OK; i++) {
        line->steps[line->count].loaded.stage = rest->steps[i].loaded.stage;
        line->count++;
        for (size_t v = 0; v < rest->steps[i].loaded.stage.option_count; v++) {
            const char *value = rest->steps[i].values[v];
            const char *name = rest->steps[i].loaded.stage.options[v].name;
            if (status == STATUS_OK && value != NULL)
                status = line_set(line, name, value, why);
        }
    }
    return status == STATUS_OK ? line_check(line, why) : status;
}

int line_run_pieces(const struct pieces_order *order, const struct line *rest,
                    const struct run_watch *watch, struct books *books, struct failure *why) {
    struct work *work = calloc(1, sizeof *work);
    struct line *line = calloc(1, sizeof *line);
    size_t heads =
        order->at_a_time < order->pieces->count ? order->at_a_time : order->pieces->count;
    struct head *list = calloc(heads, sizeof *list);
    if (work == NULL || line == NULL || list == NULL) {
        fail(why, STATUS_NO_MEMORY, "out of memory for pieces of the genome");
    } else {
        work->order = order;
        work->heads = list;
        work->at_a_time = heads;
        work->watch = (struct run_watch){.level = RUNNEL_LOG_ERROR,
                                         .give_up = watch->give_up,
                                         .give_up_with = watch->give_up_with};
        pthread_mutex_init(&work->mutex, NULL);
        pthread_cond_init(&work->news, NULL);
        if (join_line(line, rest, work, why) == STATUS_OK &&
            line_run(line, watch, books, why) == STATUS_OK)
            join_books(books, &work->books);
        pthread_cond_destroy(&work->news);
        pthread_mutex_destroy(&work->mutex);
        line_clear(line);
    }
    free(list);
    free(line);
    free(work);
    return why->code;
}
