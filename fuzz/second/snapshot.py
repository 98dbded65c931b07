"""A snapshot, from docs/formats.md, "Snapshot"."""

from pieces import Bad, MAX64, Newer, check, crc32c, number, numbers
from table import entries, entry_lines, masked, ranges, samples

MAGIC = b"HOLDSNAP\r\n"
HEADER = 39
DATA, SAMPLES, IDENTITY, END, RANGES = 1, 4, 5, 6, 7
PAYLOAD_MAX = 262144
ONE_ENTRY_MAX = 0x50000000


class Header:
    def __init__(self, data):
        check(len(data) >= HEADER and data[:10] == MAGIC)
        self.format, self.time, self.version, self.base, self.count = numbers(
            data, 10, (4, 8, 8, 8, 1))
        self.bytes = bytes(data[:HEADER])


class Reader:
    def __init__(self, data):
        self.data, self.off = data, 0
        self.blocks = self.items = 0
        self.key, self.entry_version = None, 0
        self.sample = (0, 0)

    # ---- blocks ------------------------------------------------------------------------------

    def section(self):
        """The head of a section; its blocks are masked with it."""
        self.type, self.size = numbers(self.data, self.off, (1, 8))
        head = bytes(self.data[self.off:self.off + 9])
        self.mask_base = crc32c(self.header.bytes + head)
        self.off += 9
        self.begun = self.off
        self.section_blocks = self.section_items = 0

    def block(self):
        """The next block: its kind, with the zeros behind it, and its payload."""
        off = self.off
        kind, size = numbers(self.data, off, (4, 4))
        check(1 <= size <= ONE_ENTRY_MAX)
        check(size <= PAYLOAD_MAX or kind == DATA)
        crc = number(self.data, off + 8 + size, 4)
        check(crc == crc32c(self.data[off:off + 8 + size]) ^ masked(self.mask_base, off))
        self.off = off + 12 + size
        return kind, bytes(self.data[off + 8:off + 8 + size])

    def end(self, payload):
        check(len(payload) == 16)
        check(numbers(payload, 0, (8, 8)) == [self.section_blocks, self.section_items])
        check(self.size in (0, self.off - self.begun))

    def count(self, items):
        self.section_blocks += 1
        self.section_items += items
        self.blocks += 1
        self.items += items

    # ---- sections ----------------------------------------------------------------------------

    def lines(self):
        self.header = Header(self.data)
        self.off = HEADER
        yield from self.identity()
        yield from self.content()
        self.last()
        yield f"end {self.off}"

    def identity(self):
        self.section()
        check(self.type == 0)
        kind, payload = self.block()
        check(kind == IDENTITY)
        header = self.header
        if header.format > 1:
            raise Newer
        check(header.format == 1 and len(payload) == 32)
        check(header.base <= header.version < MAX64)
        self.count(0)
        yield (f"identity {header.format} {header.time} {header.version} {header.base}"
               f" {payload[:16].hex()} {payload[16:].hex()}")
        kind, payload = self.block()
        while kind == SAMPLES:
            found = samples(payload)
            check(found[0][0] >= self.sample[0] and found[0][1] >= self.sample[1])
            check(found[-1][0] <= header.version)
            self.sample = found[-1]
            self.count(len(found))
            for version, time in found:
                yield f"sample {version} {time}"
            kind, payload = self.block()
        while kind == RANGES and header.base != 0:
            yield from self.pieces(ranges(payload), payload, "range")
            kind, payload = self.block()
        check(kind == END)
        self.end(payload)
        self.key = None

    def pieces(self, found, payload, word):
        """Ranges or entries, behind those of the blocks before."""
        for entry in found:
            self.check_entry(entry)
        self.count(len(found))
        yield f"data {self.off - 12 - len(payload)} {len(found)}"
        yield from entry_lines(found, word)

    def content(self):
        self.section()
        check(self.type == 1)
        kind, payload = self.block()
        while kind == DATA:
            found = entries(payload)
            check(len(payload) <= PAYLOAD_MAX or len(found) == 1)
            yield from self.pieces(found, payload, "put")
            kind, payload = self.block()
        check(kind == END)
        self.end(payload)

    def check_entry(self, entry):
        base, version = self.header.base, self.header.version
        check(base < entry.version <= version and not (base == 0 and entry.is_delete))
        if self.key is not None and entry.key == self.key:
            check(base != 0 and entry.version < self.entry_version)
        else:
            check(self.key is None or entry.key > self.key)
        self.key, self.entry_version = entry.key, entry.version

    def last(self):
        self.section()
        kind, payload = self.block()
        if 2 <= self.type <= 254:
            raise Newer
        check(self.type == 255 and self.header.count == 3)
        check(kind == END and len(payload) == 16)
        check(numbers(payload, 0, (8, 8)) == [self.blocks, self.items])
        check(self.size in (0, self.off - self.begun))
        check(number(self.data, self.off, 4) == crc32c(self.data[:self.off]))
        self.off += 4
        check(self.off == len(self.data))


def listing(data):
    reader = Reader(data)
    try:
        yield from reader.lines()
    except Bad:
        yield "bad"
    except Newer:
        yield "newer"
