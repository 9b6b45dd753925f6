#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Keeps a list of the targets of a live run that still want reads, for adaptive sampling; needs pyzmq.

    runnel live --targets genes.bed --tap ipc://door/tap --snapshot ipc://door/first -o calls.vcf ref.fa run &
    targets.py ipc://door/tap ipc://door/first -o wanted.bed       # or wanted.toml: targets as readfish has them

The list is written anew, whole, whenever it changes: a target is on it until further reads would hardly
change its calls (expected_gain of runnel.targets/1, plugin/STREAMS.md, below --gain).  Pores are so spent where
something is still open.  Without -o, each list is printed.
"""
import argparse, json, os, random, struct, sys
import zmq

HEADER = struct.Struct("<4sHHQQqqQI4xQ")  # plugin/WIRE.md has the fields
HELLO, END, FAULT = 1, 8, 9
PREFIX = "json-targets/"


def messages(live_address, snapshot_address):
    """(kind, topic, payload) of all messages: what went before, then what comes; each once."""
    context, seen = zmq.Context.instance(), {}
    live = context.socket(zmq.SUB)  # first listen, then ask for what went before: nothing falls between
    live.connect(live_address)
    for topic in (PREFIX, "end"):
        live.subscribe(topic)
    before = context.socket(zmq.DEALER)
    before.connect(snapshot_address)
    facts = f"role tap\ntopic {PREFIX}\n".encode()
    before.send_multipart([HEADER.pack(b"RNLW", 1, HELLO, random.getrandbits(64), 0, -1, -1, 0, 0, len(facts)), facts])
    source = before
    while True:
        topic, header, payload = source.recv_multipart()
        _, _, kind, _, sequence, *_ = HEADER.unpack(header)
        if kind == FAULT:
            sys.exit(payload.decode())
        if kind == END and source is before and topic != b"end":
            source = live
            yield None  # what went before is through
        elif kind == END:
            return
        elif sequence > seen.get(topic, 0):
            seen[topic] = sequence
            yield payload


def as_bed(targets):
    return "".join(f"{t['contig']}\t{t['begin'] - 1}\t{t['end']}\t{t['expected_gain']:.3f}\n" for t in targets)


def as_toml(targets):
    lines = [f'    "{t["contig"]},{t["begin"] - 1},{t["end"]},{strand}",\n' for t in targets for strand in "+-"]
    return "targets = [\n" + "".join(lines) + "]\n"


def write_whole(path, text):
    if path is None:
        print(text, end="", flush=True)
        return
    with open(path + ".part", "w") as file:
        file.write(text)
    os.replace(path + ".part", path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tap"), parser.add_argument("snapshot")
    parser.add_argument("-o", "--output", help="BED, or TOML where the name ends so; else standard output, as BED")
    parser.add_argument("--gain", type=float, default=0.1, help="expected gain below which a target is settled [0.1]")
    options = parser.parse_args()
    as_text = as_toml if (options.output or "").endswith(".toml") else as_bed
    known, wanted, caught_up = {}, None, False
    for payload in messages(options.tap, options.snapshot):
        for line in (payload or b"").decode().splitlines():
            target = json.loads(line)
            known[target["contig"], target["begin"], target["end"]] = target
        caught_up = caught_up or payload is None
        now = [key for key, target in known.items() if target["expected_gain"] >= options.gain]
        if caught_up and known and now != wanted:
            wanted = now
            write_whole(options.output, as_text([known[key] for key in wanted]))
            print(f"{len(wanted)} of {len(known)} targets still want reads", file=sys.stderr)


main()
