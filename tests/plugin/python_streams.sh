#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Our batches in pyarrow and back, our window files in h5py, the examples that talk to services.  Takes
# pyarrow, h5py and pyzmq from PyPI into a folder of the build; skipped where they cannot be had.   tests/plugin/python_streams.sh BUILD
set -euo pipefail
build=$(cd "$1" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
sample=$root/examples/sample
python=${PYTHON:-$build/python/bin/python}
if [ ! -x "$python" ]; then
    python3 -m venv "$build/python" && "$build/python/bin/pip" -q install pyarrow h5py numpy pyzmq > "$build/pip.log" 2>&1 ||
        { echo "Python's side: skipped (pyarrow, h5py and pyzmq cannot be installed)"; exit 0; }
fi
cc -std=c11 -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE -shared -fPIC -I"$root" -o "$build/bridge.so" \
    "$root/tests/plugin/python/bridge.c" "$build/librows.a" "$build/libadapters_arrow.a" "$build/libcore.a" -lm
"$build/runnel" run "reads $sample/reads.bam ! pileup ref=$sample/ref.fa ! store $build/stored.h5"
"$build/runnel" windows -o "$build/written.h5" "$sample/ref.fa" "$sample/reads.bam" 2> /dev/null
"$python" "$root/tests/plugin/python/check_streams.py" "$build/bridge.so" "$build/stored.h5" "$build/written.h5"

# ---- a stranger's client of a service: what it gets is what a line gives
scratch=$(mktemp -d)
model=$root/tests/data/networks/trained.h5
"$build/runnel" serve -m "$model" > "$scratch/address" &
service=$!
trap 'kill $service; wait; rm -r "$scratch"' EXIT
for _ in $(seq 600); do [ -s "$scratch/address" ] && break; sleep 0.05; done
"$python" "$root/examples/client.py" "$(cat "$scratch/address")" "$build/written.h5" "$sample/ref.fa.fai" ont > "$scratch/client.tsv"
line() { "$build/runnel" run -q "reads $sample/reads.bam ! $1"; }
line "pileup ref=$sample/ref.fa ! caller model=$model ! spool $scratch/calls.vcf.gz"
line "pileup ref=$sample/ref.fa ! caller model=$model ! json $scratch/pileup.json"
line "full $scratch/calls.vcf.gz ref=$sample/ref.fa ! caller model=$model ! json $scratch/full_alignment.json"
"$python" - "$scratch" << 'P'
import json, sys
table = [line.split("\t") for line in open(sys.argv[1] + "/client.tsv").read().splitlines()]
for kind in ("pileup", "full_alignment"):
    calls = [json.loads(line) for line in open(f"{sys.argv[1]}/{kind}.json")]
    ours = [[kind] + [str(call[k]) for k in ("contig", "position", "reference", "alternates", "genotype")] + [call["qual"]] for call in calls]
    theirs = [row[:6] + [float(row[6])] for row in table if row[0] == kind]
    assert len(calls) > 300 and ours == theirs, f"{kind}: {len(ours)} and {len(theirs)} calls"
print(f"client.py: {len(table)} calls of both kinds, the same as a line's")
P

# ---- listeners of published calls, one from the begin and one that comes late: all calls, none twice
"$build/runnel" run -q "reads $sample/reads.bam ! pileup ref=$sample/ref.fa batch=5 ! caller model=$model ! tap tcp://127.0.0.1:* snapshot=tcp://127.0.0.1:* tell=true linger=8 ! json $scratch/tapped.json" > "$scratch/tap" &
tapped=$!
for _ in $(seq 600); do [ -s "$scratch/tap" ] && break; sleep 0.02; done
# shellcheck disable=SC2046
listen() { timeout 60 "$python" "$root/examples/subscriber.py" $(cat "$scratch/tap") "$@"; }
listen json/ > "$scratch/early.json" & early=$!
sleep 2
listen > "$scratch/late.tsv"
listen arrow/nobody > "$scratch/none.tsv"
wait $early $tapped
cmp "$scratch/tapped.json" "$scratch/pileup.json"
cmp "$scratch/tapped.json" "$scratch/early.json"
[ ! -s "$scratch/none.tsv" ]
cut -f 2-7 "$scratch/client.tsv" | sed -n "1,$(wc -l < "$scratch/late.tsv")p" | cmp - "$scratch/late.tsv"
echo "subscriber.py: $(wc -l < "$scratch/late.tsv") calls, from the begin and late"

# ---- a live run: revisions and targets beside each other, under topics of their own
rm "$scratch/tap"
"$build/runnel" run -q "reads $sample/reads.bam any batch=2 ! live ref=$sample/ref.fa ! caller model=$model ! revise every=0 ! tap tcp://127.0.0.1:* snapshot=tcp://127.0.0.1:* tell=true linger=8 ! json $scratch/revisions.json" > "$scratch/tap" &
tapped=$!
for _ in $(seq 600); do [ -s "$scratch/tap" ] && break; sleep 0.02; done
listen json/ > "$scratch/live_calls.json" & early=$!
listen json-targets/ > "$scratch/targets.json"
wait $early $tapped
cmp "$scratch/revisions.json" "$scratch/live_calls.json"
"$python" - "$scratch/targets.json" "$scratch/revisions.json" <<'P'
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1])]
last = {(r["contig"], r["begin"]): r for r in rows}
states = {(c["contig"], c["position"]): c["state"] for c in map(json.loads, open(sys.argv[2]))}
assert len(last) < len(rows) and all(r["end"] > r["begin"] >= 1 for r in rows)
for (contig, begin), row in last.items():
    firm = sum(s == "firm" for (c, p), s in states.items() if c == contig and begin <= p <= row["end"])
    assert firm <= row["firm"] <= row["sites"], row
    assert abs(row["firm_share"] - (row["firm"] / row["sites"] if row["sites"] else 1)) < 1e-6
    assert abs(row["expected_gain"] - (1 - min(1, row["depth"] / 12) * row["firm_share"])) < 1e-6
