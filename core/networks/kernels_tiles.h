/* SPDX-License-Identifier: MIT
 *
 * The kernels for a unit that multiplies tiles of bfloat16, 16 rows of 32 inputs by 32 inputs of 16
 * outputs, and adds up in float32; included by a file that has defined PARTS, LANES as 16,
 * VECTOR_MIN, VECTOR_MAX and what the unit does with its eight tiles:
 *
 *     TILES_BEGIN, TILES_END       take the unit for this thread, and give it back
 *     TILE_ZERO(t)                 sums of 0
 *     TILE_LOAD(t, from)           a tile that lies in memory row after row
 *     TILE_DOT(t, a, b)            t += a b
 *     TILE_STORE(t, to, step)      sums to memory, rows `step` floats apart
 *
 * With PARTS 1 a float32 is rounded to bfloat16.  With 3 nothing of it is lost: a float32 is the
 * sum of three bfloat16, the nearest one, the nearest to what is left, and the rest, which is
 * exact.  Of the nine products of the parts of two numbers the three smallest are left out,
 * together at most 2^-23 of the product and mostly far less (a part is at most 2^-8 of the one
 * before): what is kept is as good as float32, for six times the multiplications (Henry, Tang and
 * Heinecke, "Leveraging the bfloat16 Artificial Intelligence Datatype For Higher-Precision
 * Computations").
 *
 * The unit works by itself once it is told what to multiply.  So the rest is done in between, a few
 * lines at a time: see `chores`. */
#include "core/networks/kernels_shared.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

typedef uint16_t bfloat16;

enum {
    TILE_ROWS = 16,
    TILE_INPUTS = 32,
    TILE = TILE_ROWS * TILE_INPUTS,
    ROWS = 2 * TILE_ROWS,    /* of a block: two tiles of rows by two of outputs, a panel */
    STEP = 2 * PARTS * TILE, /* of a block's rows, or of a panel, for one tile of inputs */
    DEPTH = 18 / PARTS       /* tiles of inputs of a pass: as many as stay near */
};

/* ---- parts --------------------------------------------------------------------------------- */

/* The nearest bfloat16, as the float32 that it is. */
INLINE uvec head(vec v) {
    return ((uvec)v + 0x8000U) & 0xffff0000U;
}

/* Parts of 32 numbers, two tiles apart.  In a tile the first 16 and the last take turns. */
INLINE void split(vec first, vec last, bfloat16 *to) {
    UNROLL for (size_t p = 0; p < PARTS; p++, to += 2 * TILE) {
        uvec a = head(first), b = head(last);
        first -= (vec)a;
        last -= (vec)b;
        *(uvec *)to = a >> 16 | b;
    }
}

INLINE size_t tiles_of(size_t inputs) {
    return (inputs + TILE_INPUTS - 1) / TILE_INPUTS;
}

static size_t arranged(size_t length, size_t width) {
    return tiles_of(length) * TILE_INPUTS * width * PARTS / 2;
}

/* A weight's parts go to as many pairs of tiles, the last to the first: the order in which they are
 * multiplied. */
static void place_parts(float weight, bfloat16 *to) {
    for (size_t p = PARTS; p-- > 0;) {
        uint32_t bits;
        float part;
        memcpy(&bits, &weight, sizeof bits);
        bits = (bits + 0x8000U) & 0xffff0000U;
        memcpy(&part, &bits, sizeof part);
        to[p * 2 * TILE] = (bfloat16)(bits >> 16);
        weight -= part;
    }
}

/* Weights (length, width) as tiles (panels, inputs, parts, 2), in each the pairs of inputs of 16
 * outputs side by side, as the unit takes them: an input and the 16th after it. */
static void arrange(const float *run, size_t length, size_t width, float *arranged_run) {
    bfloat16 *to = (bfloat16 *)arranged_run;
    for (size_t k = 0; k < length; k++)
        for (size_t o = 0; o < width; o++)
            place_parts(run[k * width + o],
                        to + (o / PANEL * tiles_of(length) + k / TILE_INPUTS) * STEP +
                            o % PANEL / LANES * TILE + k % LANES * TILE_INPUTS + o % LANES * 2 +
                            k % TILE_INPUTS / LANES);
}

/* ---- what is summed ------------------------------------------------------------------------ */

/* Runs of inputs and their weights: a row has `count` of them, `step` apart. */
struct runs {
    const float *x;
    const uint32_t *x_at; /* where each row begins; NULL: */
    size_t x_step;        /* rows are so far apart */
    size_t count, step, length;
    const bfloat16 *w; /* (panels, count), arranged */
};

