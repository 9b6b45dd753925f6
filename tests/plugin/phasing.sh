#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Phasing by call and by the stage:  tests/plugin/phasing.sh BUILD
set -uo pipefail
build=$(cd "$1" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/plugin/checks.sh"
runs=$root/tests/data/calls/runs
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
export TMPDIR="$scratch/with a blank"
mkdir "$TMPDIR"
runnel=$build/runnel
call() { "$runnel" call --no-version -q -m "$root/tests/data/networks/trained.h5" "$@"; }

# compare THEIRS OURS: SNPs that both phase, how often neighbours of one phase set of both are on one haplotype here and
# on two there, and how many only one has.
compare() {
    awk -F '\t' '/^#/ || $10 !~ /^[01]\|[01]/ { next }
        { key = $1 ":" $2 ":" $5; n = split($10, v, ":"); set = v[n]; gt = substr($10, 1, 3) }
        FNR == NR { theirs[key] = gt; sets[key] = set; next }
        !(key in theirs) { ours++; next }
        { both++; now = (theirs[key] == gt) " " ; names = $1 sets[key] " " set }
        names == before && now != last { switches++ }
        { before = names; last = now; delete theirs[key] }
        END { for (key in theirs) only++; print both + 0, switches + 0, only + 0, ours + 0 }' "$1" "$2"
}
vcf() { for file; do gzip -cd < "$file"; done; }

# ---- HiFi: what WhatsHap says of the same calls; nanopore, of whose calls more than half are wrong: what is true
inputs=$runs/inputs/hifi
call --clair3-compat -p hifi --write-phased phased.vcf.gz -o hifi.vcf "$inputs/ref.fa" "$inputs/reads.bam"
vcf "$runs/hifi_default/phased"/*.vcf.gz > theirs.vcf; vcf phased.vcf.gz > ours.vcf
read -r both switches theirs ours <<< "$(compare theirs.vcf ours.vcf)"
[ "$both" = 131 ] && [ "$switches $theirs $ours" = "0 0 0" ] && good || bad "HiFi beside WhatsHap: $both $switches $theirs $ours"
grep -q '^##FORMAT=<ID=PS,' ours.vcf && [ -s phased.vcf.gz.tbi ] && good || bad "no PS, or no index"
inputs=$runs/inputs/ont
call --clair3-compat -p ont --write-phased phased.vcf.gz -o ont.vcf "$inputs/ref.fa" "$inputs/reads.bam"
vcf "$inputs/truth.vcf.gz" > theirs.vcf; vcf phased.vcf.gz > ours.vcf
read -r both switches theirs ours <<< "$(compare theirs.vcf ours.vcf)"
[ "$both" -gt 230 ] && [ "$switches" = 0 ] && [ "$ours" -lt 25 ] && good || bad "nanopore beside the truth: $both $switches $theirs $ours"

# ---- the default is a run with what it writes, from a file or a pipe, with any number of threads
samtools view -b --write-index -o small.bam##idx##small.bam.bai "$inputs/reads.bam" chr21 chr2
ref=$inputs/ref.fa
call -p ont -t 1 --write-phased phased.vcf -o default.vcf "$ref" small.bam
call -p ont -t 1 -o quiet.vcf "$ref" small.bam; same default.vcf quiet.vcf
call -p ont -t 3 -o other.vcf "$ref" small.bam; same default.vcf other.vcf
call -p ont -t 2 -o other.vcf "$ref" - < small.bam; same default.vcf other.vcf
call -p ont -t 2 --phased-vcf phased.vcf -o other.vcf "$ref" small.bam; same default.vcf other.vcf
call -p ont -t 2 --no-phasing -o none.vcf "$ref" small.bam; ! cmp -s default.vcf none.vcf && good || bad "haplotypes change nothing"
call -p ont -t 2 --no_phasing_for_fa -o other.vcf "$ref" small.bam; same none.vcf other.vcf
# Haploids have none, unless some regions alone are haploid.
for more in "" --no-phasing; do call -p ont --haploid-precise $more -o "haploid$more" "$ref" small.bam; done; same haploid haploid--no-phasing
printf 'chr2\t0\t100\n' > regions.bed
for more in "" --no-phasing; do call -p ont --haploid-regions regions.bed $more -o "haploid$more" "$ref" small.bam; done
! cmp -s haploid haploid--no-phasing && good || bad "a haploid region and haplotypes"
[ -z "$(ls "$TMPDIR")" ] && good || bad "left in TMPDIR: $(ls "$TMPDIR")"

# ---- the stage, and its books
"$runnel" run "reads small.bam ! pileup ref=$ref platform=ont ! caller model=$root/tests/data/networks/trained.h5 ! spool calls" > printed 2>&1
"$runnel" run "reads small.bam ! phase calls ref=$ref platform=ont" > stage.vcf
grep -v '^#' phased.vcf > a; grep -v '^#' stage.vcf > b; same a b
call -p ont --report report.json -o other.vcf "$ref" small.bam
books() { python3 - report.json "$(grep -vc '^#' phased.vcf)" << 'END' 2>&1
import json, sys
lines = json.load(open(sys.argv[1]))["lines"]
counts = {s["stage"]: s["counts"] for s in lines[1]}["phase"]
assert len(lines) == 3 and counts["phased SNPs"] == int(sys.argv[2]) <= counts["SNPs"] and counts["phase sets"] > 0
assert counts["in"] == counts["used"] + sum(n for what, n in counts.items() if what.startswith("left out"))
END
}
[ -z "$(books)" ] && good || bad "the books of phase: $(books | tail -1)"

# ---- what cannot be
for other in --no-phasing --one-pass --pileup-only "--phased-vcf phased.vcf"; do
    refuses 2 "write-phased and ${other%% *} exclude each other" "$runnel" call --write-phased p.vcf $other -o x.vcf "$ref" small.bam
done
refuses 2 'no-phasing and --phased-vcf exclude each other' "$runnel" call --no-phasing --phased-vcf phased.vcf -o x.vcf "$ref" small.bam
refuses 2 'haploid genomes are not phased' "$runnel" call --write-phased p.vcf --haploid-precise -o x.vcf "$ref" small.bam
refuses 2 'takes a plain file, not /dev/null' "$runnel" call --write-phased /dev/null -o x.vcf "$ref" small.bam
refuses 1 'the model has no full-alignment network' "$runnel" call -q -p ont -m "$root/tests/data/networks/fixtures/pileup.bare.pt" --write-phased p.vcf -o x.vcf "$ref" small.bam
[ ! -e p.vcf ] && [ ! -e x.vcf ] && good || bad "a run that was refused left files"
call -p ont -s NAME --haploid-regions regions.bed --haploid-precise --write-phased named.vcf -o x.vcf "$ref" small.bam
grep -q $'^#CHROM.*FORMAT\tNAME$' named.vcf && good || bad "the sample of phased SNPs"
refuses 2 'small.bam' "$runnel" call --write-phased small.bam -o x.vcf "$ref" small.bam
refuses 1 'nodir/p.vcf cannot be written' "$runnel" call --write-phased nodir/p.vcf -o x.vcf "$ref" small.bam
refuses 1 'calls.counts' "$runnel" run "reads small.bam ! phase nosuch/calls ref=$ref platform=ont"
checked