print(f"live: {len(states)} sites, {len(rows)} rows of {len(last)} targets")
P

# ---- targets of a live run: all of them wanted at first, and what is settled is off the list at the end
# (one network, and a list each second of the twelve, as reads come ten times as fast as from a sequencer)
printf 'sim1\t1000\t20000\nsim1\t50000\t90000\n' > "$scratch/targets.bed"
mkdir -m 700 "$scratch/door"
python3 "$root/examples/flow_cell.py" --channels 64 --speed 10 "$sample/reads.bam" |
    "$build/runnel" live -q -p ont --pileup-only --targets "$scratch/targets.bed" --every 1s --tap "ipc://$scratch/door/tap" --snapshot "ipc://$scratch/door/first" -o "$scratch/live.vcf" "$sample/ref.fa" - &
live=$!
timeout 60 "$python" "$root/examples/targets.py" "ipc://$scratch/door/tap" "ipc://$scratch/door/first" > "$scratch/lists" 2> "$scratch/said" & listed=$!
timeout 60 "$python" "$root/examples/targets.py" --gain 0.4 -o "$scratch/wanted.toml" "ipc://$scratch/door/tap" "ipc://$scratch/door/first" 2> "$scratch/said.toml"
wait $listed
wait $live
grep -q "$(printf 'sim1\t50000\t90000\t0.')" "$scratch/lists"
grep -q '^2 of 2 targets still want reads' "$scratch/said"
grep -q '^targets = \[' "$scratch/wanted.toml"
[ "$(tail -1 "$scratch/said.toml")" = "0 of 2 targets still want reads" ]
echo "targets.py: $(wc -l < "$scratch/said") lists"

# ---- hostile strangers, and an honest client beside them
small=$root/tests/data/networks/fixtures/pileup_narrow.pt
"$build/runnel" serve -m "$small" > "$scratch/hostile" &
besieged=$!
for _ in $(seq 600); do [ -s "$scratch/hostile" ] && break; sleep 0.05; done
line "pileup ref=$sample/ref.fa ! caller model=$small ! json $scratch/small.json"
"$python" "$root/tests/plugin/python/hostile.py" "$(cat "$scratch/hostile")" $besieged "$root/tests/data/wire/session.txt" & hostile=$!
rounds=0
while kill -0 $hostile 2> /dev/null || [ $rounds = 0 ]; do
    line "pileup ref=$sample/ref.fa batch=20 ! remote $(cat "$scratch/hostile") ! json $scratch/beside.json"
    cmp "$scratch/small.json" "$scratch/beside.json"
    rounds=$((rounds + 1))
done
wait $hostile
kill $besieged
wait $besieged
echo "honest runs beside: $rounds, all whole"