/* y(rows, panels * PANEL) = then(b + add + the sum of up to two kinds of runs). */
struct sums {
    size_t rows, panels;
    struct runs runs[2];
    const float *b;   /* (panels, PANEL), or NULL */
    const float *add; /* NULL, or laid out as y; may be y itself */
    float *y;
    const uint32_t *y_at; /* as x_at and x_step */
    size_t y_step;
    enum activation then;
    const struct lstm_step *cells; /* whose gates y is; or NULL */
};

/* A block of rows and as many inputs as stay near, for all outputs. */
struct pass {
    const struct runs *runs;
    size_t first, rows;
    size_t run, from, inputs; /* inputs [from, from + inputs) of a run */
    bool begins, ends;        /* the first, the last of its rows */
};

static size_t pieces(const struct runs *runs) {
    return (tiles_of(runs->length) + DEPTH - 1) / DEPTH;
}

/* Pass n of the rows from `first` on.  Pieces of a run are nearly equal. */
static struct pass pass_at(const struct sums *s, size_t first, size_t n) {
    size_t before = s->runs[0].count * pieces(&s->runs[0]);
    size_t all = before + s->runs[1].count * pieces(&s->runs[1]),
           of_kind = n < before ? n : n - before;
    const struct runs *runs = &s->runs[n >= before];
    size_t count = pieces(runs), most = (tiles_of(runs->length) + count - 1) / count * TILE_INPUTS;
    struct pass pass = {.runs = runs,
                        .first = first,
                        .rows = s->rows - first < ROWS ? s->rows - first : ROWS,
                        .run = of_kind / count,
                        .from = of_kind % count * most,
                        .begins = n == 0,
                        .ends = n + 1 == all};
    pass.inputs = runs->length - pass.from < most ? runs->length - pass.from : most;
    return pass;
}

/* ---- chores -------------------------------------------------------------------------------- */

/* What the vector units do while the tiles multiply: splitting the inputs of the pass to come,
 * putting the sums of the panel before where they belong, and the cells whose gates are there. Each
 * is done in turns, a few items between any four products of tiles: more at a time and the tiles
 * would wait, as no processor looks that far ahead. */
enum { TURNS = PARTS == 1 ? 1 : 6 /* that a tile of inputs gives */ };

struct items {
    size_t next, count, each; /* each: of a turn */
};

INLINE struct items items_over(size_t count, size_t turns) {
    return (struct items){0, count, (count + turns - 1) / turns};
}

INLINE size_t turn_end(const struct items *items) {
    size_t left = items->count - items->next;
    return items->next + (left < items->each ? left : items->each);
}

struct split_chore {
    const float *x[ROWS];
    size_t inputs;
    bfloat16 *a;      /* tiles (inputs, parts, 2 of rows) */
    size_t row, tile; /* the next */
    struct items items;
};

/* y = max(from + shared + add, floor), by rows; sums of the passes of a block meet in y. */
struct put_chore {
    const float *from;   /* (ROWS, PANEL) */
    const float *shared; /* (PANEL) */
    const float *add;    /* laid out as y; or zeros, with add_mask 0 */
    size_t add_mask;
    float *y;
    const uint32_t *y_at; /* or NULL: */
    size_t y_step;
    float floor;
    struct items items;
    const struct lstm_step *cells; /* whose gates of one vector of units are there then, or NULL */
    size_t first, vector;
};

struct cell_chore {
    const struct lstm_step *step;
    size_t first, vector;
    struct items items; /* rows */
};

static const float zeros[PANEL];

/* To the compiler a vector stored may change anything, chores too: hence the copies. */
INLINE void split_some(struct split_chore *chore) {
    size_t next = chore->items.next, end = turn_end(&chore->items);
    size_t row = chore->row, tile = chore->tile, tiles = tiles_of(chore->inputs);
    for (; next < end; next++) {
        const float *from = chore->x[row] + tile * TILE_INPUTS;
        size_t left = chore->inputs - tile * TILE_INPUTS;
        bfloat16 *to = chore->a + tile * STEP + row * TILE_INPUTS;
        if (left < TILE_INPUTS) {
            float padded[TILE_INPUTS] = {0};
            memcpy(padded, from, left * sizeof *from);
            split(load(padded), load(padded + LANES), to);
        } else {
            split(load(from), load(from + LANES), to);
        }
        if (++tile == tiles) {
            tile = 0;
            row++;
        }
    }
    chore->items.next = next;
    chore->row = row;
    chore->tile = tile;
}

INLINE void put_some(struct put_chore *chore) {
    size_t next = chore->items.next, end = turn_end(&chore->items);
    const struct put_chore c = *chore;
    const vec floor = all(c.floor);
    for (; next < end; next++) {
        size_t place = c.y_at == NULL ? next * c.y_step : c.y_at[next];
        const float *from = c.from + next * PANEL, *add = c.add + (place & c.add_mask);
        vec low = load(from) + load(c.shared) + load(add);
        vec high = load(from + LANES) + load(c.shared + LANES) + load(add + LANES);
        store(c.y + place, VECTOR_MAX(low, floor));
        store(c.y + place + LANES, VECTOR_MAX(high, floor));
    }
    chore->items.next = next;
}

