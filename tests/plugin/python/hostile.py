# SPDX-License-Identifier: MIT
"""Everything wrong that a stranger may send to a service, while an honest client works.
    hostile.py ADDRESS PID SESSION.txt     prints what was answered; fails where the service suffers"""
import collections, random, struct, sys, time
import zmq

HEADER = struct.Struct("<4sHHQQqqQI4xQ")
address, pid, recorded = sys.argv[1:]
messages = [[bytes.fromhex(part.replace("-", "")) for part in line.split()[1:]] for line in open(recorded) if line[0] == ">"]
context = zmq.Context.instance()
answers, draw = collections.Counter(), random.Random(1)


def memory():
    return next(int(line.split()[1]) for line in open(f"/proc/{pid}/status") if line.startswith("VmHWM")) // 1024


def header(kind, size, session=7, magic=b"RNLW", version=1, sequence=0, count=0):
    return HEADER.pack(magic, version, kind, session, sequence, -1, -1, count, 0, size)


def speak(*parcels, wait=20000):
    """Sends messages over a connection of its own; the kinds and codes that come back."""
    socket = context.socket(zmq.DEALER)
    socket.linger = 0
    socket.connect(address)
    for parts in parcels:
        socket.send_multipart(parts)
    heard = []
    while socket.poll({9: 20, 5: 500}.get(heard[-1][0] if heard else 0, wait)):
        answer = socket.recv_multipart()[0]
        if HEADER.unpack(answer)[2] != 7:  # a BEAT may come at any time
            heard.append((HEADER.unpack(answer)[2], HEADER.unpack(answer)[8]))
    socket.close()
    answers.update(f"{kind}.{code}" for kind, code in heard)
    return heard


def fault(heard, *codes):
    assert heard and heard[-1][0] == 9 and heard[-1][1] in codes, (heard, codes)


hello = messages[0]
before = memory()
fault(speak([b""]), 1)
fault(speak([b"RNLW" + bytes(59)]), 1)
fault(speak([header(1, 0, magic=b"HTTP"), b""]), 1)
fault(speak([header(1, 0, version=2) + bytes(64), b"later"]), 2)
for claim in (1, 1 << 31, 4 << 30, 1 << 63):
    fault(speak([header(1, claim), b""]), 1)
for kind in (0, 10, 255, 65535):
    fault(speak([header(kind, 0), b""]), 1)
for kind in (3, 4, 7):
    fault(speak([header(kind, 0), b""]), 4)  # before HELLO
fault(speak(hello, [header(4, 0, 0x1234, sequence=1), b""]), 3)  # before OPEN
assert speak([b"1", b"2", b"3", b"4", b"5", b"6"], wait=200) == []  # no message of ours at all
for parts in messages[1:3]:  # OPEN and DATA, cut after every sixteenth byte, and with a byte changed
    whole = parts[1]
    earlier = [hello] if parts is messages[1] else [hello, messages[1]]
    for size in range(0, len(whole), 16 if len(whole) < 1000 else 64):
        cut = [header(parts[0][6], size, 0x1234, sequence=parts[0][16]), whole[:size]]
        fault(speak(*earlier, cut), 7)
    for _ in range(25):
        at = draw.randrange(len(whole))
        changed = whole[:at] + bytes([whole[at] ^ 1 << draw.randrange(8)]) + whole[at + 1:]
        heard = speak(*earlier, [parts[0], changed])
        assert heard[-1][0] in (5, 9), heard
many = [[header(4, len(messages[2][1]), 0x1234, sequence=s), messages[2][1]] for s in range(1, 200)]
assert (9, 3) in speak(hello, messages[1], *many)  # beyond the credit
for _ in range(20):  # HELLO after HELLO, from few and from many
    speak(*[[header(1, 0, session=draw.getrandbits(60)), b""] for _ in range(500)], wait=200)
sockets = [context.socket(zmq.DEALER) for _ in range(300)]
for socket in sockets:
    socket.linger = 0
    socket.connect(address)
    socket.send_multipart([header(1, 0, session=1), b""])
time.sleep(0.5)
for socket in sockets:
    while socket.poll(0):
        answers.update([f"{HEADER.unpack(socket.recv_multipart()[0])[2]}.flood"])
    socket.close()
socket = context.socket(zmq.DEALER)  # a message that is too large ends the connection, not the service
socket.linger = 0
socket.connect(address)
socket.send_multipart([header(1, 80 << 20), bytes(80 << 20)])
assert not socket.poll(1000)
socket.close()
grown = memory() - before
assert grown < 200, f"the service has grown by {grown} MiB"
print(f"hostile.py: {sum(answers.values())} answers ({', '.join(f'{k}: {v}' for k, v in sorted(answers.items()))}), {grown} MiB more")
