#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Plays reads as a flow cell gives them: each read gets a channel and a start time, takes as long as its bases
do, and is written when its last base has passed.  Needs samtools for all but FASTQ.

    flow_cell.py reads.bam | runnel live -p ont -o calls.vcf ref.fa -
    flow_cell.py --speed 0 --as bam reads.fq.gz | runnel publish --live --once --bind ipc://door/reads -
    flow_cell.py --to run --as fastq.gz --per-file 200 --speed 20 reads.fq &  runnel live --idle 1m ... run

Reads come from FASTQ (examples/train/simulate.py makes some), or from BAM, CRAM or SAM: aligned ones are taken back to
what the basecaller gave, or stay aligned with --aligned.  Which read goes through which channel, and when, is
drawn from --seed alone.
"""
import argparse, gzip, heapq, os, random, subprocess, sys, time
from datetime import datetime, timedelta, timezone

HEADER = "@HD\tVN:1.6\tSO:unknown\n@RG\tID:flow_cell\tSM:SIM\tPL:ONT\n"
START = datetime(2026, 1, 1, tzinfo=timezone.utc)


def fastq_reads(lines):
    """(length, tags, record) of each read; a record is (name, letters, qualities)."""
    for head in lines:
        letters, _, qualities = next(lines).rstrip("\n"), next(lines), next(lines).rstrip("\n")
        name, *tags = head[1:].rstrip("\n").split("\t")
        yield len(letters), [t for t in tags if t[:2] in ("mv", "ts")], (name.split(" ")[0], letters, qualities)


def load(path, aligned):
    """The header of aligned reads (or ours), and all reads."""
    if path.endswith((".fq", ".fastq", ".gz")):
        with (gzip.open if path.endswith(".gz") else open)(path, "rt") as file:
            return HEADER, list(fastq_reads(file))
    def tell(*command):
        return subprocess.run(["samtools", *command, path], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    if not aligned:
        return HEADER, list(fastq_reads(iter(tell("fastq", "-n", "-T", "mv,ts").splitlines())))
    reads = []
    for line in tell("view").splitlines():
        fields = line.split("\t")
        tags = [t for t in fields[11:] if t[:3] not in ("st:", "ch:")]
        reads.append((len(fields[9]), tags, fields[:11]))
    return tell("view", "-H", "--no-PG").replace("SO:coordinate", "SO:unknown"), reads


def played(reads, channels, bases_per_second, gap, random):
    """(second of the end, second of the start, channel, read) in the order in which reads end."""
    waiting = list(reads)
    random.shuffle(waiting)
    waiting.reverse()
    under_way = []
    def begin(channel, now):
        if waiting:
            read = waiting.pop()
            start = now + random.expovariate(1 / gap)
            heapq.heappush(under_way, (start + read[0] / bases_per_second, channel, start, len(waiting), read))
    for channel in range(1, channels + 1):
        begin(channel, 0)
    while under_way:
        end, channel, start, _, read = heapq.heappop(under_way)
        yield end, start, channel, read
        begin(channel, end)


def as_text(read, start, channel, form):
    _, tags, record = read
    st = (START + timedelta(seconds=start)).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+00:00"
    tags = [f"st:Z:{st}", f"ch:i:{channel}", *tags]
    if form.startswith("fastq"):
        name, letters, qualities = record
        return "\t".join([f"@{name}", *tags]) + f"\n{letters}\n+\n{qualities}\n"
    if len(record) == 3:
        name, letters, qualities = record
        record = [name, "4", "*", "0", "0", "*", "*", "0", "0", letters, qualities]
        tags.append("RG:Z:flow_cell")
    return "\t".join([*record, *tags]) + "\n"


class Sink:
    """One output: a pipe, or a file of a folder."""

    def __init__(self, form, header, out):
        self.form, self.child = form, None
        if form == "bam":
            self.child = subprocess.Popen(["samtools", "view", "--no-PG", "-b", "-"], stdin=subprocess.PIPE, stdout=out)
            self.file = self.child.stdin
        else:
            self.file = gzip.GzipFile(fileobj=out, mode="wb", compresslevel=1, mtime=0) if form == "fastq.gz" else out
        self.out = out
        if form in ("bam", "sam"):
            self.file.write(header.encode())

    def write(self, text):
        self.file.write(text.encode())
        self.file.flush()  # a read is there when it has been written
        self.out.flush()

    def close(self):
        if self.file is not self.out:
            self.file.close()
        self.out.close()
        if self.child is not None and self.child.wait() != 0:
            sys.exit("flow_cell.py: samtools failed")


class Folder:
    """Files of so many reads, written under a name that begins with a dot and renamed, or grown in place."""

    def __init__(self, path, form, header, per_file, grow):
        self.path, self.form, self.header, self.per_file, self.grow = path, form, header, per_file, grow
        self.sink, self.files, self.reads = None, 0, 0
        os.makedirs(path, exist_ok=True)

    def write(self, text):
        if self.sink is None:
            self.name = f"reads_{self.files:04d}.{self.form}"
            self.now = self.name if self.grow else f".{self.name}.part"
            self.sink = Sink(self.form, self.header, open(os.path.join(self.path, self.now), "wb"))
        self.sink.write(text)
        self.reads += 1
        if self.reads % self.per_file == 0:
            self.close()

    def close(self):
        if self.sink is not None:
            self.sink.close()
            os.rename(os.path.join(self.path, self.now), os.path.join(self.path, self.name))
            self.sink, self.files = None, self.files + 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reads", help="FASTQ, BAM, CRAM or SAM")
    parser.add_argument("--to", default="-", help="a folder; else standard output")
    parser.add_argument("--as", dest="form", choices=["fastq", "fastq.gz", "sam", "bam"], help="else fastq, or sam with --aligned")
    parser.add_argument("--aligned", action="store_true", help="reads of a BAM stay aligned")
    parser.add_argument("--channels", type=int, default=512)
    parser.add_argument("--bases-per-second", type=float, default=400, help="of each channel [400]")
    parser.add_argument("--gap", type=float, default=1, help="mean seconds between two reads of a channel [1]")
    parser.add_argument("--speed", type=float, default=1, help="times as fast as a flow cell; 0: as fast as can be [1]")
    parser.add_argument("--per-file", type=int, default=100, help="reads of a file [100]")
    parser.add_argument("--grow", action="store_true", help="files grow in place under their name")
    parser.add_argument("--log", help="write here when each read was written: name, tab, seconds of the clock")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    form = options.form or ("sam" if options.aligned else "fastq")
    if options.aligned and form.startswith("fastq"):
        parser.error("aligned reads do not go into FASTQ")
    header, reads = load(options.reads, options.aligned)
    sink = Sink(form, header, sys.stdout.buffer) if options.to == "-" else Folder(options.to, form, header, options.per_file, options.grow)
    log = open(options.log, "w") if options.log else None
    begun = time.monotonic()
    for end, start, channel, read in played(reads, options.channels, options.bases_per_second, options.gap, random.Random(options.seed)):
        if options.speed > 0:
            time.sleep(max(0, begun + end / options.speed - time.monotonic()))
        sink.write(as_text(read, start, channel, form))
        if log:
            print(read[2][0], f"{time.time():.3f}", sep="\t", file=log, flush=True)
    sink.close()


try:
    main()
except BrokenPipeError:  # whoever reads has had enough
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
