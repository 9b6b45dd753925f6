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
for how in "default:of phased SNPs" none:none; do
    grep -q "^##runnel_haplotypes=${how#*:}$" "${how%%:*}.vcf" && good || bad "haplotypes in the header of ${how%%:*}.vcf"
done
# HP tags of the reads: those that full alignment sees by itself, or none, which is said.
"$runnel" call --no-version -p ont -m "$root/tests/data/networks/trained.h5" --use-hp-tags -o tags.vcf "$ref" small.bam > printed 2>&1
grep -q '^runnel: full: no read that is used has an HP tag' printed && grep -q '^##runnel_haplotypes=of HP tags$' tags.vcf && good || bad "no HP tags: $(cat printed)"
# Haploids have none, unless some regions alone are haploid.
for more in "" --no-phasing; do call -p ont --haploid-precise $more -o "haploid$more" "$ref" small.bam; done; same haploid haploid--no-phasing
printf 'chr2\t0\t100\n' > regions.bed
for more in "" --no-phasing; do call -p ont --haploid-regions regions.bed $more -o "haploid$more" "$ref" small.bam; done
! cmp -s haploid haploid--no-phasing && good || bad "a haploid region and haplotypes"
[ -z "$(ls "$TMPDIR")" ] && good || bad "left in TMPDIR: $(ls "$TMPDIR")"

# ---- the stage, and its books
"$runnel" run "reads small.bam ! pileup ref=$ref platform=ont ! caller model=$root/tests/data/networks/trained.h5 ! spool calls" > printed 2>&1
"$runnel" run "reads small.bam ! phase calls ref=$ref platform=ont to=-" > stage.vcf
grep -v '^#' phased.vcf > a; grep -v '^#' stage.vcf > b; same a b
# Reads wait in memory or in a file, in small batches and large ones; tags that they come with do not count.
caller="caller model=$root/tests/data/networks/trained.h5"
full="full calls cutoffs=calls.counts ref=$ref platform=ont"
samtools view -h small.bam | sed '/^@/!s/$/\tHP:i:1/' | samtools view -b -o tagged.bam -
for how in "small.bam batch=5 ! phase memory=0" "small.bam batch=5 ! phase" "tagged.bam ! phase memory=0" "tagged.bam ! phase"; do
    "$runnel" run -q "reads $how calls=calls ref=$ref platform=ont ! $full ! $caller ! merge calls ! vcf other.vcf"
    grep -v '^#' default.vcf > a; grep -v '^#' other.vcf > b; same a b "reads $how"
done
call -p ont --report report.json -o other.vcf "$ref" small.bam
books() { python3 - report.json "$(grep -vc '^#' phased.vcf)" << 'END' 2>&1
import json, sys
lines = json.load(open(sys.argv[1]))["lines"]
counts = {s["stage"]: s["counts"] for s in lines[1]}["phase"]
assert len(lines) == 2 and counts["phased SNPs"] == int(sys.argv[2]) <= counts["SNPs"] and counts["phase sets"] > 0
assert counts["in"] == counts["used"] + sum(n for what, n in counts.items() if what.startswith("left out"))
END
}
[ -z "$(books)" ] && good || bad "the books of phase: $(books | tail -1)"

# ---- SNPs of haploid regions are left out
awk '!/^#/ { n[$1]++; at[$1 " " n[$1]] = $2 } END { for (c in n) print c "\t" at[c " 2"] - 1 "\t" at[c " " int(n[c] / 2)] }' phased.vcf > half.bed
call -p ont --haploid-regions half.bed --write-phased rest.vcf -o x.vcf "$ref" small.bam
inside() { awk 'FNR == NR { from[$1] = $2; to[$1] = $3; next } !/^#/ && $2 > from[$1] && $2 <= to[$1]' half.bed "$1" | wc -l; }
[ "$(inside phased.vcf)" -gt 20 ] && [ "$(inside rest.vcf)" = 0 ] && [ "$(grep -vc '^#' rest.vcf)" -gt 20 ] && good ||
    bad "phased in haploid regions: $(inside phased.vcf), $(inside rest.vcf)"

# ---- phased SNPs that somebody gives: one sample of several, doubts, and what is not of these reads.  All of it is said
# before the first read.
given=("$runnel" call --no-version -p ont -m "$root/tests/data/networks/trained.h5" -o x.vcf --phased-vcf)
samtools view -h small.bam | sed '/^@RG/d; 1a @RG\tID:1\tSM:OWN' | samtools view -b -o named.bam -
call -p ont -o default.vcf "$ref" named.bam; call -p ont --no-phasing -o none.vcf "$ref" named.bam
{ grep '^##' phased.vcf; printf '#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tOTHER\t%s\n' OWN
    grep -v '^#' phased.vcf | awk -F '\t' -v OFS='\t' '{ $10 = "0/1:." OFS $10; print }'; } > both.vcf
"${given[@]}" both.vcf "$ref" named.bam > printed 2>&1; same default.vcf x.vcf; [ ! -s printed ] && good || bad "of two samples: $(cat printed)"
bcftools view -O b -o both.bcf both.vcf; "${given[@]}" both.bcf "$ref" named.bam; same default.vcf x.vcf
refuses 1 "^runnel: both.vcf: has several samples, but none is named NOBODY, as the reads are: OTHER, OWN$" "${given[@]}" both.vcf -s NOBODY "$ref" named.bam
"${given[@]}" both.vcf -s OTHER "$ref" named.bam > printed 2>&1; grep -q '^runnel: both.vcf: no phased SNPs' printed && good || bad "the sample of -s: $(cat printed)"
grep '^#' phased.vcf > header.vcf; : > nothing.vcf; sed 's/[01]|[01]:[0-9]*$/0|1:./' phased.vcf > unset.vcf
for file in header nothing unset; do
    "${given[@]}" $file.vcf "$ref" named.bam > printed 2>&1
    [ "$(cat printed)" = "runnel: $file.vcf: no phased SNPs (GT with | and PS); full alignment sees no haplotypes" ] && good || bad "$file: $(cat printed)"
    grep -v '^#' x.vcf > a; grep -v '^#' none.vcf > b; same a b "$file.vcf"
