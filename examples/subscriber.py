# SPDX-License-Identifier: MIT
"""Prints calls as they are published by the stage tap; needs pyzmq and pyarrow.

    runnel run 'reads in.bam ! pileup ref=ref.fa ! caller ! tap tcp://127.0.0.1:5557 snapshot=tcp://127.0.0.1:5558
                ! vcf out.vcf' &
    python3 subscriber.py tcp://127.0.0.1:5557 tcp://127.0.0.1:5558 arrow/HG002/chr20
"""
import random, struct, sys
import pyarrow as pa, zmq

HEADER = struct.Struct("<4sHHQQqqQI4xQ")  # plugin/WIRE.md has the fields
HELLO, END, FAULT = 1, 8, 9
live_address, snapshot_address, prefix = sys.argv[1], sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else "arrow/"
seen = {}  # the last message of each topic


def show(topic, header, payload):
    """Prints the calls of a message that is new; whether more will come."""
    _, _, kind, _, sequence, _, _, _, _, _ = HEADER.unpack(header)
    if kind == FAULT:
        sys.exit(payload.decode())
    if kind == END:
        return topic != b"end" and sequence == 0
    last = seen.get(topic, 0)
    if sequence > last + 1:
        print(f"missed {sequence - last - 1} messages of {topic.decode()}", file=sys.stderr)
    if sequence > last:
        seen[topic] = sequence
        if topic.startswith(b"json"):
            print(payload.decode(), end="")
        else:
            for call in pa.ipc.open_stream(payload).read_all().to_pylist():
                print(*(call[k] for k in ("contig", "position", "reference", "alternates", "genotype", "qual")), sep="\t")
    return True


context = zmq.Context.instance()
live = context.socket(zmq.SUB)  # first listen, then ask for what went before: nothing falls between
live.connect(live_address)
for topic in (prefix, "end"):
    live.subscribe(topic)
before = context.socket(zmq.DEALER)
before.connect(snapshot_address)
facts = f"role tap\ntopic {prefix}\n".encode()
before.send_multipart([HEADER.pack(b"RNLW", 1, HELLO, random.getrandbits(64), 0, -1, -1, 0, 0, len(facts)), facts])
more = True
while True:  # the snapshot ends with an END of its own
    message = before.recv_multipart()
    more = show(*message)
    if HEADER.unpack(message[1])[2] == END:
        break
while more:
    more = show(*live.recv_multipart())
