# SPDX-License-Identifier: MIT
"""Records a session with a service as text: a line per message, ">" (to the service) or "<", the header and
the payload in hexadecimal.   record.py ADDRESS > session.txt   (the model: networks/fixtures/pileup_narrow.pt)"""
import struct, sys
import pyarrow as pa, zmq

HEADER = struct.Struct("<4sHHQQqqQI4xQ")
socket = zmq.Context.instance().socket(zmq.DEALER)
socket.connect(sys.argv[1])


def show(direction, parts):
    print(direction, parts[0].hex(), parts[1].hex() or "-")


def send(kind, sequence=0, count=0, payload=b""):
    parts = [HEADER.pack(b"RNLW", 1, kind, 0x1234, sequence, -1, -1, count, 0, len(payload)), payload]
    show(">", parts)
    socket.send_multipart(parts)


def exchange(*message, **rest):
    send(*message, **rest)
    show("<", socket.recv_multipart())


facts = {"stream": "runnel.pileup/1", "contigs": "chr1\t5000\n", "platform": "ont"}
schema = pa.schema([("contig", pa.utf8()), ("position", pa.int64()), ("reference", pa.utf8()), ("alt_info", pa.utf8()),
                    ("depth", pa.int32()), ("window", pa.list_(pa.int32(), 594))], metadata=facts)
letters = "ACGT" * 8 + "A"
window = [0] * 594
for column, letter in enumerate(letters):  # ten reads a strand, with the reference's letter
    for strand in (0, 9):
        window[18 * column + strand + "ACGT".index(letter)] = -10
for strand in (0, 9):  # but G at the site
    window[18 * 16 + strand + 2] = 10
batch = pa.record_batch([pa.array(c, f.type) for c, f in zip(
    [["chr1"], [1000], [letters], ["20-XG 20"], [20], [window]], schema)], schema=schema)

exchange(1, payload=b"role service\nbeat 60000\n")
exchange(3, payload=schema.serialize().to_pybytes())
exchange(4, sequence=1, payload=batch.serialize().to_pybytes())
exchange(7, count=2)
exchange(8, count=2)
exchange(7, count=2)  # the session is over: FAULT 4
