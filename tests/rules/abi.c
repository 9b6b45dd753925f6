/* SPDX-License-Identifier: MIT
 *
 * Prints sizes and offsets of the plugin contract on this kind of machine, for comparison with
 * abi.txt. */
#include "plugin/runnel_plugin.h"

#include <stdio.h>

#define SIZE(TYPE) printf("%s %zu\n", #TYPE, sizeof(struct TYPE))
#define AT(TYPE, FIELD) printf("%s.%s %zu\n", #TYPE, #FIELD, offsetof(struct TYPE, FIELD))

int main(void) {
    printf("ABI %u\n", RUNNEL_ABI_VERSION);
    SIZE(ArrowSchema);
    SIZE(ArrowArray);
    SIZE(runnel_batch);
    AT(runnel_batch, kind);
    AT(runnel_batch, type);
    AT(runnel_batch, sequence);
    AT(runnel_batch, mark_contig);
    AT(runnel_batch, mark_position);
    AT(runnel_batch, schema);
    AT(runnel_batch, array);
    AT(runnel_batch, retain);
    AT(runnel_batch, release);
    AT(runnel_batch, owner);
    SIZE(runnel_option);
    AT(runnel_option, type);
    AT(runnel_option, default_value);
    AT(runnel_option, help);
    SIZE(runnel_setting);
    SIZE(runnel_host);
    AT(runnel_host, version);
    AT(runnel_host, context);
    AT(runnel_host, log);
    AT(runnel_host, fail);
    AT(runnel_host, emit);
    AT(runnel_host, complete);
    AT(runnel_host, count);
    AT(runnel_host, progress);
    AT(runnel_host, extension);
    SIZE(runnel_init);
    AT(runnel_init, setting_count);
    AT(runnel_init, settings);
    AT(runnel_init, host);
    SIZE(runnel_stage);
    AT(runnel_stage, abi_version);
    AT(runnel_stage, id);
    AT(runnel_stage, version);
    AT(runnel_stage, help);
    AT(runnel_stage, option_size);
    AT(runnel_stage, option_count);
    AT(runnel_stage, options);
    AT(runnel_stage, takes);
    AT(runnel_stage, sees);
    AT(runnel_stage, gives);
    AT(runnel_stage, init);
    AT(runnel_stage, process);
    AT(runnel_stage, finish);
    AT(runnel_stage, destroy);
    AT(runnel_stage, extension);
    SIZE(runnel_plugin);
    AT(runnel_plugin, stage_count);
    AT(runnel_plugin, stages);
    return 0;
}
