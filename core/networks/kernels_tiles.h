/* SPDX-License-Identifier: MIT
 *
 * The kernels for a unit that multiplies tiles: 16 rows of 64 bytes of inputs by as many inputs of
 * 16 outputs, added up in 32 bits.  Included by a file that has defined PARTS, LANES as 16, what
 * the unit does with its eight tiles, and for vectors VECTOR_MIN, VECTOR_MAX and what follows on
 * them:
 *
 *     TILES_BEGIN, TILES_END       take the unit for this thread, and give it back
 *     TILE_ZERO(t)                 sums of 0
 *     TILE_LOAD(t, from)           a tile that lies in memory row after row
 *     TILE_DOT(t, a, b)            t += a b
 *     TILE_STORE(t, to, step)      sums to memory, rows `step` numbers apart
 *     LOAD_SOME(from, count)       numbers for the first lanes, zeros for the others
 *     VECTOR_LARGER(a, b)          of each lane the larger magnitude
 *     VECTOR_NEAREST(v)            the nearest integers
 *     VECTOR_SELECT(mask, a, b)    bits of a where the mask has ones, else of b
 *
 * A number becomes PARTS numbers of the unit, the largest first.  Products of parts are added up by
 * level, the first part's by the first part's alone, then those a part smaller, and the last that
 * count are those by the last part.
 *
 * The work goes in blocks of rows and, where there are many inputs, in passes over some of them: a
 * pass splits its rows into tiles, and for each panel of outputs multiplies and puts the sums where
 * they belong.  While the tiles multiply, the vector units put the sums before. */
#include "core/networks/kernels_shared.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum {
    TILE_ROWS = 16,
    TILE_ROW = 64, /* bytes */
    TILE = TILE_ROWS * TILE_ROW,
    ROWS = 2 * TILE_ROWS,   /* of a block: two tiles of rows by two of outputs, a panel */
    STEP = 2 * PARTS * TILE /* of a block's rows, or of a panel, for one tile of inputs */
};

/* ---- numbers ------------------------------------------------------------------------------- */

#if PARTS == 1

/* Numbers are bfloat16, to which inputs and weights are rounded; sums are float32. */
typedef float tile_sum;

enum {
    TOGETHER = 2, /* inputs that the unit adds up at once */
    DEPTH = 18,   /* tiles of inputs of a pass at most, so that they stay near */
    HEAD = 0
};

INLINE vec output_scales(const float *weights, size_t inputs, size_t step, float *head) {
    (void)weights, (void)inputs, (void)step, (void)head;
    return all(1.0F);
}

struct scale {
    float none;
};

INLINE vec larger_of(vec largest, const vec inputs[TOGETHER]) {
    (void)inputs;
    return largest;
}

INLINE struct scale scale_of(vec largest) {
    return (struct scale){largest[0]};
}

INLINE void split(const vec inputs[TOGETHER], struct scale scale, uint8_t *to) {
    (void)scale;
    uvec first = (uvec)inputs[0] + 0x8000U, last = (uvec)inputs[1] + 0x8000U;
    *(uvec *)to = first >> 16 | (last & 0xffff0000U);
}

INLINE void place(const vec weights[TOGETHER], vec scales, uint8_t *to) {
    split(weights, (struct scale){scales[0]}, to);
}

INLINE vec sum_of(const tile_sum *sums, const float *head, struct scale scale) {
    (void)head, (void)scale;
    return load(sums);
}

#elif PARTS == 3

/* Numbers are integers of three bytes.  A row's inputs are multiplied by what makes the largest of
 * a pass LARGEST, an output's weights by what makes its largest so, and rounded.  Products of bytes
 * are summed exactly in int32, of the nine of two numbers those six that are 2^-16 of the first or
 * more (Ootomo, Ozaki and Yokota, "DGEMM on Integer Matrix Multiplication Unit", do so for
 * float64). Bytes are signed, so that what is left out may have either sign.
 *
 * Error of a term, in products of the largest input and the largest weight: a weight is off by half
 * of LARGEST's last unit, 6e-8; an input by that, a quarter for the product before it is rounded
 * and half for the factor's own rounding, 1.5e-7; and what is left out is at most 2 * 2^7 * 2^7 *
 * 2^8 + 2^14 of LARGEST^2, 1.2e-7: 3.3e-7.  Where the factor is a power of two (scale_of) it is
 * exact, but the largest input may be half of LARGEST: 6e-8 + 1.2e-7 + 2.4e-7.  Either is less than
 * 2^-21. */
