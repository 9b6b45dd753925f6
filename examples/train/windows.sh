#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The windows of a sample of sample.sh, as calling makes them:
#     windows.sh pileup PREFIX            PREFIX.pileup.h5: all candidates
#     windows.sh full_alignment PREFIX    PREFIX.full_alignment.h5: those where the pileup network (MODEL, else the
#                                         default one) says a variant, and of the others the share REFERENCES that
#                                         it is least sure of; with PHASED=1 the reads' haplotypes are shown
set -euo pipefail
kind=$1 prefix=$2
runnel=${RUNNEL:-runnel}
[ -e "$prefix.$kind.h5" ] && exit 0
candidates="reads $prefix.bam ! pileup ref=$prefix.fa"
if [ "$kind" = pileup ]; then
    "$runnel" run "$candidates ! store $prefix.pileup.h5"
    exit 0
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$runnel" run "$candidates ! caller ${MODEL:+model=$MODEL} ! spool $scratch/calls"
phase=
if [ -n "${PHASED:-}" ]; then
    phase="phase $scratch/calls ref=$prefix.fa !"
fi
"$runnel" run "reads $prefix.bam ! $phase full sites=$scratch/calls cutoffs=$scratch/calls.counts ref=$prefix.fa \
    var-pct-full=1 ref-pct-full=${REFERENCES:-0.3} ! store $prefix.full_alignment.h5"
