/* SPDX-License-Identifier: MIT
 *
 * Panels of coloured cells.  Values below 0 are blue, 0 is white (a used cell of 0) and above 0
 * red, each the darker the further from 0; every panel is scaled to its own largest value. */
#include "plugin/host/window_picture.h"

#include "adapters/png.h"
#include "core/windows/shape.h"
#include "plugin/host/canvas.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MARGIN = 12,
    LETTER_ROW = 12,   /* the reference above a panel */
    TITLE_HEIGHT = 46, /* position and alleles */
    KEY_HEIGHT = 26,   /* the colours of a panel below it */
    KEY_STEPS = 41,
    PILEUP_CELL = 20,
    LABEL_WIDTH = 34, /* names of pileup channels, left of the panel */
    FULL_CELL_WIDTH = 8,
    FULL_CELL_HEIGHT = 5,
    PANELS_ACROSS = 4
};

static const struct colour BLACK = {0, 0, 0}, WHITE = {255, 255, 255}, GREY = {150, 150, 150},
                           GREEN = {0, 140, 60};

static const char *const PILEUP_NAMES[PILEUP_CHANNELS] = {
    "A+", "C+", "G+", "T+", "I+", "I1+", "D+", "D1+", "*+",
    "A-", "C-", "G-", "T-", "I-", "I1-", "D-", "D1-", "*-",
};

static const char *const FULL_NAMES[FULL_CHANNELS_DWELL] = {
    "reference", "alternative",    "strand",    "mapping quality", "base quality",
    "share",     "inserted bases", "haplotype", "dwell time",
};

/* A grid of values and how it is drawn. */
struct panel {
    int x, y; /* of the grid's corner */
    int columns, rows, cell_width, cell_height;
    int largest; /* of the absolute values, at least 1 */
    const char *name;
};

static struct colour colour_of(int value, int largest) {
    int strength = 255 * abs(value) / largest;
    uint8_t other = (uint8_t)(255 - strength);
    if (value > 0)
        return (struct colour){(uint8_t)(255 - strength / 5), other, other};
    return (struct colour){other, other, (uint8_t)(255 - strength / 5)};
}

static void draw_frame(struct canvas *canvas, const struct panel *p) {
    int width = p->columns * p->cell_width, height = p->rows * p->cell_height;
    canvas_fill(canvas, p->x - 1, p->y - 1, width + 2, 1, GREY);
    canvas_fill(canvas, p->x - 1, p->y + height, width + 2, 1, GREY);
    canvas_fill(canvas, p->x - 1, p->y - 1, 1, height + 2, GREY);
    canvas_fill(canvas, p->x + width, p->y - 1, 1, height + 2, GREY);
    int middle = p->x + WINDOW_FLANK * p->cell_width;
    canvas_fill(canvas, middle - 1, p->y - 1, 1, height + 2, GREEN);
    canvas_fill(canvas, middle + p->cell_width, p->y - 1, 1, height + 2, GREEN);
}

static void draw_key(struct canvas *canvas, const struct panel *p) {
    char text[32];
    int y = p->y + p->rows * p->cell_height + 6, step = 3, x = p->x;
    snprintf(text, sizeof text, "%d", -p->largest);
    canvas_text(canvas, x, y + 2, 1, BLACK, text);
    x += GLYPH_WIDTH * 8;
    for (int i = 0; i < KEY_STEPS; i++)
        canvas_fill(
            canvas, x + i * step, y, step, GLYPH_HEIGHT + 4,
            colour_of((2 * i - (KEY_STEPS - 1)) * p->largest / (KEY_STEPS - 1), p->largest));
    snprintf(text, sizeof text, "%d", p->largest);
    canvas_text(canvas, x + KEY_STEPS * step + 4, y + 2, 1, BLACK, text);
}

/* The reference's letters above the columns, the candidate's in green. */
static void draw_reference(struct canvas *canvas, const struct panel *p, const char *letters) {
    for (int i = 0; i < p->columns && letters[i] != '\0'; i++) {
        char letter[2] = {letters[i], '\0'};
        int x = p->x + i * p->cell_width + (p->cell_width - GLYPH_WIDTH + 1) / 2;
        canvas_text(canvas, x, p->y - LETTER_ROW + 2, 1, i == WINDOW_FLANK ? GREEN : BLACK, letter);
    }
}

/* The 33 letters behind the last colon of the position text; "" where it has fewer. */
static const char *reference_of(const struct window_picture *picture) {
    const char *colon = strrchr(picture->position, ':');
    return colon != NULL && strlen(colon + 1) == WINDOW_WIDTH ? colon + 1 : "";
}

/* Long texts are cut to the picture's width. */
static void draw_line(struct canvas *canvas, int y, int scale, const char *text) {
    char cut[512];
    int room = (canvas->width - 2 * MARGIN) / (GLYPH_WIDTH * scale);
    room = room < (int)sizeof cut ? room : (int)sizeof cut - 1;
    snprintf(cut, (size_t)room + 1, "%s", text);
    if ((int)strlen(text) > room && room > 3)
        memcpy(cut + room - 3, "...", 3);
    canvas_text(canvas, MARGIN, y, scale, BLACK, cut);
}