typedef int32_t tile_sum;
typedef int32_t ivec __attribute__((vector_size(4 * LANES), may_alias));

enum {
    TOGETHER = 4, /* inputs that the unit adds up at once */
    DEPTH = 8,    /* tiles of inputs of a pass at most: see sum_of */
    HEAD = PANEL * sizeof(float)
};

/* Bytes 127, 64 and 0: no more may come by rounding than three of 127, and of the largest products,
 * which alone are all of one sign, nothing is left out. */
#define LARGEST  8339456.0F

/* What 16 outputs' weights are divided by; in `head` what their sums are multiplied by. */
INLINE vec output_scales(const float *weights, size_t inputs, size_t step, float *head) {
    vec largest = {0}, scales = {0};
    for (size_t k = 0; k < inputs; k++)
        largest = VECTOR_LARGER(largest, load(weights + k * step));
    for (size_t o = 0; o < LANES; o++)
        scales[o] = largest[o] > 0x1p-100F ? largest[o] / LARGEST : 1.0F;
    store(head, scales * 0x1p24F);
    return scales;
}

struct scale {
    float by, back; /* what a row's inputs are multiplied by, and what its sums */
};

INLINE vec larger_of(vec largest, const vec inputs[TOGETHER]) {
    UNROLL for (size_t i = 0; i < TOGETHER; i++) largest = VECTOR_LARGER(largest, inputs[i]);
    return largest;
}

/* From the largest inputs of each lane.  Where the largest of all has 12 bits or less, as a count
 * has, by a power of two, which keeps such inputs exact. */
