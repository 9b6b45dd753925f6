#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Whole runs of both networks from outside: one pass and two give the same, and what is left behind
# when a run cannot end.
#     tests/plugin/whole_calls.sh BUILD
set -uo pipefail
build=$(cd "$1" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/plugin/checks.sh"
inputs=$root/tests/data/calls/runs/inputs/ont
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
export TMPDIR=$scratch/tmp
mkdir tmp

call() { "$build/runnel" call --no-version -q -p ont -m "$root/tests/data/networks/trained.h5" "$@"; }

samtools view -b --write-index -o small.bam##idx##small.bam.bai "$inputs/reads.bam" chr21 chr2
ref=$inputs/ref.fa

# ---- one pass: with the cut-offs and phased SNPs of several passes, their bytes
call -t 2 --write-cutoffs cut --write-phased phased.vcf.gz -o two.vcf "$ref" "$inputs/reads.bam"
[ "$(grep -c $'\tF\t' two.vcf)" -gt 250 ] && good || bad "too few calls of full alignment: $(grep -c $'\tF\t' two.vcf)"
call -t 2 --one-pass --cutoffs cut --phased-vcf phased.vcf.gz "$ref" - < "$inputs/reads.bam" > one.vcf; same two.vcf one.vcf
call --cutoffs cut --no-phasing -o two.vcf "$ref" small.bam
for threads in 1 2 5; do call -t $threads --one-pass --cutoffs cut -o one.vcf "$ref" small.bam; same two.vcf one.vcf; done
samtools view -h small.bam | call --one-pass --cutoffs cut -o one.vcf "$ref" -; same two.vcf one.vcf
more="--haploid-af 0.65 --print-ref-calls --qual 20 --cutoffs cut -r chr21:5,001-20,000"
call $more -o two.vcf "$ref" small.bam; call $more --one-pass -o one.vcf "$ref" small.bam; same two.vcf one.vcf
# Without them the platform's fixed ones count, and the header says so.
call --one-pass -o fixed.vcf "$ref" small.bam
grep -q '^##runnel_cutoffs=variants below QUAL 35.00, reference calls below QUAL 10.00 (fixed' fixed.vcf && good || bad "no fixed cut-offs in the header"
call --one-pass -t 5 "$ref" - < small.bam > piped.vcf; same fixed.vcf piped.vcf
# A model of one network needs no second pass.
sample=$root/examples/sample single=$root/tests/data/networks/fixtures/pileup.bare.pt
"$build/runnel" call --no-version -q -p ont -m "$single" -o two_small.vcf "$sample/ref.fa" "$sample/reads.bam"
"$build/runnel" call --no-version -q -p ont -m "$single" --one-pass -o one.vcf "$sample/ref.fa" "$sample/reads.bam"; same two_small.vcf one.vcf
refuses 2 'one-pass and --gvcf exclude each other' "$build/runnel" call --one-pass --gvcf g.vcf "$ref" small.bam
refuses 2 'one-pass and --clair3-compat exclude' "$build/runnel" call --one-pass --clair3-compat "$ref" small.bam
refuses 2 'only with --cutoffs' "$build/runnel" call --one-pass --var-pct-full 0.5 "$ref" small.bam
refuses 1 'full needs a file of sites' "$build/runnel" run "reads small.bam ! full ref=$ref platform=ont ! caller ! vcf x.vcf"
[ -z "$(ls tmp)" ] && good || bad "left in TMPDIR: $(ls tmp)"

# ---- no full-alignment candidate at all: the pileup calls, merged like any other (Clair3: as they are)
none="--var-pct-full 0.0001 --ref-pct-full 0.0001"
call $none -o none.vcf "$ref" small.bam
call --pileup-only -o pileup.vcf "$ref" small.bam
grep -vE '^##(runnel_cutoffs|runnel_haplotypes|runnel_window_reads|INFO=<ID=TDP)' none.vcf > a; same a pileup.vcf
call --clair3-compat $none -o compat.vcf "$ref" small.bam
grep -q $'\tRefCall\t' compat.vcf && ! grep -q $'\tRefCall\t' none.vcf && good || bad "reference calls without candidates"

# ---- more than 10,000 reads over a window: said beforehand in the header, counted at the end
grep -q '^##runnel_window_reads=at most 10000 ' fixed.vcf && good || bad "no limit of reads in the header"
awk 'BEGIN { s = "GATTACACCTGAGGTCAATCGACTTGACCATGTCAGGATTCACGTCCATAGTCCAGTTGACATTGCAGTCA"; print ">d\n" s > "deep.fa"
    print "@HD\tVN:1.6\tSO:coordinate\n@SQ\tSN:d\tLN:" length(s) "\n@RG\tID:1\tPL:ONT"
    for (i = 0; i < 10005; i++) print "r" i "\t0\td\t1\t60\t" length(s) "M\t*\t0\t0\t" substr(s, 1, 34) (i % 2 ? "A" : "C") substr(s, 36, 16) (i % 4 ? substr(s, 52, 1) : "G") substr(s, 53) "\t*" }' > deep.sam
