#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Trains a default model for each platform, from nothing: make_model.sh FOLDER
#     REFERENCE=human.fa.gz   takes human sequence instead of synthetic (contigs of REGIONS)
#     REGIONS="chr11:200001-1900000 chr20:100001-1800000 chr20:2100001-3300000"
#     PLATFORMS="ont hifi"  LENGTH=1000000  EPOCHS=8
# Everything is seeded; what is there already is not made again.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$1
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
depths=(30 18 50 10)
read -r -a regions <<< "${REGIONS:-chr11:200001-1900000 chr20:100001-1800000 chr20:2100001-3300000}"
for platform in ${PLATFORMS:-ont hifi}; do
    samples=()
    for i in 0 1 2 3; do
        sample=$folder/${platform}_$i
        source=(--length "${LENGTH:-1000000}")
        [ -n "${REFERENCE:-}" ] && [ "$i" -lt "${#regions[@]}" ] && source=(--reference "$REFERENCE" --region "${regions[$i]}")
        "$here/sample.sh" "$platform" "$sample" "$((100 + i))" "${depths[$i]}" "${source[@]}" --snp-every 300 --indel-every 700
        samples+=("$sample")
    done
    "${PYTHON:-python3}" "$here/train.py" pileup "$folder/$platform.pt" "${samples[@]}" --epochs "${EPOCHS:-8}"
    "${RUNNEL:-runnel}" model convert "$folder/$platform.pt" -p "$platform" --half -o "$folder/$platform.h5" \
        --provenance "pileup network only, trained on simulated reads by examples/train/make_model.sh"
done
