# SPDX-License-Identifier: MIT
"""Records a session with a source in the form of session.txt.   record_source.py ADDRESS > source.txt
(the stream: runnel publish --once two.sam)"""
import struct, sys
import zmq

HEADER = struct.Struct("<4sHHQQqqQI4xQ")
socket = zmq.Context.instance().socket(zmq.DEALER)
socket.connect(sys.argv[1])


def show(direction, parts):
    print(direction, parts[0].hex(), parts[1].hex() or "-")
    return HEADER.unpack(parts[0])[2]


def send(kind, sequence=0, count=0, payload=b""):
    parts = [HEADER.pack(b"RNLW", 1, kind, 0x1234, sequence, -1, -1, count, 0, len(payload)), payload]
    show(">", parts)
    socket.send_multipart(parts)


send(1, sequence=1, count=4, payload=b"role source\nbeat 60000\n")
while show("<", socket.recv_multipart()) != 8:
    pass
send(6, sequence=2, count=1)
send(7, count=1)
show("<", socket.recv_multipart())
send(8, count=1)
