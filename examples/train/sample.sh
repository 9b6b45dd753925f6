#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# One simulated sample, from nothing to windows: sample.sh PLATFORM PREFIX SEED DEPTH [simulate.py options]
# Leaves PREFIX.fa, PREFIX.truth.vcf, PREFIX.bam and PREFIX.h5.  Needs minimap2, samtools and runnel.
set -euo pipefail
platform=$1 prefix=$2 seed=$3 depth=$4
shift 4
here=$(cd "$(dirname "$0")" && pwd)
case $platform in ont) preset=map-ont machine=ONT ;; hifi) preset=map-hifi machine=PACBIO ;; esac
[ -e "$prefix.h5" ] && exit 0
"${PYTHON:-python3}" "$here/simulate.py" --platform "$platform" --seed "$seed" --depth "$depth" "$@" "$prefix"
minimap2 -t "${THREADS:-2}" -ax "$preset" -R "@RG\tID:sim\tSM:SIM\tPL:$machine" "$prefix.fa" "$prefix.fq" 2> /dev/null |
    samtools sort -o "$prefix.bam"
samtools index "$prefix.bam"
rm "$prefix.fq"
"${RUNNEL:-runnel}" run "reads $prefix.bam ! pileup ref=$prefix.fa ! store $prefix.h5"