done
"${given[@]}" header.vcf "$ref" - < named.bam > printed 2>&1; grep -q 'header.vcf: no phased SNPs' printed && good || bad "of a pipe: $(cat printed)"
sed '0,/|\([01]\):[0-9]*$/s//|\1:x/' phased.vcf > some.vcf
"${given[@]}" some.vcf "$ref" named.bam > printed 2>&1
[ "$(cat printed)" = "runnel: some.vcf: 1 heterozygous SNPs have GT with |, but no PS that is a number, and phase nothing" ] && good || bad "no PS: $(cat printed)"
"${given[@]}" <(cat phased.vcf) "$ref" named.bam; same default.vcf x.vcf "phased SNPs from a pipe"

# None of these comes to the reads, of which there are none.
place=$(awk '!/^#/ && $4 == "A" { print $1 ":" $2; exit }' phased.vcf)
awk -F '\t' -v OFS='\t' '!/^#/ && $4 == "A" && !n++ { $4 = "G" } 1' phased.vcf > other.ref.vcf
awk -F '\t' -v OFS='\t' '!/^#/ && !n++ { sub(/0\|1|1\|0/, "0|2", $10) } 1' phased.vcf > third.vcf
sed 's/^chr2\t/chr9\t/' phased.vcf > alien.vcf
head -c -28 <(bgzip -c phased.vcf) > cut.vcf.gz
refuses 1 "^runnel: other.ref.vcf: $place: REF is G, the reference has A$" "${given[@]}" other.ref.vcf "$ref" - < /dev/null
refuses 1 '^runnel: third.vcf: chr[0-9]+:[0-9]+: GT has allele 2, but ALT is [ACGT]$' "${given[@]}" third.vcf "$ref" - < /dev/null
refuses 1 '^runnel: alien.vcf: the reads know no contig .chr9.$' "${given[@]}" alien.vcf "$ref" named.bam
refuses 1 '^runnel: cut.vcf.gz: .*cut off' "${given[@]}" cut.vcf.gz "$ref" - < /dev/null
refuses 1 '^runnel: nofile: cannot be opened' "${given[@]}" nofile "$ref" - < /dev/null
for option in cutoffs haploid-regions; do refuses 1 '^runnel: nofile cannot be opened' "${given[@]}" phased.vcf --$option nofile "$ref" - < /dev/null; done
printf 'chr9x\t0\t5\n' > alien.bed
refuses 1 "alien.bed, line 1: no contig 'chr9x'" "${given[@]}" phased.vcf --haploid-regions alien.bed "$ref" named.bam
refuses 1 'takes a plain file, not /dev/fd/.*: it is read twice' "${given[@]}" phased.vcf --haploid-regions <(cat regions.bed) "$ref" named.bam
refuses 1 "^runnel: other.ref.vcf: $place: REF is G, the reference has A$" "$runnel" call -q -p ont -m "$root/tests/data/networks/trained.h5" -o x.vcf --known-sites other.ref.vcf "$ref" named.bam
refuses 1 "other.ref.vcf: $place: REF is G" "$runnel" run "reads named.bam ! full phased.vcf ref=$ref platform=ont phased=other.ref.vcf ! store x.arrow"
refuses 1 "other.ref.vcf: $place: REF is G" "$runnel" explain -p ont -m "$root/tests/data/networks/trained.h5" --phased-vcf other.ref.vcf "$ref" named.bam "$place"
rm x.vcf

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
refuses 1 'nosuch/calls: is no spool of pileup calls' "$runnel" run "reads small.bam ! phase nosuch/calls ref=$ref platform=ont"
stage() { refuses 1 "$1" "$runnel" run "reads $2 ! phase ${3:-calls} ref=$ref platform=ont to=x.vcf"; }
samtools view -h small.bam | awk '/^@/ { sub(/SO:coordinate/, "SO:unknown"); print; next } { line[NR] = $0; n = NR } END { for (i = n; line[i]; i--) print line[i] }' > back.sam
stage '^runnel: .*read .* begins before the one added last; sort the alignments by position$' "back.sam any=true"
stage '^runnel: .*memory takes 0 to 1048576 megabytes$' small.bam "calls memory=-1"
for more in counts facts; do cp calls.$more back.$more; done
{ gzip -cd calls | grep '^#'; gzip -cd calls | grep -v '^#' | tac; } | bgzip > back
stage '^runnel: .*back: chr[0-9]+:[0-9]+ comes behind a later place$' small.bam back
for more in counts facts; do refuses 2 "calls.$more would overwrite the input calls" "$runnel" run "reads small.bam ! phase calls ref=$ref platform=ont to=calls.$more"; done
refuses 1 'a read on contig  comes too late or is unknown' "$runnel" run "reads - any=true unaligned=true ! phase calls ref=$ref platform=ont to=x.vcf" < <(samtools view -H small.bam; printf 'r\t4\t*\t0\t0\t*\t*\t0\t0\tACGT\tIIII\n')
checked
