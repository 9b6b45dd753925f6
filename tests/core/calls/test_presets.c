/* SPDX-License-Identifier: MIT */
#include "core/calls/presets.h"

#include <criterion/criterion.h>
#include <string.h>

Test(presets, platforms) {
    cr_assert_null(preset_of("sanger"));
    const struct preset *ont = preset_of("ont"), *hifi = preset_of("hifi");
    cr_expect(ont->indel_min_af == 0.15 && hifi->indel_min_af == 0.08);
    cr_expect(ont->fractions.variants == 0.7 && ont->fractions.references == 0.1);
    cr_expect(hifi->fractions.variants == 0.3 && hifi->fractions.references == 0.3);
    cr_expect(ont->fixed.variant == 35 && ont->fixed.reference == 10);
    cr_expect(hifi->fixed.variant == 29 && hifi->fixed.reference == 24);
    cr_expect(ont->full_rows == 89 && hifi->full_rows == 55);
    cr_expect(!preset_of("ilmn")->is_called && ont->is_called && hifi->is_called);
}

Test(presets, fast_mode_raises_what_is_lower_on_ont) {
    double af = 0.08;
    int64_t coverage = 2;
    preset_apply_fast_mode(preset_of("hifi"), &af, &coverage);
    cr_expect(af == 0.08 && coverage == 2);
    preset_apply_fast_mode(preset_of("ont"), &af, &coverage);
    cr_expect(af == 0.15 && coverage == 4);
    af = 0.2;
    coverage = 9;
    preset_apply_fast_mode(preset_of("ont"), &af, &coverage);
    cr_expect(af == 0.2 && coverage == 9);
}

Test(presets, old_models_phase_with_more) {
    cr_expect_eq(preset_phasing_fraction(preset_of("ont"), "ont_guppy5"), 0.8);
    cr_expect_eq(preset_phasing_fraction(preset_of("ont"), "models/ont_guppy5/"), 0.8);
    cr_expect_eq(preset_phasing_fraction(preset_of("ont"), "models/my_ont_guppy5"), 0.7);
    cr_expect_eq(preset_phasing_fraction(preset_of("ont"), "r1041_e82_400bps_sup_v500"), 0.7);
}

Test(presets, contigs_called_by_default) {
    static const char *const called[] = {"chr1", "chr22", "chrX", "chrY", "1", "22", "X", "Y"};
    static const char *const others[] = {"chr23", "chrM",  "MT",       "chr",
                                         "",      "chr01", "chr1_alt", "0"};
    for (size_t i = 0; i < 8; i++) {
        cr_expect(preset_names_contig(called[i]), "%s", called[i]);
        cr_expect(!preset_names_contig(others[i]), "%s", others[i]);
    }
}
