#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Trains the full-alignment network of a platform: make_full.sh PLATFORM FOLDER MODEL      leaves FOLDER/full_alignment.pt
#     MODEL            model (.h5 or .pt) whose pileup network says which windows are doubtful, as in calling
#     START=W.pt       weights to begin with; else from nothing
#     SAMPLES=12  LENGTH=1000000   each sample is simulated once and thinned to two lower depths
#     REFERENCE=chr20.fa  REGIONS="chr20:10000001-11000000 ..."   human sequence, one region per sample in turn;
#                      synthetic without
#     HELD=REGION      of REFERENCE, a sample to look at only, and to sharpen the heads by (without: not sharpened)
#     JOBS=N           samples made side by side; else as many as there are processors
#     TRAIN="--epochs 4"  LAST="--epochs 0.3"   options of train.py: windows cut to their reads, then a last round of whole
#                      ones.  TRAIN=none makes the samples only
# Everything is seeded; what is there already is not made again, and training goes on where it was stopped.
set -euo pipefail
export here folder platform model
here=$(cd "$(dirname "$0")" && pwd)
platform=$1 model=$(realpath "$3")
mkdir -p "$2"
folder=$(cd "$2" && pwd)
python=${PYTHON:-python3}
read -r -a regions <<< "${REGIONS:-}"
read -r -a train <<< "${TRAIN:---epochs 4}"
read -r -a last <<< "${LAST:---epochs 0.3}"
depths=(60 45 90 35 50 70)
case $platform in ont) profiles=(ont_sup ont_hac) ;; hifi) profiles=(hifi_revio hifi_sequel) ;; esac

# sample NAME SEED DEPTH PROFILE REGION: reads and labels; windows at the whole depth and two lower ones, of each fourth
# sample without haplotypes
sample() {
    local name=$folder/$1 seed=$2 depth=$3 source=(--length "${LENGTH:-1000000}") share part most
    [ -n "${REFERENCE:-}" ] && source=(--reference "$REFERENCE" --region "$5")
    [ -e "$name.3.full_alignment.h5" ] && return
    THREADS=1 "$here/sample.sh" "$platform" "$name" "$seed" "$depth" --profile "$4" "${source[@]}" --snp-every 1000 --indel-every 1200
    part=0
    for share in 0.9999 0.5 0.2; do
        part=$((part + 1))
        most=$(awk -v depth="$depth" -v share="$share" 'BEGIN { print depth * share < 20 ? 0.15 : 0.7 }')
        samtools view -s "$(awk -v share="$share" 'BEGIN { print 7 + share }')" -o "$name.$part.bam" "$name.bam"
        samtools index "$name.$part.bam"
        ln -sf "$1.fa" "$name.$part.fa"
        REFERENCES=$most PHASED=$([ $((seed % 4)) = 0 ] || echo 1) MODEL=$model \
            "$here/windows.sh" full_alignment "$name.$part"
        rm "$name.$part.bam" "$name.$part.bam.bai" "$name.$part".fa*
    done
}
export -f sample

names=()
for i in $(seq 0 $((${SAMPLES:-12} - 1))); do
    region=
    [ ${#regions[@]} = 0 ] || region=${regions[$((i % ${#regions[@]}))]}
    echo "sample full_$i $((200 + i)) ${depths[$((i % 6))]} ${profiles[$((i / 3 % 2))]} $region"
    names+=("$folder/full_$i:.1" "$folder/full_$i:.2" "$folder/full_$i:.3")
done > "$folder/plan"
held=()
if [ -n "${HELD:-}" ]; then
    echo "sample held 290 60 ${profiles[0]} $HELD" >> "$folder/plan"
    held=(--held "$folder/held:.1" "$folder/held:.2" "$folder/held:.3")
fi
tr '\n' '\0' < "$folder/plan" | xargs -0 -P "${JOBS:-$(env -u OMP_NUM_THREADS nproc)}" -I {} bash -euo pipefail -c '{}'
[ "${train[0]}" != none ] || exit 0

round=("$python" "$here/train.py" full_alignment)
[ -e "$folder/cut.pt" ] ||
    "${round[@]}" "$folder/cut.pt" "${names[@]}" "${held[@]}" ${START:+--start "$START"} --batch 64 --rate 1e-3 "${train[@]}"
[ -e "$folder/full_alignment.pt" ] ||
    "${round[@]}" "$folder/full_alignment.pt" "${names[@]}" "${held[@]}" --start "$folder/cut.pt" --whole --batch 64 --rate 1e-4 --seed 8 "${last[@]}"
