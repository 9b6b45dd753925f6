#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The command line from outside: what is printed, what is written, how it ends.
#     tests/plugin/command_line.sh BUILD
set -uo pipefail
build=$(cd "$1" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/plugin/checks.sh"
sample=$root/examples/sample
runnel=$build/runnel
scratch=$(mktemp -d)
trap 'rm -r "$scratch"' EXIT
cd "$scratch"
export TMPDIR=$scratch/tmp
mkdir tmp


# fails PATTERN COMMAND ...: one sentence on stderr, exit 1, and no file out.* is left.
fails() {
    local pattern=$1
    shift
    rm -f out.*
    expect 1 "$pattern" "$@"
    [ "$(wc -l < printed)" = 1 ] && good || bad "$* printed $(wc -l < printed) lines"
    [ -z "$(ls out.* .out* tmp 2> /dev/null | grep -v '^tmp:$')" ] && good || bad "$* left $(ls -A out.* .out* tmp 2> /dev/null | tr '\n' ' ')"
}
call() { "$runnel" call --no-version "$@"; }

ref=$sample/ref.fa bam=$sample/reads.bam

# ---- help, versions, usage
expect 0 'runnel COMMAND' "$runnel" --help
expect 2 'runnel COMMAND' "$runnel"
expect 2 "no command 'cal'" "$runnel" cal
expect 2 "no command 'c\?\[31mal'" "$runnel" $'c\e[31mal' # nothing for the terminal
expect 0 '^htslib [0-9.]+' "$runnel" --version
expect 0 'Usage: +runnel call' "$runnel" call -h
[ "$(wc -l < printed)" -le 24 ] && good || bad "call -h does not fit a screen"
expect 0 'clair3-compat' "$runnel" call --help
expect 2 'wants REF.fa and IN.bam' "$runnel" call "$ref"
expect 2 "no option '--frob'" "$runnel" call --frob "$ref" "$bam"
expect 2 "takes a whole number, not 'two'" "$runnel" call -t two "$ref" "$bam"
expect 2 "does not know what to do with 'more'" "$runnel" call "$ref" "$bam" more
expect 2 'takes the name of a file' "$runnel" call --gvcf - "$ref" "$bam"
expect 2 '--report takes the name of a file' "$runnel" call --report - "$ref" "$bam"
for option in --output -o --phased-vcf --region -R --known-sites --haploid-regions -m -s; do # a variable that is not set
    refuses 2 'takes .*, not an empty value' "$runnel" call "$option" '' "$ref" "$bam"
done
refuses 2 '--bam-fn takes FILE, not an empty value' "$runnel" call --bam_fn= --ref_fn="$ref"
expect 2 "platform takes ont.hifi, not 'ilmn'" "$runnel" call -p ilmn "$ref" "$bam"
expect 2 'threads takes 1 to 256, not 100000' "$runnel" call -t 100000 "$ref" "$bam"
expect 2 'exclude each other' "$runnel" call -R a.bed --known-sites b.vcf "$ref" "$bam"
expect 0 'runnel.pileup/1' "$runnel" inspect pileup
expect 0 '^caller ' "$runnel" inspect
expect 1 "there is no stage 'nosuch'" "$runnel" inspect nosuch
mkdir $'a\eb'; echo none > $'a\eb/runnel_none.so'
expect 0 '^runnel inspect: a\?b/runnel_none.so cannot be loaded' env RUNNEL_PLUGIN_PATH=$'a\eb' "$runnel" inspect

narrow=$root/tests/data/networks/fixtures/pileup_narrow.pt
expect 0 '^pileup +- +- +256 +2 +[1-9]' "$runnel" bench -t 2 -m "$narrow"
expect 2 'takes no files' "$runnel" bench "$ref"
expect 1 "no kernels 'abacus'" env RUNNEL_KERNELS=abacus "$runnel" bench

# ---- the main job, and that nothing about how it is run changes it
call -t 1 -o one.vcf "$ref" "$bam" || bad "runnel call"
call -t 3 -o three.vcf "$ref" "$bam"; same one.vcf three.vcf
call "$ref" "$bam" > piped.vcf; same one.vcf piped.vcf
# What rounds is told in the header, and what does not is not; the calls of this sample stay, but
# for FILTER where QUAL is within 0.5 of the 2 that passes (one of 1.86 becomes 2.01).
grep 'runnel_precision' one.vcf > /dev/null && bad "one.vcf names a precision"
if grep amx_bf16 /proc/cpuinfo > /dev/null; then
    RUNNEL_KERNELS=bf16 call -o rounded.vcf "$ref" "$bam"
    grep -x '##runnel_precision=bfloat16' rounded.vcf > /dev/null && good || bad "rounded.vcf does not name its precision"
    decided() { awk -F '\t' '!/^##/ { print $1, $2, $3, $4, $5, $6 > 1.5 && $6 < 2.5 ? "near" : $7 }' "$1"; }
    same <(decided one.vcf) <(decided rounded.vcf)
else
    expect 1 "no 'bf16' kernels" env RUNNEL_KERNELS=bf16 "$runnel" call "$ref" "$bam"
fi
call -o stdin.vcf "$ref" - < "$bam"; same one.vcf stdin.vcf
samtools view -h "$bam" > reads.sam; call -o sam.vcf "$ref" reads.sam; same one.vcf sam.vcf
samtools view -C -T "$ref" -o reads.cram "$bam"; call -o cram.vcf "$ref" reads.cram; same one.vcf cram.vcf
RUNNEL_KERNELS=scalar call -o scalar.vcf "$ref" "$bam"
cut -f1-5,9 one.vcf > a; cut -f1-5,9 scalar.vcf > b; same a b
call --ref_fn="$ref" --bam_fn "$bam" --threads=2 --sample_name SIM --output alias.vcf; same one.vcf alias.vcf
call -o one.vcf.gz "$ref" "$bam"; gzip -cd one.vcf.gz > unpacked; same one.vcf unpacked; holds test -s one.vcf.gz.tbi
call -o one.bcf "$ref" "$bam"; holds test -s one.bcf.csi
bcftools view -H one.bcf | cut -f1-5 > a; grep -v '^#' one.vcf | cut -f1-5 > b; same a b
call -O z "$ref" "$bam" | gzip -cd > unpacked; same one.vcf unpacked
mkdir folder; call --output=folder "$ref" "$bam"; holds test -s folder/merge_output.vcf.gz
holds bcftools view one.vcf.gz
expect 0 'number of SNPs' bcftools stats one.vcf.gz
"$runnel" call -o full.vcf "$ref" "$bam"
holds grep -q '^##cmdline=runnel call -o full.vcf' full.vcf
holds grep -q '^##runnel_model_digest=' full.vcf
! grep -q cmdline one.vcf && good || bad "--no-version leaves the command line"

# ---- regions: what is called there is what the whole gives there
"$runnel" call --pileup-only --no-version -o whole.vcf "$ref" "$bam"
"$runnel" call --pileup-only --no-version -r sim1:20,001-50,000 -o part.vcf "$ref" "$bam"
awk '/^#/ || ($2 > 20000 && $2 <= 50000)' whole.vcf > a; same a part.vcf
printf 'sim1\t20000\t50000\nsim1\t70000\t70100\nsim1\t30000\t30010\n' > some.bed
"$runnel" call --pileup-only --no-version -R some.bed -o part.vcf "$ref" "$bam"
awk '/^#/ || ($2 > 20000 && $2 <= 50000) || ($2 > 70000 && $2 <= 70100)' whole.vcf > a; same a part.vcf

# ---- other outputs, known sites
call --pileup-only -O j -o calls.json "$ref" "$bam"
[ "$(wc -l < calls.json)" = "$(grep -vc '^#' whole.vcf)" ] && good || bad "calls.json has $(wc -l < calls.json) lines"
call -o one.vcf --gvcf one.g.vcf.gz "$ref" "$bam"; holds test -s one.g.vcf.gz.tbi
cp "$ref" gvcf_ref.fa; samtools faidx gvcf_ref.fa
holds bcftools norm -f gvcf_ref.fa one.g.vcf.gz
holds bcftools convert --gvcf2vcf -f gvcf_ref.fa one.g.vcf.gz
grep -v '^#' whole.vcf | sed -n 1,20p | cut -f1-8 | awk 'BEGIN {print "##fileformat=VCFv4.2"} NR == 3 {$2--; $4 = "N"} {print}' OFS='\t' > known.vcf
call --pileup-only --known-sites known.vcf -o known_calls.vcf "$ref" "$bam"
[ "$(grep -vc '^#' known_calls.vcf)" = 20 ] && good || bad "known sites: $(grep -vc '^#' known_calls.vcf) records"
[ "$(grep -v '^#' known_calls.vcf | cut -f10 | grep -cx './.')" = 1 ] && good || bad "the site that nothing shows has a call"

for i in $(seq 0 7 99990); do printf 'sim1\t%d\t%d\n' "$i" $((i + 7)); done > tiles.bed
"$runnel" call --pileup-only --no-version -R tiles.bed -o part.vcf "$ref" "$bam"; same whole.vcf part.vcf

# ---- a genome scattered into ten regions, with the cut-offs and phased SNPs of all, is the whole to the byte
both() { call -q -m "$root/tests/data/networks/trained.h5" "$@"; }
both --write-phased phased.vcf.gz -o both.vcf "$ref" "$bam"
for i in 0 1 2 3 4 5 6 7 8 9; do both -r "sim1:$((i * 10000 + 1))-$(((i + 1) * 10000))" --write-cutoffs "cut.$i" -o none.vcf "$ref" "$bam"; done
cat cut.? > all.cut
for i in 0 1 2 3 4 5 6 7 8 9; do both -r "sim1:$((i * 10000 + 1))-$(((i + 1) * 10000))" --cutoffs all.cut --phased-vcf phased.vcf.gz -o "joined.$i" -O v "$ref" "$bam"; done
{ grep '^#' joined.0; cat joined.? | grep -v '^#'; } > joined.vcf; same both.vcf joined.vcf

both --write-cutoffs both.cut -o none.vcf "$ref" "$bam"
both --pileup-only --write-cutoffs pileup.cut -o none.vcf "$ref" "$bam"; same pileup.cut both.cut

expect 0 '^runnel: --cutoffs changes nothing: only the pileup network calls$' "$runnel" call --cutoffs both.cut -m "$root/tests/data/networks/fixtures/pileup_narrow.pt" -p ont -r sim1:1-5000 -o none.vcf "$ref" "$bam"
expect 0 '^runnel: --use-hp-tags changes nothing: ' "$runnel" call --pileup-only --use-hp-tags -r sim1:1-5000 -o none.vcf "$ref" "$bam"
: > empty.cut; fails 'empty.cut: is empty' "$runnel" call -q --cutoffs empty.cut -m "$root/tests/data/networks/trained.h5" -o out.vcf "$ref" "$bam"
expect 2 'gvcf_ref.fa.fai would overwrite the input ' "$runnel" call -q -o gvcf_ref.fa.fai gvcf_ref.fa "$bam"
"$runnel" explain -o pictures "$ref" "$bam" sim1:1499 > a; holds test -s pictures/pileup.png
"$runnel" explain -o pictures "$ref" "$bam" sim1:3000 > a; holds test ! -e pictures/pileup.png

# ---- an index of other reads: none for the whole, refused for a region
samtools view -h "$bam" | awk '/^@/ || $4 < 40000' | samtools view -b -o fewer.bam -; samtools index fewer.bam
cp "$bam" misfit.bam; cp fewer.bam.bai misfit.bam.bai
call -q -t 4 -o misfit.vcf "$ref" misfit.bam; call -q -o fitting.vcf "$ref" "$bam"; same misfit.vcf fitting.vcf
fails 'the index beside it is that of other reads' "$runnel" call -q -r sim1:50001-60000 -o out.vcf "$ref" misfit.bam
cp fewer.bam more.bam; cp "$bam.bai" more.bam.bai
fails 'the index beside it is that of other reads' "$runnel" call -q -r sim1:20001-30000 -o out.vcf "$ref" more.bam
samtools view -C -T "$ref" -o more.cram fewer.bam; samtools view -C -T "$ref" -o all.cram "$bam"; samtools index all.cram more.cram.crai
fails 'more.cram: .*, or its index is that of other reads' "$runnel" call -q -r sim1:20001-30000 -o out.vcf "$ref" more.cram
# One that is older is said, once; -q keeps still.
samtools index fewer.bam; touch -d '1 hour ago' fewer.bam.bai
part="$runnel call -r sim1:20001-25000 -o part.vcf $ref fewer.bam"
expect 0 "^runnel: fewer.bam: its index is older than the file; make it anew with 'samtools index'$" $part
[ "$(wc -l < printed)" = 1 ] && good || bad "an old index: $(cat printed)"
expect 0 "^runnel: fewer.bam: its index is older than the file; make it anew with 'samtools index'$" "$runnel" explain "$ref" fewer.bam sim1:21000
mv fewer.bam.bai fewer.bai # its other name
expect 0 '^runnel: fewer.bam: its index is older than the file, and is not used;' "$runnel" call -t 2 -o part.vcf "$ref" fewer.bam
$part -q 2> printed; [ ! -s printed ] && good || bad "-q: $(cat printed)"

# ---- report
call -o one.vcf --report report.json "$ref" "$bam"
expect 0 '^True' python3 -c "
import json
r = json.load(open('report.json'))
print(r['whole'] and all(s['counts'].get('in', 0) == s['counts'].get('used', 0) + sum(v for k, v in s['counts'].items() if k.startswith('left out: ')) for l in r['lines'] for s in l))"

# ---- a folder of models: the reads' basecaller chooses, and nothing is called in doubt
basecalled() { samtools view -h "$bam" | sed "s/^@RG.*/@RG\tID:1\tSM:SIM\tPL:${2:-ONT}\tDS:basecall_model=$1/"; }
mkdir models; cp "$root/tests/data/networks/trained.h5" models/r1041_e82_400bps_sup_v500.h5
basecalled dna_r10.4.1_e8.2_400bps_sup@v5.0.0 > sup.sam; basecalled dna_r10.4.1_e8.2_400bps_hac@v5.0.0 > hac.sam
call -q -m models -o chosen.vcf "$ref" sup.sam; grep -v '^##runnel_model=' chosen.vcf > a; grep -v '^##runnel_model=' both.vcf > b; same a b
holds grep -q '^##runnel_model=r1041_e82_400bps_sup_v500' chosen.vcf
fails 'basecalled by dna_r10.*hac@v5.0.0, and models has no model r1041_e82_400bps_hac_v500 \(it has r1041_e82_400bps_sup_v500.h5\)' \
    "$runnel" call -q -m models -o out.vcf "$ref" hac.sam
fails 'models is a folder of models, and the read groups do not say' "$runnel" call -q -m models -o out.vcf "$ref" "$bam"
cp -r models/r1041_e82_400bps_sup_v500.h5 models/dna_r10.4.1_e8.2_400bps_sup@v5.0.0.h5
fails 'more than one model for it \(dna_r10' "$runnel" call -q -m models -o out.vcf "$ref" sup.sam
call -q -m models/r1041_e82_400bps_sup_v500.h5 -o named.vcf "$ref" sup.sam; same chosen.vcf named.vcf
dwell=$root/tests/data/networks/fixtures/full_alignment_dwell_narrow.pt
mkdir r1041_e82_400bps_sup_v500_with_mv
cp "$dwell" r1041_e82_400bps_sup_v500_with_mv/full_alignment.pt; cp "$root/tests/data/networks/fixtures/pileup_narrow.pt" r1041_e82_400bps_sup_v500_with_mv/pileup.pt
fails 'with_mv looks at dwell times: it needs --enable-dwell-time' "$runnel" call -q -m ./r1041_e82_400bps_sup_v500_with_mv -o out.vcf "$ref" "$bam"
fails 'none of the first [0-9]+ reads has a move table' "$runnel" call -q -m ./r1041_e82_400bps_sup_v500_with_mv --enable-dwell-time -o out.vcf "$ref" "$bam"
basecalled none PACBIO > hifi.sam
fails 'model ont is for ont reads, these are hifi' "$runnel" call -q -m ont -o out.vcf "$ref" hifi.sam

# ---- explain ends in the record that call writes, whichever network has the word
both --write-cutoffs run.cut --write-phased run.phased.vcf -o explained.vcf "$ref" "$bam"
for place in $(grep -v '^#' explained.vcf | awk '{print $8, $1 ":" $2}' | sort | awk '++seen[$1] <= 4 {print $2}'); do
    "$runnel" explain -m "$root/tests/data/networks/trained.h5" --cutoffs run.cut --phased-vcf run.phased.vcf "$ref" "$bam" "$place" | tail -1 > a
    grep -P "^${place%:*}\t${place#*:}\t" explained.vcf > b; same a b
done

# ---- several samples: said once, whatever the passes
{ samtools view -H "$bam" | sed '/^@RG/{p;s/ID:[^\t]*/ID:other/;s/SM:SIM/SM:OTHER/}'; samtools view "$bam" sim1:1-9000; } | samtools view -b -o samples.bam -
samtools index samples.bam
told='the read groups name several samples (SIM, OTHER); all reads are called as one, SIM'
for threads in 1 2; do
    [ "$(call -t $threads -o out.vcf "$ref" samples.bam 2>&1)" = "runnel: $told" ] && good || bad "several samples with $threads threads"
    [ "$(call -t $threads -o out.vcf "$ref" - < samples.bam 2>&1)" = "runnel: reads: $told" ] && good || bad "several samples of a pipe"
    [ "$(call -t $threads -s ONE -o out.vcf "$ref" samples.bam 2>&1)" = "runnel: ${told%SIM}ONE" ] && good || bad "several samples and -s"
    [ -z "$(call -t $threads -s ONE -o out.vcf "$ref" - < samples.bam 2>&1)" ] && good || bad "several samples of a pipe, and -s"
done

# ---- nothing to call: a whole, empty, indexed VCF
samtools view -h "$bam" sim1:1-1 | grep '^@' > empty.sam
call -o empty.vcf.gz "$ref" empty.sam; holds test -s empty.vcf.gz.tbi
[ "$(gzip -cd empty.vcf.gz | grep -vc '^#')" = 0 ] && good || bad "records from no reads"

expect 0 '^runnel: empty.sam: no reads, so nothing is called$' "$runnel" call -o empty.vcf "$ref" empty.sam
expect 0 '^runnel: standard input: no reads' "$runnel" call --one-pass -o empty.vcf "$ref" - < empty.sam
samtools view -h "$bam" | awk -F'\t' -v OFS='\t' '/^@/ || NR < 20 {if (!/^@/) {$10 = "*"; $11 = "*"} print}' > bare.sam
expect 0 '^runnel: pileup: no read could be used: [0-9]+ no_sequence' "$runnel" call -o empty.vcf "$ref" bare.sam
# Another platform than the read groups' is taken, and told; one that nothing calls is not.
expect 0 '^runnel: the read groups say that the reads are of ONT; they are called as hifi$' "$runnel" call -p hifi -o other.vcf "$ref" "$bam"
samtools view -h "$bam" | sed '/^@RG/s/PL:ONT/PL:ILLUMINA/' | samtools view -b -o short.bam -
fails 'the read groups say that the reads are of ILLUMINA, which nothing here calls' "$runnel" call -o other.vcf "$ref" short.bam
expect 0 'are of ILLUMINA; they are called as ont$' "$runnel" call -p ont -o other.vcf "$ref" short.bam
expect 2 '^runnel call: --region is given twice; put commas between several' "$runnel" call -r sim1:1-900 -r sim1:2000-3000 -o other.vcf "$ref" "$bam"
# Nowhere to call, which is said as well.
: > empty.bed
expect 0 '^runnel: pileup: empty.bed has no region, so nothing is called$' "$runnel" call -R empty.bed -o nothing.vcf "$ref" "$bam"
expect 0 '^runnel: pileup: no contig has a name that Clair3 calls by default' "$runnel" call --clair3-compat -o nothing.vcf "$ref" "$bam"
[ "$(wc -l < printed)" = 1 ] && good || bad "bare.sam: $(cat printed)"

# ---- odd but right: colons in names, a contig over 512 Mb, many contigs
sed 's/^>.*/>HLA:A*01:2/' "$ref" > colon.fa
samtools view -h "$bam" | sed 's/SN:sim1/SN:HLA:A*01:2/; s/\tsim1\t/\tHLA:A*01:2\t/' | samtools view -b -o colon.bam -
samtools index colon.bam
call --pileup-only -o colon.vcf -r 'HLA:A*01:2:20,001-50,000' colon.fa colon.bam
grep -v '^#' colon.vcf | cut -f2- > a
awk '!/^#/ && $2 > 20000 && $2 <= 50000' whole.vcf | cut -f2- > b; same a b
{ samtools view -H "$bam" | grep -v '^@RG'; for i in $(seq 100000); do printf '@SQ\tSN:c%d\tLN:1000\n' "$i"; done; samtools view -H "$bam" | grep '^@RG'; samtools view "$bam"; } > many.sam
call --pileup-only -o many.vcf "$ref" many.sam
grep -v '^#' many.vcf > a; grep -v '^#' whole.vcf > b; same a b
printf '@HD\tVN:1.6\tSO:coordinate\n@SQ\tSN:long\tLN:600000000\n@RG\tID:1\tPL:ONT\n' > long.sam
printf 'long\t600000000\t6\t80\t81\n' > long.fa.fai; echo '>long' > long.fa; truncate -s 607500005 long.fa; echo >> long.fa # a hole
call --pileup-only -o long.vcf.gz long.fa long.sam; holds test -s long.vcf.gz.csi

# ---- what is wrong is said in one sentence
fails 'nothere.bam: cannot open' "$runnel" call -o out.vcf "$ref" nothere.bam
fails 'nothere.fa' "$runnel" call -o out.vcf nothere.fa "$bam"
fails "no model 'nosuch'" "$runnel" call -m nosuch -o out.vcf "$ref" "$bam"
head -c 1000000 "$bam" > cut.bam
fails 'cut.bam: .*truncated' "$runnel" call -o out.vcf.gz "$ref" cut.bam
fails 'standard input: .*truncated' sh -c "'$runnel' call -o out.vcf.gz '$ref' - < cut.bam"
samtools view -h "$bam" | awk '/^@/ || NR > 20' > tail.sam; samtools view "$bam" | sed -n 1,3p >> tail.sam
fails 'not sorted' "$runnel" call -o out.vcf "$ref" tail.sam
sed 's/^>.*/>other/' "$ref" > other.fa
fails "sim1" "$runnel" call -o out.vcf other.fa "$bam"
head -200 "$ref" > short.fa
fails 'sim1' "$runnel" call -o out.vcf short.fa "$bam"
samtools view -h "$bam" | sed '/^@RG/s/\tPL:ONT//' > noplatform.sam
fails 'which platform .*say -p ont or -p hifi' "$runnel" call -o out.vcf "$ref" noplatform.sam
fails "no such contig" "$runnel" call -r sim9 -o out.vcf "$ref" "$bam"
printf 'sim1\t5\tx\n' > bad.bed
fails 'bad.bed, line 1' "$runnel" call -R bad.bed -o out.vcf "$ref" "$bam"
fails 'index' "$runnel" call -r sim1 -o out.vcf "$ref" reads.cram
fails 'nowhere' "$runnel" call -q -o /nowhere/out.vcf "$ref" "$bam"
fails 'nowhere' "$runnel" call -q -o out.vcf --gvcf /nowhere/out.g.vcf "$ref" "$bam"
fails 'base error' "$runnel" call -o out.vcf --gvcf out.g.vcf --base-err 2 "$ref" "$bam"
fails 'GQ bins' "$runnel" call -o out.vcf --gvcf out.g.vcf --gq-bin-size 0 "$ref" "$bam"
refuses 2 'haploid-precise and --haploid-af exclude each other' "$runnel" call -q -o out.vcf --haploid-af 0.7 --haploid-precise "$ref" "$bam"
refuses 2 'use-hp-tags and --phased-vcf exclude each other' "$runnel" call -q -o out.vcf --use-hp-tags --phased-vcf none.vcf "$ref" "$bam"
printf 'nosuch\t5\t.\tA\tC\n' > unknown.vcf
fails 'unknown.vcf: .*nosuch' "$runnel" call -o out.vcf --known-sites unknown.vcf "$ref" "$bam"
expect 2 'no stage before it gives' "$runnel" run "reads $bam ! vcf x.vcf"
expect 2 "min-mq takes a whole number, not 'many'" "$runnel" run "reads $bam ! pileup ref=$ref min-mq=many"
expect 2 'path is given twice' "$runnel" run "reads $bam path=$bam ! pileup ref=$ref"
expect 1 "there is no stage 'nosuch'" "$runnel" run "reads $bam ! nosuch"
fails '^runnel: nodir/out.vcf cannot be written: No such file' "$runnel" call -o nodir/out.vcf "$ref" "$bam"
fails '^runnel: nodir/out.json cannot be written: No such file' "$runnel" call --report nodir/out.json -o out.vcf "$ref" "$bam"
fails '^runnel: nodir/out.json cannot be written: No such file' "$runnel" run --report nodir/out.json "reads $bam ! pileup ref=$ref ! caller ! vcf out.vcf"
fails '^runnel: nodir/cut cannot be written' "$runnel" call --write-cutoffs nodir/cut -o out.vcf "$ref" "$bam"
fails '^runnel: folder cannot be written: it is a folder' "$runnel" call --gvcf folder -o out.vcf "$ref" "$bam"
fails 'is for ' "$runnel" call -q -p hifi -m ont -o out.vcf "$ref" "$bam"

# ---- nothing is overwritten, and damaged things around the reads are said
cp "$bam" mine.bam; ln -s mine.bam link.vcf; cp "$ref" mine.fa
expect 2 'mine.bam would overwrite the input ' "$runnel" call -o mine.bam "$ref" mine.bam
expect 2 'link.vcf would overwrite the input ' "$runnel" call -o link.vcf "$ref" mine.bam
expect 2 'mine.fa would overwrite the input ' "$runnel" call --report mine.fa -o x.vcf mine.fa mine.bam
mkdir -p out; ln -s out linked
for two in 'x.vcf x.vcf' './x.vcf x.vcf' "$PWD/x.vcf x.vcf" 'linked/x.vcf out/x.vcf' 'x.vcf.gz.tbi x.vcf.gz' \
    'x.vcf.gz x.vcf.gz.tbi' 'x.bcf.csi x.bcf' '/dev/stdout -'; do
    for option in --report --write-phased --write-cutoffs; do
        expect 2 'would overwrite another output, ' "$runnel" call "$option" "${two% *}" -o "${two#* }" "$ref" "$bam"
    done
done
"$runnel" call -q --write-phased ph.vcf.gz -o x.vcf "$ref" "$bam"; cp ph.vcf.gz.tbi ph.tbi
for output in ph.vcf.gz.tbi ./ph.vcf.gz mine.bam.bai; do
    expect 2 'would overwrite the input ' "$runnel" call --phased-vcf ph.vcf.gz -o "$output" "$ref" mine.bam
done
cp ph.vcf.gz own.vcf.gz.tbi
expect 2 'own.vcf.gz would overwrite the input ' "$runnel" call --phased-vcf own.vcf.gz.tbi -o own.vcf.gz "$ref" "$bam"
same ph.vcf.gz.tbi ph.tbi; same own.vcf.gz.tbi ph.vcf.gz
expect 2 'mine.bam would overwrite the input ' "$runnel" windows -o mine.bam "$ref" mine.bam
cp mine.bam w.h5; expect 2 'w.h5 would overwrite the input ' "$runnel" plot -o w.h5 w.h5
same mine.bam "$bam"; same w.h5 "$bam"
expect 2 'takes no tabs' "$runnel" call -s "$(printf 'a\tb')" "$ref" "$bam"
expect 2 'snp-min-af takes 0 to 1' "$runnel" call --snp-min-af 2 "$ref" "$bam"
expect 2 'names no region' "$runnel" call -r , "$ref" "$bam"
printf 'sim1\t100000\t6\t0\t0\n' > mine.fa.fai
fails 'mine.fa.fai, line 1: not an index' "$runnel" call -o out.vcf mine.fa "$bam"
head -c 100000 "$root/plugin/models/ont.h5" > cut.h5
fails 'cut.h5: this is no HDF5 file, or it is damaged' "$runnel" call -m cut.h5 -o out.vcf "$ref" "$bam"
head -c 3000 "$build/plugins/runnel_vcf.so" > cut.so
fails 'the file is cut short' "$runnel" run "reads $bam ! ./cut.so"
expect 2 'would overwrite the input mine.bam' "$runnel" run "reads mine.bam ! pileup ref=$ref ! caller ! vcf ./mine.bam"
"$runnel" run "reads mine.bam ! pileup ref=$ref ! caller ! spool calls.sp"; cp calls.sp kept.sp
expect 2 'calls.sp would overwrite the input calls.sp' "$runnel" run "reads mine.bam ! phase calls.sp ref=$ref to=calls.sp"
same calls.sp kept.sp
fails 'cannot be copied onto itself' "$runnel" run "reads mine.bam copy=mine.bam ! pileup ref=$ref ! caller ! vcf out.vcf"
same mine.bam "$bam"

# ---- a pipe that closes, a signal
"$runnel" call -q "$ref" "$bam" 2> err | head -1 > /dev/null # leaves early on purpose
[ ! -s err ] && good || bad "a closed pipe is not quiet: $(cat err)"
mkfifo slow; sleep 30 > slow & holder=$!
timeout -s INT 3 "$runnel" call -o out.vcf "$ref" - < slow > printed 2>&1
[ $? != 0 ] && good || bad "an interrupted run looks whole"
kill $holder 2> /dev/null
[ -z "$(ls out.* 2> /dev/null)" ] && [ -z "$(ls tmp)" ] && good || bad "an interrupted run leaves $(ls out.* tmp)"

checked