INLINE struct scale scale_of(vec v) {
#define MIX(...) v = VECTOR_MAX(v, __builtin_shufflevector(v, v, __VA_ARGS__))
    MIX(8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
    MIX(4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11);
    MIX(2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
    MIX(1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
#undef MIX
    float largest = v[0] > 0x1p-100F ? v[0] : 0x1p-100F, back = largest * (1.0F / LARGEST);
    uint32_t bits;
    memcpy(&bits, &largest, sizeof bits);
    if ((bits & 0xfffU) == 0) {
        memcpy(&bits, &back, sizeof bits);
        bits = (bits + 0x7fffffU) & 0x7f800000U;
        memcpy(&back, &bits, sizeof bits);
    }
    return (struct scale){1.0F / back, back};
}

/* Integers' bytes, of four at a time: those of one part are side by side.  Adding 128 to the lower
 * bytes carries what a signed byte lacks into the next. */
INLINE void lay_bytes(const ivec numbers[TOGETHER], uint8_t *to) {
    const uvec even = (uvec){0} + 0x00ff00ffU, low = (uvec){0} + 0xffffU;
    uvec v[TOGETHER];
    UNROLL for (size_t i = 0; i < TOGETHER; i++) v[i] = (uvec)numbers[i] + 0x8080U;
    uvec even01 = VECTOR_SELECT(even, v[0], v[1] << 8);
    uvec even23 = VECTOR_SELECT(even, v[2], v[3] << 8);
    uvec odd01 = VECTOR_SELECT(even, v[0] >> 8, v[1]);
    uvec odd23 = VECTOR_SELECT(even, v[2] >> 8, v[3]);
    *(uvec *)to = VECTOR_SELECT(low, even01 >> 16, even23);
    *(uvec *)(to + 2 * TILE) = VECTOR_SELECT(low, odd01, odd23 << 16) ^ 0x80808080U;
    *(uvec *)(to + 4 * TILE) = VECTOR_SELECT(low, even01, even23 << 16) ^ 0x80808080U;
}

INLINE void split(const vec inputs[TOGETHER], struct scale scale, uint8_t *to) {
    ivec numbers[TOGETHER];
    UNROLL for (size_t i = 0; i < TOGETHER; i++) numbers[i] = VECTOR_NEAREST(inputs[i] * scale.by);
    lay_bytes(numbers, to);
}

INLINE void place(const vec weights[TOGETHER], vec scales, uint8_t *to) {
    ivec numbers[TOGETHER];
    for (size_t i = 0; i < TOGETHER; i++)
        for (size_t o = 0; o < LANES; o++) {
            double exact = (double)weights[i][o] / (double)scales[o];
            numbers[i][o] = (int32_t)(exact < 0 ? exact - 0.5 : exact + 0.5);
        }
    lay_bytes(numbers, to);
}

/* Levels are 2^32, 2^24 and 2^16.  The first two together are at most 127 * 127 * 2^8 + 2 * 127 *
 * 128 a term, which 8 tiles keep below 2^31. */
INLINE vec sum_of(const tile_sum *sums, const float *head, struct scale scale) {
    enum { LEVEL = ROWS * PANEL / LANES };
    const ivec *levels = (const ivec *)sums;
    vec sum = __builtin_convertvector((levels[0] << 8) + levels[LEVEL], vec) +
              __builtin_convertvector(levels[2 * LEVEL], vec) * 0x1p-8F;
    return sum * scale.back * load(head);
}

#else
#error "numbers have 1 or 3 parts"
#endif

enum { TILE_INPUTS = TOGETHER * LANES };

INLINE size_t tiles_of(size_t inputs) {
    return (inputs + TILE_INPUTS - 1) / TILE_INPUTS;
}

/* ---- weights ------------------------------------------------------------------------------- */

/* Bytes of a panel's weights: what is said once an output, then the tiles. */
INLINE size_t panel_bytes(size_t stretches, size_t length) {
    return HEAD + stretches * tiles_of(length) * STEP;
}

static size_t arranged(size_t stretches, size_t length, size_t width) {
    return width / PANEL * panel_bytes(stretches, length) / sizeof(float);
}

/* Weights (stretches, length, width) as (panels), each its head and tiles (stretches, inputs,
 * parts, 2).  In a tile are those inputs of an output side by side that the unit takes TOGETHER, an
 * input and those each 16 after it; of 16 outputs, and that for 16 inputs. */
static void arrange(const float *weights, size_t stretches, size_t length, size_t width,
                    float *to) {
    size_t tiles = tiles_of(length);
    for (size_t o = 0; o < width; o += LANES) {
        uint8_t *panel = (uint8_t *)to + o / PANEL * panel_bytes(stretches, length);
        vec scales =
            output_scales(weights + o, stretches * length, width, (float *)panel + o % PANEL);
        uint8_t *outputs = panel + HEAD + o % PANEL / LANES * TILE;
        for (size_t t = 0; t < stretches * tiles; t++)
            for (size_t row = 0; row < TILE_ROWS; row++) {
                vec inputs[TOGETHER] = {0};
                for (size_t i = 0; i < TOGETHER; i++) {
                    size_t k = t % tiles * TILE_INPUTS + i * LANES + row;
                    if (k < length)
                        inputs[i] = load(weights + (t / tiles * length + k) * width + o);
                }
                place(inputs, scales, outputs + t * STEP + row * TILE_ROW);
            }
    }
}

/* ---- what is summed ------------------------------------------------------------------------ */

/* Runs of inputs and their weights: a row has `count` of them, `step` apart. */
struct runs {
    const float *x;
    const uint32_t *x_at; /* where each row begins; NULL: */
    size_t x_step;        /* rows are so far apart */
    size_t count, step, length;
    const uint8_t *w; /* (panels), arranged */
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

/* Some tiles of inputs of a block of rows. */
struct pass {
    const struct runs *runs;
    size_t first, rows;
    size_t tile, depth; /* tiles [tile, tile + depth) of the runs */
    size_t at, left;    /* where in a row they begin, and how much of that run is left then */
    bool begins, ends;  /* the first, the last of its rows */
};

static size_t run_tiles(const struct runs *runs) {
    return runs->count * tiles_of(runs->length);
}

/* What follows on `tile` tiles of a kind of runs; passes of a kind are nearly equal. */
static struct pass pass_at(const struct sums *s, size_t first, size_t kind, size_t tile) {
    if (tile == run_tiles(&s->runs[kind])) {
        kind++;
        tile = 0;
    }
    const struct runs *runs = &s->runs[kind];
    size_t tiles = run_tiles(runs), passes = (tiles + DEPTH - 1) / DEPTH;
    size_t most = (tiles + passes - 1) / passes, left = tiles - tile;
    size_t of_run = tiles_of(runs->length), from = tile % of_run * TILE_INPUTS;
    return (struct pass){.runs = runs,
                         .first = first,
                         .rows = s->rows - first < ROWS ? s->rows - first : ROWS,
                         .tile = tile,
                         .depth = left < most ? left : most,
                         .at = tile / of_run * runs->step + from,
                         .left = runs->length - from,
                         .begins = tile == 0 && (kind == 0 || run_tiles(&s->runs[0]) == 0),
                         .ends = left <= most && (kind == 1 || run_tiles(&s->runs[1]) == 0)};
}

/* ---- inputs -------------------------------------------------------------------------------- */

/* A row's inputs, tile after tile; `left` counts those of a run from x on. */
struct walk {
    const float *x;
    size_t left;
};

INLINE struct walk walk_row(const struct pass *pass, size_t m) {
    const struct runs *runs = pass->runs;
    size_t row = pass->first + m, at = runs->x_at == NULL ? row * runs->x_step : runs->x_at[row];
    return (struct walk){runs->x + at + pass->at, pass->left};
}

INLINE void next_tile(struct walk *walk, const struct runs *runs) {
    if (walk->left > TILE_INPUTS) {
        walk->x += TILE_INPUTS;
        walk->left -= TILE_INPUTS;
    } else {
        walk->x = walk->x + walk->left - runs->length + runs->step;
        walk->left = runs->length;
    }
}

/* Behind a run's last input are zeros. */
INLINE void load_tile(vec inputs[TOGETHER], const struct walk *walk) {
    if (walk->left >= TILE_INPUTS) {
        UNROLL for (size_t i = 0; i < TOGETHER; i++) inputs[i] = load(walk->x + i * LANES);
    } else {
        UNROLL for (size_t i = 0; i < TOGETHER; i++) {
            size_t left = walk->left < i * LANES ? 0 : walk->left - i * LANES;
            inputs[i] = LOAD_SOME(walk->x + i * LANES, left < LANES ? left : LANES);
        }
    }
}

/* The rows' inputs as tiles (inputs, parts, 2 of rows).  All scales first: a row that waits for its
 * own would keep the next out of the processor's sight. */
static void split_rows(const struct pass *pass, uint8_t *a, struct scale *scales) {
    vec inputs[TOGETHER];
    for (size_t m = 0; m < pass->rows; m++) {
        struct walk walk = walk_row(pass, m);
        vec largest = {0};
        for (size_t t = 0; t < pass->depth; t++, next_tile(&walk, pass->runs)) {
            load_tile(inputs, &walk);
            largest = larger_of(largest, inputs);
        }
        scales[m] = scale_of(largest);
    }
    for (size_t m = 0; m < pass->rows; m++) {
        struct walk walk = walk_row(pass, m);
        uint8_t *row = a + m * TILE_ROW;
        for (size_t t = 0; t < pass->depth; t++, next_tile(&walk, pass->runs), row += STEP) {
            load_tile(inputs, &walk);
            split(inputs, scales[m], row);
        }
    }
}

/* ---- outputs ------------------------------------------------------------------------------- */

/* Sums of a pass and a panel that are still to be put. */
struct done {
    const tile_sum *sums; /* (PARTS, ROWS, PANEL) */
    struct pass pass;     /* of 0 rows where there are none */
    size_t panel;
    const float *head;          /* of the panel's weights */
    const struct scale *scales; /* (ROWS) */
    size_t row;                 /* the first that is not yet */
};

static __attribute__((noinline)) void cell(const struct lstm_step *s, size_t row, size_t vector) {
    size_t n = row * (s->units / LANES) + vector;
    const float *gates = s->gates + n * GATES * LANES;
    cell_c(gates, s->c + n * LANES);
    cell_h(gates, s->c + n * LANES, s->y + row * s->y_step + vector * LANES);
}

/* The next rows to y, where the passes of a block meet; and the cells whose gates, two panels of a
 * vector of units, are there then. */
INLINE void put(const struct sums *s, struct done *done, size_t rows) {
    const struct pass *pass = &done->pass;
    size_t m = done->row, end = m + rows < pass->rows ? m + rows : pass->rows;
    const float *shared = pass->begins && s->b != NULL ? s->b + done->panel * PANEL : NULL;
    const float *add = pass->begins ? s->add : s->y;
    bool gates = s->cells != NULL && pass->ends && done->panel % 2 == 1;
    const vec floor = all(pass->ends && s->then == ACTIVATION_RELU ? 0.0F : -INFINITY);
    for (; m < end; m++) {
        size_t row = pass->first + m;
        size_t place = (s->y_at == NULL ? row * s->y_step : s->y_at[row]) + done->panel * PANEL;
        UNROLL for (size_t o = 0; o < PANEL; o += LANES) {
            vec sum = sum_of(done->sums + m * PANEL + o, done->head + o, done->scales[m]);
            if (shared != NULL)
                sum += load(shared + o);
            if (add != NULL)
                sum += load(add + place + o);
            store(s->y + place + o, VECTOR_MAX(sum, floor));
        }
        if (gates)
            cell(s->cells, row, done->panel / 2);
    }
    done->row = m;
}

/* ---- products ------------------------------------------------------------------------------ */

/* sums (PARTS, ROWS, PANEL) = a w over the tiles of a pass; the lower half of the rows alone where
 * it has no more.  While a panel is multiplied for the first rows, the next one's weights come
 * near: all of a network's together are larger than its cache.  Those of an LSTM's steps are near.
 */
static void multiply(tile_sum *sums, const uint8_t *a, const uint8_t *w, const struct pass *pass,
                     const struct sums *s, struct done *done) {
    enum { PAIRS = PARTS * (PARTS + 1) / 2, LINE = 64 };
    size_t depth = pass->depth, each = (ROWS - 1) / (depth * PAIRS) + 1;
    const uint8_t *next = w + depth * STEP;
    bool both = pass->rows > TILE_ROWS, fetch = pass->first == 0 && s->cells == NULL;
    for (size_t level = 0; level < PARTS; level++, sums += ROWS * PANEL) {
        TILE_ZERO(0);
        TILE_ZERO(1);
        TILE_ZERO(2);
        TILE_ZERO(3);
        for (size_t k = 0; k < depth; k++)
            for (size_t part = 0; part <= level; part++) {
                const uint8_t *rows = a + k * STEP + part * 2 * TILE;
                const uint8_t *weights = w + k * STEP + (level - part) * 2 * TILE;
                if (fetch)
                    UNROLL for (size_t i = 0; i < STEP / PAIRS; i += LINE, next += LINE)
                        __builtin_prefetch(next, 0, 2);
                TILE_LOAD(4, rows);
                TILE_LOAD(6, weights);
                TILE_LOAD(7, weights + TILE);
                TILE_DOT(0, 4, 6);
                TILE_DOT(1, 4, 7);
                if (both) {
                    TILE_LOAD(5, rows + TILE);
                    TILE_DOT(2, 5, 6);
                    TILE_DOT(3, 5, 7);
                }
                put(s, done, each);
            }
        TILE_STORE(0, sums, PANEL);
        TILE_STORE(1, sums + LANES, PANEL);
        if (both) {
            TILE_STORE(2, sums + TILE_ROWS * PANEL, PANEL);
            TILE_STORE(3, sums + TILE_ROWS * PANEL + LANES, PANEL);
        }
    }
}

static void selu_rows(const struct sums *s) {
    for (size_t m = 0; m < s->rows; m++)
        for (size_t o = 0; o < s->panels * PANEL; o += LANES) {
            float *y = s->y + s->y_at[m] + o;
            store(y, selu(load(y)));
        }
}

/* What a panel gave is put once the next is on its way, so in turns there are two places for sums,
 * and for the scales of a pass. */
static void add_up(const struct sums *s) {
    _Alignas(64) uint8_t a[DEPTH * STEP];
    _Alignas(64) tile_sum sums[2][PARTS * ROWS * PANEL];
    struct scale scales[2][ROWS];
    struct done done = {0};
    TILES_BEGIN;
    for (size_t first = 0, passes = 0; first < s->rows; first += ROWS) {
        struct pass pass = pass_at(s, first, 0, 0);
        for (bool ends = false; !ends; passes++) {
            struct scale *scales_of_pass = scales[passes % 2];
            size_t bytes = panel_bytes(pass.runs->count, pass.runs->length);
            const uint8_t *w = pass.runs->w;
            split_rows(&pass, a, scales_of_pass);
            __asm__ volatile("" : : "r"(a) : "memory"); /* or a compiler may load tiles before */
            for (size_t panel = 0; panel < s->panels; panel++, w += bytes) {
                tile_sum *to = done.sums == sums[0] ? sums[1] : sums[0];
                multiply(to, a, w + HEAD + pass.tile * STEP, &pass, s, &done);
                put(s, &done, ROWS);
                done = (struct done){.sums = to,
                                     .pass = pass,
                                     .panel = panel,
                                     .head = (const float *)w,
                                     .scales = scales_of_pass};
            }
            ends = pass.ends;
            if (!ends)
                pass = pass_at(s, first, (size_t)(pass.runs - s->runs), pass.tile + pass.depth);
        }
    }
    put(s, &done, ROWS);
    TILES_END;
    if (s->then == ACTIVATION_SELU)
        selu_rows(s);
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
                                    .w = (const uint8_t *)p->w}},
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
                                  .w = (const uint8_t *)s->w_x},
                                 {.x = s->h,
                                  .x_step = s->h_step,
                                  .count = s->h != NULL,
                                  .length = s->units,
                                  .w = (const uint8_t *)s->w_h}},
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