static __attribute__((noinline)) void cell_some(struct cell_chore *chore) {
    size_t next = chore->items.next, end = turn_end(&chore->items);
    const struct lstm_step *s = chore->step;
    size_t vectors = s->units / LANES, row = chore->first + next, n = row * vectors + chore->vector;
    const float *gates = s->gates + n * GATES * LANES;
    float *c = s->c + n * LANES, *y = s->y + row * s->y_step + chore->vector * LANES;
    for (size_t y_step = s->y_step; next < end; next++) {
        cell_c(gates, c);
        cell_h(gates, c, y);
        gates += vectors * GATES * LANES;
        c += vectors * LANES;
        y += y_step;
    }
    chore->items.next = next;
}

struct chores {
    struct split_chore split;
    struct put_chore put;
    struct cell_chore cell;
};

INLINE void do_chores(struct chores *chores) {
    put_some(&chores->put);
    split_some(&chores->split);
    if (chores->cell.items.next < chores->cell.items.count)
        cell_some(&chores->cell);
}

/* ---- sums ---------------------------------------------------------------------------------- */

/* sums (ROWS, PANEL) = a w over `depth` tiles of inputs; the lower half of the rows alone where not
 * `both`.  Parts in the order in which the fewest tiles are loaded; chores in between. */
INLINE void multiply(float *sums, const bfloat16 *a, const bfloat16 *w, size_t depth,
                     struct chores *chores, const bool both) {
#define LOAD_ROWS(p)                                                                               \
    TILE_LOAD(4, a + 2 * (p)*TILE);                                                                \
    if (both)                                                                                      \
    TILE_LOAD(5, a + (2 * (p) + 1) * TILE)
#define LOAD_WEIGHTS(p)                                                                            \
    TILE_LOAD(6, w + 2 * (PARTS - 1 - (p)) * TILE);                                                \
    TILE_LOAD(7, w + (2 * (PARTS - 1 - (p)) + 1) * TILE)
#define ADD_PRODUCTS                                                                               \
    TILE_DOT(0, 4, 6);                                                                             \
    TILE_DOT(1, 4, 7);                                                                             \
    if (both) {                                                                                    \
        TILE_DOT(2, 5, 6);                                                                         \
        TILE_DOT(3, 5, 7);                                                                         \
    }                                                                                              \
    do_chores(chores);
    TILE_ZERO(0);
    TILE_ZERO(1);
    TILE_ZERO(2);
    TILE_ZERO(3);
    for (size_t k = 0; k < depth; k++, a += STEP, w += STEP) {
#if PARTS == 3
        LOAD_ROWS(0);
        LOAD_WEIGHTS(2);
        ADD_PRODUCTS
        LOAD_WEIGHTS(1);
        ADD_PRODUCTS
        LOAD_ROWS(1);
        ADD_PRODUCTS
        LOAD_WEIGHTS(0);
        ADD_PRODUCTS
        LOAD_ROWS(2);
        ADD_PRODUCTS
        LOAD_ROWS(0);
        ADD_PRODUCTS
#else
        LOAD_ROWS(0);
        LOAD_WEIGHTS(0);
        ADD_PRODUCTS
#endif
    }
    TILE_STORE(0, sums, PANEL);
    TILE_STORE(1, sums + LANES, PANEL);
    if (both) {
        TILE_STORE(2, sums + TILE_ROWS * PANEL, PANEL);
        TILE_STORE(3, sums + TILE_ROWS * PANEL + LANES, PANEL);
    }
}

static void begin_split(struct split_chore *chore, const struct pass *pass, bfloat16 *a,
                        size_t turns) {
    const struct runs *runs = pass->runs;
    size_t offset = pass->run * runs->step + pass->from;
    for (size_t m = 0, row = pass->first; m < pass->rows; m++, row++)
        chore->x[m] =
            runs->x + (runs->x_at == NULL ? row * runs->x_step : runs->x_at[row]) + offset;
    chore->inputs = pass->inputs;
    chore->a = a;
    chore->row = chore->tile = 0;
    chore->items = items_over(pass->rows * tiles_of(pass->inputs), turns);
}

