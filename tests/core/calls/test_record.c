/* SPDX-License-Identifier: MIT */
#include "core/calls/record.h"

#include "tests/core/calls/golden.h"

/* Every record of a run with PL, read and written again. */
Test(record, reads_what_it_writes) {
    struct lines records = golden_lines(TEST_DATA "/calls/runs/ont_gvcf_all_contigs/pileup.vcf.gz");
    struct call call = {0};
    struct text line = {0};
    struct failure why = {0};
    size_t checked = 0;
    for (size_t i = 0; i < records.count; i++) {
        if (records.line[i][0] == '#')
            continue;
        char contig[64];
        snprintf(contig, sizeof contig, "%.*s", (int)strcspn(records.line[i], "\t"),
                 records.line[i]);
        cr_assert_eq(record_parse(&call, contig, records.line[i], &why), STATUS_OK, "%s", why.text);
        text_clear(&line);
        record_append(&line, &call, RECORD_PLAIN);
        line.bytes[line.length - 1] = '\0';
        cr_assert_str_eq(line.bytes, records.line[i]);
        checked++;
    }
    cr_assert_eq(checked, 2732);
    call_free(&call);
    text_free(&line);
    golden_free(&records);
}

Test(record, non_ref_form) {
    struct call call = {0};
    struct text line = {0};
    cr_assert_eq(record_parse(&call, "c",
                              "c\t5\t.\tA\tC,G\t7.10\tPASS\tF\tGT:GQ:DP:AD:AF:PL\t1/2:"
                              "7:9:1,4,4:0.4444,0.4444:9,8,7,6,0,5",
                              NULL),
                 STATUS_OK);
    record_append(&line, &call, RECORD_NON_REF);
    cr_assert_str_eq(line.bytes, "c\t5\t.\tA\tC,G,<NON_REF>\t7.10\tPASS\tF\tGT:GQ:DP:AD:AF:PL\t1/2:"
                                 "7:9:1,4,4,0:0.4444,0.4444,0.0000:9,8,7,6,0,5,990,990,990,990\n");
    call_free(&call);
    text_free(&line);
}

Test(record, site_depth_stands_beside_depth) {
    static const char RECORD[] =
        "c\t5\t.\tA\tC\t7.10\tPASS\tF;TDP=1000000\tGT:GQ:DP:AD:AF\t0/1:7:9:"
        "1,8:0.8889\n";
    struct call call = {0};
    struct text line = {0};
    cr_assert_eq(record_parse(&call, "c", RECORD, NULL), STATUS_OK);
    cr_expect_eq(call.site_depth, 1000000);
    record_append(&line, &call, RECORD_PLAIN);
    cr_expect_str_eq(line.bytes, RECORD);
    call_free(&call);
    text_free(&line);
}

Test(record, what_is_not_a_call_is_refused) {
    static const char *const damaged[] = {
        "",
        "c\t5",
        "c\tx\t.\tA\tC\t7.10\tPASS\tF\tGT:GQ:DP:AD:AF\t0/1:7:9:1,4:0.4444",
        "c\t5\t.\tA\tC\t.\tPASS\tF\tGT:GQ:DP:AD:AF\t0/1:7:9:1,4:0.4444",
        "c\t5\t.\tA\tC\t7.10\tBad\tF\tGT:GQ:DP:AD:AF\t0/1:7:9:1,4:0.4444",
        "c\t5\t.\tA\tC\t7.10\tPASS\tX\tGT:GQ:DP:AD:AF\t0/1:7:9:1,4:0.4444",
        "c\t5\t.\tA\tC\t7.10\tPASS\tF;TDP=\tGT:GQ:DP:AD:AF\t0/1:7:9:1,4:0.4444",
        "c\t5\t.\tA\tC\t7.10\tPASS\tF;XYZ=7\tGT:GQ:DP:AD:AF\t0/1:7:9:1,4:0.4444",
        "c\t5\t.\tA\tC\t7.10\tPASS\tF\tGT:GQ\t0/1:7",
        "c\t5\t.\tA\tC\t7.10\tPASS\tF\tGT:GQ:DP:AD:AF\t0/1:7:9:1,4,5,6:0.4444",
        "c\t5\t.\tA\tC\t7.10\tPASS\tF\tGT:GQ:DP:AD:AF\t0/1:7:9:1,4:0.4,0.4,0.4",
        "c\t5\t.\tA\tC\t7.10\tPASS\tF\tGT:GQ:DP:AD:AF:PL\t0/1:7:9:1:0.4:1,2,3,4,5,6,7",
    };
    struct call call = {0};
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++)
        cr_expect_eq(record_parse(&call, "c", damaged[i], NULL), STATUS_BAD_INPUT, "%s",
                     damaged[i]);
    call_free(&call);
}