printf '##fileformat=VCFv4.2\nd\t35\t.\tC\tA\n' > site.vcf
"$build/runnel" run "reads deep.sam ! full site.vcf ref=deep.fa ! caller model=$root/tests/data/networks/trained.h5 ! vcf deep.vcf" > printed 2>&1
grep -q '1 windows have 10000 reads or more' printed && [ "$(grep -v '^#' deep.vcf | cut -f10 | cut -d: -f3)" = 10000 ] && good || bad "a deep window: $(cat printed) $(grep -v '^#' deep.vcf)"

# ---- amplicons: the least covered ends are called too, and INFO/TDP has the depth of the site
"$build/runnel" call -q -m "$root/tests/data/networks/trained.h5" --preset amplicon --print-ref-calls -o deep.vcf deep.fa deep.sam
grep -v '^#' deep.vcf | cut -f2,8,10 | sed 's/\t[^\t:]*:[0-9]*:/ /; s/:.*//' > a
printf '35 P;TDP=10005 10005\n52 F;TDP=10005 10000\n' | tr ' ' '\t' | sed 's/\t\([0-9]*\)$/ \1/' > b
same a b
grep -q '^##INFO=<ID=TDP,' deep.vcf && [ "$(bcftools query -f '%INFO/TDP\n' deep.vcf | sort -u)" = 10005 ] && good || bad "TDP in the header"
"$build/runnel" call -q -m "$root/tests/data/networks/trained.h5" --preset amplicon --min-coverage 10006 -o deep.vcf deep.fa deep.sam
[ "$(grep -vc '^#' deep.vcf)" = 0 ] && good || bad "an option that is given does not count more than the preset"
refuses 2 "preset takes amplicon, not 'panel'" "$build/runnel" call --preset panel deep.fa deep.sam

# ---- threads take pieces of the genome where there is an index; the bytes are those of one thread
sure="--snp-min-af 0.35 --indel-min-af 0.35" # no windows at mere errors
"$build/bench_reads" long.fa 511500 12 > long.sam # pieces meet at a SNP, 170,501
"$build/bench_reads" other.fa 260000 12 | sed 's/synthetic/other/g; s/^r/o/' > other.sam
sed 's/^>.*/>other/' other.fa >> long.fa; cat deep.fa >> long.fa; rm -f long.fa.fai
{ printf '@HD\tVN:1.6\tSO:coordinate\n@SQ\tSN:synthetic\tLN:511500\n@SQ\tSN:other\tLN:260000\n@SQ\tSN:d\tLN:71\n@RG\tID:1\tPL:ONT\n'
  grep -v '^@' long.sam; grep -v '^@' other.sam; grep -v '^@' deep.sam | sed -n 1,50p; } | samtools view -b -o long.bam -
