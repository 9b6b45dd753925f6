#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Services and sources are killed and stopped, messages dropped, delayed and doubled, at seeded points;
# the calls must be those of an undisturbed run, none twice, and the books the same.
#     tests/plugin/wire_faults.sh BUILD [KILLS]      as many kills of services at least (200)
set -uo pipefail
build=$(cd "$1" && pwd)
kills=${2:-200}
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/plugin/checks.sh"
sample=$root/examples/sample
runnel=$build/runnel
scratch=$(mktemp -d)
seed=0 harmed=0
proxies=()

trap 'kill "${proxies[@]}" 2> /dev/null; wait; rm -rf "$scratch"' EXIT
cd "$scratch"
mkdir -m 700 door
# A small network, so that a service is back soon after its death.
model=$root/tests/data/networks/fixtures/pileup_narrow.pt
windows="reads $sample/reads.bam ! pileup ref=$sample/ref.fa batch=2"
"$runnel" run -q "$windows ! caller model=$model ! vcf no-version=true whole.vcf" || exit 1
calls=$(grep -vc '^#' whole.vcf)

# begin HARM COUNT CHANCE: two proxies with a service each; their addresses go to $via.
begin() {
    proxies=()
    for i in 1 2; do
        seed=$((seed + 1))
        : > "proxy$i"
        "$build/wire_proxy" $seed "$1" "$2" "$3" "$scratch/door/$i" "$runnel" serve -t 1 -m "$model" > "proxy$i" 2> "proxy$i.err" &
        proxies+=($!)
    done
    for _ in $(seq 200); do [ -s proxy1 ] && [ -s proxy2 ] && break; sleep 0.02; done
    via=$(head -1 proxy1),$(head -1 proxy2)
}
# How much harm was done goes to $harmed; the services must have ended in peace.
end() {
    kill "${proxies[@]}"
    wait "${proxies[@]}"
    harmed=$((harmed + $(awk '/^harm/ {sum += $2} END {print sum + 0}' proxy1 proxy2)))
    proxies=()
}
# begin_line SETTINGS, then wait for $source: a run over the services at $via.
begin_line() {
    "$runnel" run -q --report books.json "$windows ! remote via=$via beat=100 $* ! vcf no-version=true out.vcf" &
    source=$!
}
line() { begin_line "$@" && wait $source; }
# The run just made is as an undisturbed one.
whole() {
    cmp -s whole.vcf out.vcf && good || bad "$1, seed $seed: the calls differ"
    python3 - "$calls" << 'P' && good || bad "$1, seed $seed: the books differ"
import json, sys
counts = next(s["counts"] for s in json.load(open("books.json"))["lines"][0] if s["stage"] == "remote")
sys.exit(not (counts["in"] == counts["used"] == counts["rows out runnel.calls/1"] == int(sys.argv[1])))
P
    rm -f out.vcf
}

# ---- kill -9
runs=0
while [ $harmed -lt "$kills" ] && [ $runs -lt 100 ]; do
    begin kill 12 10
    line && whole kill || bad "a run with kills ended with $?"
    end
    runs=$((runs + 1))
done
echo "$harmed kills of services in $runs runs"
[ $harmed -ge "$kills" ] || bad "only $harmed kills"

# ---- the main command, with both networks in two passes
harmed=0 small=$model model=$root/tests/data/networks/trained.h5
"$runnel" call -q --no-version -m "$model" -o whole2.vcf "$sample/ref.fa" "$sample/reads.bam"
begin kill 3 3
timeout 300 "$runnel" call -q --no-version --via "$via" -o out.vcf "$sample/ref.fa" "$sample/reads.bam" && cmp -s whole2.vcf out.vcf && good ||
    bad "call, seed $seed: the calls differ"
end
rm -f out.vcf
model=$small
echo "$harmed kills during a call of two passes"
[ $harmed -ge 2 ] || bad "only $harmed kills during a call"

# ---- kill -STOP, and on again later
harmed=0
for _ in 1 2 3; do
    begin stop 3 20
    line && whole stop || bad "a run with stops ended with $?"
    end
done
echo "$harmed stops of services"
[ $harmed -ge 6 ] || bad "only $harmed stops"

# ---- sources that die, and one that is stopped: the services go on for the next
harmed=0
begin source 20 30
for _ in $(seq 12); do
    begin_line
    echo $source > door/1.source
    echo $source > door/2.source
    wait $source
    rm -f door/?.source out.vcf
done 2> /dev/null
line && whole "after dead sources" || bad "a run after dead sources ended with $?"
for delay in 0.3 0.1 0.03 0.01; do # a source that has left already is not stopped: sooner, then
    begin_line
    sleep $delay
    kill -STOP $source 2> /dev/null && break
    wait $source
done
sleep 1.5
kill -CONT $source && wait $source && whole "stopped source" || bad "a source that was stopped ended with $?"
end
echo "$harmed kills of sources"
[ $harmed -ge 6 ] || bad "only $harmed kills of sources"

# ---- messages that are dropped, late, doubled
harmed=0
for _ in 1 2 3; do
    begin lossy 40 12
    line && whole lossy || bad "a run with losses ended with $?"
    end
done
echo "$harmed messages dropped, delayed or doubled"
[ $harmed -ge 60 ] || bad "only $harmed messages lost"

# ---- a source of reads that is killed, stopped, and whose messages are lost: the stream goes on
publish='exec "$0" run -q "reads $1 batch=3 ! publish $3"'
# stream HARM COUNT CHANCE: a line that reads from a source behind a proxy.
stream() {
    seed=$((seed + 1))
    : > proxy1
    "$build/wire_proxy" $seed "$1" "$2" "$3" "$scratch/door/1" /bin/sh -c "$publish" "$runnel" "$sample/reads.bam" > proxy1 2> proxy1.err &
    proxies=($!)
    for _ in $(seq 200); do [ -s proxy1 ] && break; sleep 0.02; done
    timeout 120 "$runnel" run -q "reads $(head -1 proxy1) beat=100 ! pileup ref=$sample/ref.fa batch=2 ! caller model=$model ! vcf no-version=true out.vcf" &&
        cmp -s whole.vcf out.vcf && good || bad "a stream with $1, seed $seed"
    rm -f out.vcf
    kill "${proxies[@]}"
    wait "${proxies[@]}"
    harmed=$((harmed + $(awk '/^harm/ {sum += $2} END {print sum + 0}' proxy1)))
    proxies=()
}
harmed=0
stream none 0 1
for _ in 1 2 3; do stream kill 8 8; done
echo "$harmed kills of a source of reads"
[ $harmed -ge 12 ] || bad "only $harmed kills of a source of reads"
stream stop 2 20
for _ in 1 2 3 4; do stream lossy 20 15; done

# ---- a batch that kills whoever takes it
begin poison 20 7
line 2> said && bad "a batch that cannot be computed is not told" || good
grep -q 'batch 7, 2 windows from sim1:[0-9]* on, was alone with 3 services that died' said && good || bad "said: $(cat said)"
grep -q '"left out: set aside": 2' books.json && good || bad "the books do not name it"
[ ! -e out.vcf ] && good || bad "a file that is not whole"
end
begin poison 20 7
line model="$model" 2> said && whole "poison with a model" || bad "with a model: $(cat said)"
grep -q '"computed here": 2' books.json && good || bad "the books do not tell what was computed here"
end
begin poison 20 7
line model=ont 2> said && bad "another model was fallen back on" || good
grep -q 'the model to fall back on' said && good || bad "said: $(cat said)"
end

checked
