#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The error profiles of real reads, as figures: measure_real.sh FOLDER OUT.json
# FOLDER is that of RUNNEL_REAL_DATA (GIAB HG002: ref/, bam/, truth/).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
data=$1 out=$2
measure() {
    "${PYTHON:-python3}" "$here/error_profile.py" measure "$1" "$data/ref/chr20.fa.gz" "$data/bam/$2.bam" "$3" \
        --truth "$data/truth/hg002_v4.2.1.vcf.gz" --confident "$data/truth/hg002_v4.2.1.confident.bed" --out "$out"
}
measure ont_sup hg002_ont_r10 chr20:5000001-5060000
measure ont_hac hg002_ont_r10_hac5_mv chr20:5000001-5010000
measure hifi_revio hg002_hifi_revio chr20:8980001-9050000
measure hifi_sequel hg002_hifi_sequel2 chr20:60234-171311