call $sure --pileup-only -t 3 --report streamed.json -o streamed.vcf long.fa long.bam
samtools index long.bam
for threads in 1 2 3 7; do call $sure --pileup-only -t $threads --report cut.json -o one.vcf long.fa long.bam; same streamed.vcf one.vcf; done
[ "$(grep -v '^#' streamed.vcf | cut -f1 | uniq -c | awk '{ printf "%s ", $2 }')" = "synthetic other d " ] && good || bad "contigs: $(grep -v '^#' streamed.vcf | cut -f1 | uniq -c)"
expect_json() { python3 -c "
import json
a, b = (json.load(open(f))['lines'][0] for f in ('streamed.json', 'cut.json'))
assert [s['stage'] for s in a] == [s['stage'] for s in b]
assert b[0]['counts']['reads'] > a[0]['counts']['reads']  # it was cut
assert a[2]['counts']['in'] < b[1]['counts']['windows'] + 1  # those at the seams are made twice
assert a[2:] == [dict(s, cpu_seconds=t['cpu_seconds']) for s, t in zip(b[2:], a[2:])]" 2>&1; }
[ -z "$(expect_json)" ] && good || bad "the books of pieces: $(expect_json | tail -1)"
call $sure -t 1 --write-cutoffs cut1 -o streamed.vcf long.fa long.bam; call $sure -t 4 --write-cutoffs cut4 -o one.vcf long.fa long.bam; same streamed.vcf one.vcf; same cut1 cut4
samtools view -h long.bam | awk '/^@/ || NR % 4' | samtools view -b -o fewer.bam -; cp long.bam.bai fewer.bam.bai # an index of other reads
for threads in 1 4; do call $sure --pileup-only -t $threads -o fewer.$threads long.fa fewer.bam; done; same fewer.1 fewer.4
refuses 1 "no model 'nosuch'" "$build/runnel" call -q -t 4 -m nosuch -o x.vcf long.fa long.bam
cp long.bam hurt.bam; printf 'xxxxxxxxxxxxxxxx' | dd of=hurt.bam bs=1 seek=1500000 conv=notrunc 2> wait; samtools index hurt.bam 2> wait || cp long.bam.bai hurt.bam.bai
touch hurt.bam.bai; refuses 1 'hurt.bam: ' "$build/runnel" call -q -t 4 -p ont --pileup-only --snp-min-af 0.35 --indel-min-af 0.35 -m "$root/tests/data/networks/trained.h5" -o x.vcf long.fa hurt.bam
[ ! -e x.vcf ] && good || bad "a damaged file gives a VCF"

# ---- a run that cannot end leaves nothing, says one sentence, and fails
mkdir out
# left WHAT: nothing in the folders of outputs and temporary files
left() { [ -z "$(find out tmp -mindepth 1)" ] && good || bad "$1 leaves $(find out tmp -mindepth 1 | tr '\n' ' ')"; rm -rf out/* out/.??* tmp/*; }
said() { [ "$(wc -l < printed)" = 1 ] && grep -qE "$2" printed && good || bad "$1 said: $(head -3 printed)"; }
run=("$build/runnel" call -q -t 1 -p ont -m "$root/tests/data/networks/trained.h5" -o out/o.vcf.gz --gvcf out/o.g.vcf.gz "$ref")
# stopped SIGNAL FILE: a signal once the file of the temporary folder is there
stopped() {
    env --default-signal=INT,TERM,HUP "${run[@]}" small.bam > printed 2>&1 &
    local pid=$!
    until ls tmp/runnel-*/$2 > wait 2>&1 || ! kill -0 $pid 2> wait; do sleep 0.02; done
    kill -"$1" $pid
    wait $pid
    [ $? = 1 ] && good || bad "SIG$1 at $2 ends with another code than 1"
    said "SIG$1" 'interrupted; no calls were written|told to stop; no calls were written'
    left "SIG$1 at $2"
}
stopped TERM calls.blocks
stopped INT calls.vcf.gz.facts
stopped TERM calls.vcf.gz.counts # between the passes, or in the second
stopped INT calls.vcf.gz.counts
stopped HUP calls.vcf.gz.tbi
# A signal that is ignored stays so: nohup.
(trap '' HUP; exec "${run[@]}" small.bam) > printed 2>&1 &
until ls tmp/runnel-*/calls.blocks > wait 2>&1 || ! kill -0 $! 2> wait; do sleep 0.02; done
kill -HUP $!; wait $! && [ -s out/o.vcf.gz ] && good || bad "an ignored SIGHUP ends a run"; rm -f out/*
# No room: a limit on the size of files, then a full disk, at several sizes.
for kilobytes in 1 10 18 30; do
    (ulimit -f $kilobytes; exec "${run[@]}" small.bam) > printed 2>&1; [ $? = 1 ] && good || bad "no failure at $kilobytes kB"
    said "a limit of $kilobytes kB" 'File too large'; left "a limit of $kilobytes kB"
done
(ulimit -f 100; exec "${run[@]}" - < small.bam) > printed 2>&1; [ $? = 1 ] && good || bad "no failure of the copied reads"
said "a limit for the reads of a pipe" 'File too large'; left "a limit for the reads of a pipe"
if mount -t tmpfs -o size=24k tmpfs out 2> wait; then
    "${run[@]}" small.bam > printed 2>&1; [ $? = 1 ] && good || bad "no failure on a full disk"
    said "a full disk of outputs" 'No space left'; left "a full disk of outputs"; umount out
    mount -t tmpfs -o size=32k tmpfs tmp
    "${run[@]}" small.bam > printed 2>&1; [ $? = 1 ] && good || bad "no failure on a full disk"
    said "a full disk of temporary files" 'No space left'; left "a full disk of temporary files"; umount tmp
else
    echo "full disks: skipped (mount is not allowed)"
fi
# A closed pipe is not worth a word.
for type in v z b j; do
    "$build/runnel" call -q -t 1 -p ont -m "$root/tests/data/networks/trained.h5" --gvcf out/o.g.vcf.gz -O $type "$ref" small.bam 2> printed | head -c 10 > wait # leaves early on purpose
    code=${PIPESTATUS[0]}
    [ ! -s printed ] && [ "$code" -le 1 ] && good || bad "a closed pipe of type $type says $(cat printed) and ends with $code"
    rm -f out/*; left "a closed pipe of type $type"
done

checked