static void draw_title(struct canvas *canvas, const struct window_picture *picture) {
    char place[256];
    const char *colon = strrchr(picture->position, ':');
    int length = colon == NULL ? (int)strlen(picture->position) : (int)(colon - picture->position);
    snprintf(place, sizeof place, "%.*s", length, picture->position);
    draw_line(canvas, MARGIN, 2, place);
    draw_line(canvas, MARGIN + 2 * GLYPH_HEIGHT + 6, 1, picture->alt_info);
}

static int pileup_picture(struct canvas *canvas, const struct window_picture *picture,
                          struct failure *why) {
    struct panel panel = {
        .x = MARGIN + LABEL_WIDTH,
        .y = TITLE_HEIGHT + LETTER_ROW,
        .columns = WINDOW_WIDTH,
        .rows = PILEUP_CHANNELS,
        .cell_width = PILEUP_CELL,
        .cell_height = PILEUP_CELL,
        .largest = 1,
    };
    int width = panel.x + panel.columns * PILEUP_CELL + MARGIN;
    int status = canvas_new(canvas, width, panel.y + panel.rows * PILEUP_CELL + KEY_HEIGHT, why);
    if (status != STATUS_OK)
        return status;
    for (int i = 0; i < PILEUP_WINDOW_SIZE; i++)
        if (abs(picture->pileup[i]) > panel.largest)
            panel.largest = abs(picture->pileup[i]);
    draw_title(canvas, picture);
    draw_reference(canvas, &panel, reference_of(picture));
    for (int channel = 0; channel < PILEUP_CHANNELS; channel++) {
        int y = panel.y + channel * PILEUP_CELL;
        canvas_text(canvas, MARGIN, y + 6, 1, BLACK, PILEUP_NAMES[channel]);
        for (int i = 0; i < WINDOW_WIDTH; i++) {
            char number[12];
            int value = picture->pileup[i * PILEUP_CHANNELS + channel];
            int x = panel.x + i * PILEUP_CELL;
            canvas_fill(canvas, x, y, PILEUP_CELL, PILEUP_CELL, colour_of(value, panel.largest));
            snprintf(number, sizeof number, "%d", value);
            if (value != 0 && strlen(number) <= 3)
                canvas_text(canvas, x + 1, y + 6, 1, 2 * abs(value) > panel.largest ? WHITE : BLACK,
                            number);
        }
    }
    draw_frame(canvas, &panel);
    draw_key(canvas, &panel);
    return STATUS_OK;
}

static void full_panel(struct canvas *canvas, const struct window_picture *picture,
                       struct panel *panel, int channel) {
    size_t cells = (size_t)(picture->rows * WINDOW_WIDTH);
    const int8_t *values = picture->full + channel;
    panel->largest = 1;
    for (size_t i = 0; i < cells; i++)
        if (abs(values[i * (size_t)picture->channels]) > panel->largest)
            panel->largest = abs(values[i * (size_t)picture->channels]);
    canvas_text(canvas, panel->x, panel->y - LETTER_ROW - 12, 1, BLACK, FULL_NAMES[channel]);
    draw_reference(canvas, panel, reference_of(picture));
    for (size_t i = 0; i < cells; i++) {
        int row = (int)(i / WINDOW_WIDTH), column = (int)(i % WINDOW_WIDTH);
        canvas_fill(canvas, panel->x + column * panel->cell_width,
                    panel->y + row * panel->cell_height, panel->cell_width, panel->cell_height,
                    colour_of(values[i * (size_t)picture->channels], panel->largest));
    }
    draw_frame(canvas, panel);
    draw_key(canvas, panel);
}

static int full_picture(struct canvas *canvas, const struct window_picture *picture,
                        struct failure *why) {
    struct panel panel = {
        .columns = WINDOW_WIDTH,
        .rows = picture->rows,
        .cell_width = FULL_CELL_WIDTH,
        .cell_height = FULL_CELL_HEIGHT,
    };
    int down = (picture->channels + PANELS_ACROSS - 1) / PANELS_ACROSS;
    int panel_width = WINDOW_WIDTH * FULL_CELL_WIDTH + MARGIN;
    int panel_height = picture->rows * FULL_CELL_HEIGHT + 2 * LETTER_ROW + KEY_HEIGHT + MARGIN;
    int status = canvas_new(canvas, MARGIN + PANELS_ACROSS * panel_width,
                            TITLE_HEIGHT + down * panel_height, why);
    if (status != STATUS_OK)
        return status;
    draw_title(canvas, picture);
    for (int channel = 0; channel < picture->channels; channel++) {
        panel.x = MARGIN + channel % PANELS_ACROSS * panel_width;
        panel.y = TITLE_HEIGHT + channel / PANELS_ACROSS * panel_height + 2 * LETTER_ROW;
        full_panel(canvas, picture, &panel, channel);
    }
    return STATUS_OK;
}

int window_picture_write(const struct window_picture *picture, const char *path,
                         struct failure *why) {
    struct canvas canvas = {0};
    int status = picture->pileup != NULL ? pileup_picture(&canvas, picture, why)
                                         : full_picture(&canvas, picture, why);
    if (status == STATUS_OK)
        status =
            png_write_file(path, canvas.pixels, (size_t)canvas.width, (size_t)canvas.height, why);
    canvas_free(&canvas);
    return status;
}
