"""A log segment, from docs/formats.md, "A segment", "Checksums" and "Reading a segment"."""

from pieces import Bad, MAX64, Newer, check, crc32c, hexed, number, numbers

MAGIC = b"HOLDWAL\n"
LENGTH_MAX = 0x3FFFFFFF
COMMIT, LINK, SEAL = 1, 2, 3


class Header:
    def __init__(self, data):
        check(len(data) >= 60 and data[:8] == MAGIC)
        check(number(data, 56, 4) == crc32c(data[:56]))
        self.format, self.sector = numbers(data, 8, (4, 4))
        if self.format > 1:
            raise Newer
        self.uuid = bytes(data[16:32])
        self.number, self.salt, self.synced, self.prepared = numbers(data, 32, (4, 4, 8, 8))
        check(self.format == 1 and self.number != 0)
        check(512 <= self.sector <= 65536 and self.sector & (self.sector - 1) == 0)
        self.base = crc32c(bytes(data[16:40]))

    def mask(self, off):
        return self.base ^ off * 0x9E3779B1 & 0xFFFFFFFF


class Group:
    """A valid group header at `off`; Bad if there is none."""

    def __init__(self, data, off, header):
        kind, self.number, self.synced, self.first, self.segment, crc = numbers(
            data, off, (4, 4, 8, 8, 4, 4))
        check(kind == 0x50555247 and self.segment == header.number)
        check(crc == crc32c(data[off:off + 28]) ^ header.mask(off))


def operations(payload):
    """The operations of a commit: (type, key, value)."""
    count, off, found = number(payload, 16, 4), 20, []
    check(count >= 1)
    for _ in range(count):
        kind, key, value, back = numbers(payload, off, (1, 2, 4, 4))
        check(kind in (1, 2, 3) and key >= 1 and back == off + 6)
        check(kind != 2 or value == 0)
        check(off + 11 + key + value <= len(payload))
        body = payload[off + 11:off + 11 + key + value]
        check(kind != 3 or value == 0 or (value <= 65535 and body[:key] < body[key:]))
        found.append((kind, body[:key], body[key:]))
        off += 11 + key + value
    check(off == len(payload))
    return found


class Frame:
    """A valid frame at `off`: Bad if there is none, Newer if a newer Holdfast wrote it."""

    def __init__(self, data, off, header):
        size, self.type, version = numbers(data, off, (4, 1, 1))
        check(1 <= size <= LENGTH_MAX)
        crc = number(data, off + 6 + size, 4)
        check(crc == crc32c(data[off:off + 6 + size]) ^ header.mask(off))
        if version != 1 or self.type not in (COMMIT, LINK, SEAL):
            raise Newer
        self.off, self.limit = off, off + 10 + size
        self.payload = bytes(data[off + 6:off + 6 + size])
        if self.type == COMMIT:
            self.version, self.time = numbers(self.payload, 0, (8, 8))
            check(self.version not in (0, MAX64))
            self.operations = operations(self.payload)
        else:
            check(size == (28 if self.type == LINK else 12))

    def lines(self):
        if self.type == LINK:
            yield "link {} {} {} {} {}".format(self.off, *numbers(self.payload, 0, (4, 8, 8, 8)))
        elif self.type == SEAL:
            yield "seal {} {} {}".format(self.off, *numbers(self.payload, 0, (8, 4)))
        else:
            yield f"commit {self.off} {self.version} {self.time} {len(self.operations)}"
            for kind, key, value in self.operations:
                word = ("put", "delete", "range")[kind - 1]
                yield f"{word} {hexed(key)}" + ("" if kind == 2 else f" {hexed(value)}")


class Walk:
    """Reads a segment from its first group to where it ends."""

    def __init__(self, data, header):
        self.data, self.header = data, header
        self.off, self.end = header.sector, header.sector
        self.groups, self.next = 0, 0
        self.witness = header.synced

    def is_zero(self, limit):
        return not any(self.data[self.off:limit])

    def boundary(self, off):
        return -(-off // self.header.sector) * self.header.sector

    def between(self):
        """The line of the group here, or None where the segment ends."""
        if self.is_zero(len(self.data)):
            return None
        group = Group(self.data, self.off, self.header)
        check(group.number == self.groups and group.first != 0)
        check(self.next in (0, group.first))
        self.groups, self.next = self.groups + 1, group.first
        self.witness = max(self.witness, group.synced)
        line = f"group {self.off} {group.number} {group.synced} {group.first} {group.segment}"
        self.off += 32
        return line

    def frame(self):
        """The frame here, or None where there is padding."""
        left = len(self.data) - self.off
        if left >= 4 and 1 <= number(self.data, self.off, 4) <= LENGTH_MAX:
            frame = Frame(self.data, self.off, self.header)
            if frame.type == COMMIT:
                check(frame.version == self.next)
                self.next += 1
            self.off = self.end = frame.limit
            return frame
        limit = min(self.boundary(self.off), len(self.data))
        check(self.is_zero(limit))
        self.off = limit
        return None

    def steps(self):
        while True:
            line = self.between()
            if line is None:
                return
            yield line
            frame = self.frame()
            while frame is not None:
                yield from frame.lines()
                frame = self.frame()

    def look_behind(self):
        """Valid group headers behind a torn place: only for the witness."""
        for off in range(self.boundary(self.end), len(self.data), self.header.sector):
            try:
                self.witness = max(self.witness, Group(self.data, off, self.header).synced)
            except Bad:
                pass


def listing(data):
    try:
        header = Header(data)
    except Bad:
        yield "header bad"
        return
    except Newer:
        yield "header newer"
        return
    yield (f"header {header.format} {header.sector} {header.uuid.hex()} {header.number}"
           f" {header.salt} {header.synced} {header.prepared}")
    walk, stop = Walk(data, header), "end"
    try:
        yield from walk.steps()
    except Bad:
        stop = "torn"
    except Newer:
        stop = "newer"
    walk.look_behind()
    yield f"{stop} {walk.end} {walk.witness}"
