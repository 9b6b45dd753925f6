/* SPDX-License-Identifier: MIT
 *
 * One row per platform. */
#include "core/calls/presets.h"

#include "core/windows/shape.h"
#include <stdlib.h>
#include <string.h>

const char PRESET_NAMES[] = "ont, hifi, ilmn";

/* The fixed cut-offs are the quantiles of the whole runs in tests/data/calls (ont_default and
 * hifi_default), rounded up; the original has none. */
static const struct preset presets[] = {
    {"ont", 0.08, 0.15, {0.7, 0.1, 0.7}, {35, 10, 19}, FULL_ROWS_ONT, true},
    {"hifi", 0.08, 0.08, {0.3, 0.3, 0.7}, {29, 24, 36}, FULL_ROWS_HIFI, true},
    {"ilmn", 0.08, 0.08, {0.3, 0.3, 0.7}, {29, 24, 36}, FULL_ROWS_HIFI, false},
};

const struct preset *preset_of(const char *platform) {
    for (size_t i = 0; i < sizeof presets / sizeof *presets; i++)
        if (strcmp(presets[i].platform, platform) == 0)
            return &presets[i];
    return NULL;
}

void preset_apply_fast_mode(const struct preset *preset, double *snp_min_af,
                            int64_t *min_coverage) {
    const double lowest_af = 0.15;
    const int64_t lowest_coverage = 4;
    if (strcmp(preset->platform, "ont") != 0)
        return;
    if (*snp_min_af < lowest_af)
        *snp_min_af = lowest_af;
    if (*min_coverage < lowest_coverage)
        *min_coverage = lowest_coverage;
}

double preset_phasing_fraction(const struct preset *preset, const char *model) {
    static const char *const old_models[] = {"r941_prom_sup_g5014", "r941_prom_hac_g5014",
                                             "ont_guppy5"};
    size_t length = strlen(model);
    while (length > 0 && model[length - 1] == '/')
        length--;
    for (size_t i = 0; i < sizeof old_models / sizeof *old_models; i++) {
        size_t own = strlen(old_models[i]);
        if (length >= own && memcmp(model + length - own, old_models[i], own) == 0 &&
            (length == own || model[length - own - 1] == '/'))
            return 0.8;
    }
    return preset->fractions.phasing;
}

bool preset_names_contig(const char *contig) {
    const long autosomes = 22;
    const char *name = strncmp(contig, "chr", 3) == 0 ? contig + 3 : contig;
    if (strcmp(name, "X") == 0 || strcmp(name, "Y") == 0)
        return true;
    size_t digits = strspn(name, "0123456789");
    return digits > 0 && name[digits] == '\0' && name[0] != '0' &&
           strtol(name, NULL, 10) <= autosomes;
}