/* The sums of a panel are put while the next is multiplied. */
static void begin_put(struct put_chore *chore, const struct sums *s, const struct pass *pass,
                      size_t panel, const float *from) {
    const float *add = pass->begins ? s->add : s->y;
    *chore = (struct put_chore){
        .from = from,
        .shared = pass->begins && s->b != NULL ? s->b + panel * PANEL : zeros,
        .add = add == NULL ? zeros : add + panel * PANEL,
        .add_mask = add == NULL ? 0 : SIZE_MAX,
        .y = s->y + panel * PANEL,
        .y_at = s->y_at == NULL ? NULL : s->y_at + pass->first,
        .y_step = s->y_step,
        .floor = pass->ends && s->then == ACTIVATION_RELU ? 0.0F : -INFINITY,
        .items = items_over(pass->rows, TURNS * tiles_of(pass->inputs)),
        .cells = pass->ends && panel % 2 == 1 ? s->cells : NULL,
        .first = pass->first,
        .vector = panel / 2,
    };
    if (s->y_at == NULL) {
        chore->y += pass->first * s->y_step;
        if (add != NULL)
            chore->add += pass->first * s->y_step;
    }
}

static void end_cells(struct cell_chore *chore) {
    chore->items.each = chore->items.count;
    if (chore->items.next < chore->items.count)
        cell_some(chore);
}

/* A vector of units has its gates once its second panel is put; its cells follow in the two panels
 * after. */
static void end_put(struct chores *chores, size_t depth) {
    struct put_chore *put = &chores->put;
    put->items.each = put->items.count;
    put_some(put);
    if (put->cells == NULL)
        return;
    end_cells(&chores->cell);
    chores->cell = (struct cell_chore){put->cells, put->first, put->vector,
                                       items_over(put->items.count, 2 * TURNS * depth)};
}

static void add_up(const struct sums *s) {
    _Alignas(64) bfloat16 a[2][DEPTH * STEP];
    _Alignas(64) float sums[2][ROWS * PANEL];
    struct chores chores = {0};
    struct pass pass = pass_at(s, 0, 0);
    begin_split(&chores.split, &pass, a[0], 1);
    split_some(&chores.split);
    TILES_BEGIN;
    for (size_t n = 0, at = 0, panels = 0; pass.first < s->rows;) {
        size_t depth = tiles_of(pass.inputs), run = tiles_of(pass.runs->length) * STEP;
        const bfloat16 *w = pass.runs->w + pass.run * run + pass.from / TILE_INPUTS * STEP;
        n = pass.ends ? 0 : n + 1;
        struct pass next = pass_at(s, pass.ends ? pass.first + pass.rows : pass.first, n);
        begin_split(&chores.split, &next, a[1 - at], s->panels * TURNS * depth);
        for (size_t panel = 0; panel < s->panels; panel++, w += pass.runs->count * run) {
            float *to = sums[panels++ % 2];
            if (pass.rows > TILE_ROWS)
                multiply(to, a[at], w, depth, &chores, true);
            else
                multiply(to, a[at], w, depth, &chores, false);
            end_put(&chores, depth);
            begin_put(&chores.put, s, &pass, panel, to);
        }
        pass = next;
        at = 1 - at;
    }
    TILES_END;
    end_put(&chores, 1);
    end_cells(&chores.cell);
    for (size_t m = 0; m < s->rows && s->then == ACTIVATION_SELU; m++)
        for (size_t o = 0; o < s->panels * PANEL; o += LANES) {
            float *y = s->y + s->y_at[m] + o;
            store(y, selu(load(y)));
        }
}

/* ---- the table ----------------------------------------------------------------------------- */

static void product(const struct product *p) {
    add_up(&(struct sums){.rows = p->rows,
                          .panels = p->panels,
                          .runs = {{.x = p->x,
                                    .x_at = p->x_at,
                                    .count = p->stretches,
                                    .step = p->step,
                                    .length = p->length,
                                    .w = (const bfloat16 *)p->w}},
                          .b = p->b,
                          .add = p->add,
                          .y = p->y,
                          .y_at = p->y_at,
                          .then = p->then});
}

/* The gates of a vector of units are two panels. */
static void lstm_step(const struct lstm_step *s) {
    size_t width = s->units * GATES;
    bool shared = s->start_step == 0;
    struct sums sums = {.rows = s->rows,
                        .panels = width / PANEL,
                        .runs = {{.x = s->x,
                                  .x_step = s->x_step,
                                  .count = s->x != NULL,
                                  .length = s->inputs,
                                  .w = (const bfloat16 *)s->w_x},
                                 {.x = s->h,
                                  .x_step = s->h_step,
                                  .count = s->h != NULL,
                                  .length = s->units,
                                  .w = (const bfloat16 *)s->w_h}},
                        .b = shared ? s->start : NULL,
                        .add = shared ? NULL : s->start,
                        .y = s->gates,
                        .y_step = width,
                        .cells = s};
    if (s->x != NULL || s->h != NULL) {
        add_up(&sums);
        return;
    }
    for (size_t m = 0; m < s->rows; m++)
        memmove(s->gates + m * width, s->start + m * s->start_step, width * sizeof *s->gates);
    cells(s);
}
