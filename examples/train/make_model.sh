#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Trains a default model for each platform: make_model.sh FOLDER
#     REFERENCE=chr20.fa   takes human sequence (its REGIONS, one per sample) instead of synthetic
#     START=FOLDER         models to begin with, FOLDER/ont.h5 ...; else from nothing
#     PLATFORMS="ont hifi"  LENGTH=1000000  EPOCHS="4 2"  (of the two rounds)  DEPTHS="30 18 ..."
#     FULL="4 0.3"           also the full-alignment network (make_full.sh, which has options of its own): epochs of
#                            windows cut to their reads, and of whole ones
# The first round trains on the first two thirds of the samples, the second on all of them.  Everything is
# seeded; what is there already is not made again, and training goes on where it was stopped.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$1
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
runnel=${RUNNEL:-runnel} python=${PYTHON:-python3}
read -r -a depths <<< "${DEPTHS:-30 18 50 10 40 25 65 14 22 90 12 35}"
read -r -a epochs <<< "${EPOCHS:-4 2}"
read -r -a full <<< "${FULL:-}"
read -r -a regions <<< "${REGIONS:-chr20:200001-1200000 chr20:1200001-2200000 chr20:2200001-3200000 chr20:3200001-4200000 \
chr20:5100001-6100000 chr20:6100001-7100000 chr20:7100001-8000000 chr20:8000001-8900000 \
chr20:500001-1500000 chr20:2500001-3500000 chr20:5500001-6500000 chr20:7500001-8500000}"
first=$(((${#depths[@]} * 2 + 2) / 3))
ont=(ont_sup ont_hac ont_sup ont_sup ont_hac ont_sup ont_sup ont_hac ont_sup ont_sup ont_hac ont_sup)
hifi=(hifi_revio hifi_sequel hifi_revio hifi_sequel hifi_sequel hifi_revio hifi_sequel hifi_revio hifi_revio hifi_sequel hifi_sequel hifi_revio)

for platform in ${PLATFORMS:-ont hifi}; do
    declare -n profiles=$platform
    samples=()
    for i in "${!depths[@]}"; do
        sample=$folder/${platform}_$i
        source=(--length "${LENGTH:-1000000}")
        [ -n "${REFERENCE:-}" ] && source=(--reference "$REFERENCE" --region "${regions[$i]}")
        indels=2800
        [ "$i" -ge "$first" ] && indels=2000
        "$here/sample.sh" "$platform" "$sample" "$((100 + i))" "${depths[$i]}" --profile "${profiles[$i]}" "${source[@]}" \
            --snp-every 700 --indel-every "$indels"
        "$here/windows.sh" pileup "$sample"
        samples+=("$sample")
    done
    round=("$python" "$here/train.py" pileup)
    start=()
    [ -n "${START:-}" ] && start=(--start "$START/$platform.h5")
    made=$folder/$platform networks="pileup network only"
    mkdir -p "$made"
    [ -e "$folder/$platform.1.pt" ] ||
        "${round[@]}" "$folder/$platform.1.pt" "${samples[@]:0:$first}" "${start[@]}" --epochs "${epochs[0]}" --rate 1e-3
    [ -e "$made/pileup.pt" ] ||
        "${round[@]}" "$made/pileup.pt" "${samples[@]}" --start "$folder/$platform.1.pt" --epochs "${epochs[1]}" --rate 8e-4 --seed 8
    if [ ${#full[@]} != 0 ]; then
        networks="both networks"
        REGIONS=${REFERENCE:+${regions[*]}} TRAIN="--epochs ${full[0]}" LAST="--epochs ${full[1]}" \
            "$here/make_full.sh" "$platform" "$folder/$platform.full" "$made/pileup.pt"
        cp "$folder/$platform.full/full_alignment.pt" "$made"
    fi
    for name in "$platform" "$platform.float32"; do
        half=(--half)
        [ "$name" = "$platform" ] || half=()
        "$runnel" model convert "$made" -p "$platform" "${half[@]}" -o "$folder/$name.h5" --provenance \
            "${PROVENANCE:-$networks, trained on simulated reads by examples/train/make_model.sh}"
        "$runnel" call -q --no-version -m "$folder/$name.h5" -p "$platform" -o "$folder/$name.vcf" "${samples[0]}.fa" "${samples[0]}.bam"
    done
    # What rounding to float16 does to the calls of the first sample.
    awk -F '\t' -v platform="$platform" '/^#/ { next }
        { call = $2 FS $4 FS $5 FS substr($10, 1, 3) }
        FNR == NR { qual[call] = $6; n++; next }
        call in qual { same++; d = $6 - qual[call]; d = d < 0 ? -d : d; if (d > most) most = d }
        END { printf "%s: float16 changes %d of %d calls, QUAL of the others by %.2f at most\n", platform, n - same, n, most }' \
        "$folder/$platform.float32.vcf" "$folder/$platform.vcf"
done
