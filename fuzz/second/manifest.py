"""A manifest, from docs/formats.md, "Manifest"."""

from pieces import Bad, MAX64, Newer, check, crc32c, hexed, number, numbers

MAGIC = b"HOLDMAN\n"
ALIGN = 4096
HEAD = 88
GOOD, DAMAGED, NEWER = "good", "bad", "newer"


class Table:
    def __init__(self, data, off, limit):
        self.values = numbers(data, off, (4, 2, 2, 8, 8, 8, 8, 8))
        sizes = numbers(data, off + 48, (2, 2))
        self.limit = off + 52 + sum(sizes)
        check(self.limit <= limit and sizes[0] and (sizes[1] or self.values[2] == 1))
        keys = data[off + 52:self.limit]
        self.key_min, self.key_max = keys[:sizes[0]], keys[sizes[0]:]


class Copy:
    """A copy whose checksum is right; what it says may still not hold."""

    def __init__(self, data, off):
        check(data[off:off + 8] == MAGIC)
        self.format, self.copy, self.size = numbers(data, off + 8, (4, 4, 8))
        check(self.size >= ALIGN and self.size % ALIGN == 0 and off + self.size <= len(data))
        self.data = bytes(data[off:off + self.size])
        check(number(self.data, self.size - 4, 4) == crc32c(self.data[:-4]))
        self.uuid = self.data[24:40]
        (self.number, self.count, self.last, self.time, self.witness, self.floor,
         self.log_first, self.number_next) = numbers(self.data, 40, (4, 4, 8, 8, 8, 8, 4, 4))

    def content(self):
        """What both copies have to say alike."""
        return self.data[:12] + self.data[16:-4]

    def verdict(self, index):
        if self.format > 1:
            return NEWER
        try:
            self.check_sound(index)
        except Bad:
            return DAMAGED
        return GOOD

    def check_sound(self, index):
        check(self.format == 1 and self.copy == index and self.number != 0)
        check(self.last < MAX64 and self.number < self.number_next)
        self.tables, off, level = [], HEAD, 0
        for _ in range(self.count):
            table = Table(self.data, off, self.size - 4)
            self.check_table(table, level)
            off, level = table.limit, table.values[1]
            self.tables.append(table)
        check(not any(self.data[off:-4]) and self.size - 4 - off < ALIGN)

    def check_table(self, table, level_before):
        number_, level, is_open, size, entries, deletes, lowest, highest = table.values
        others = [other.values[0] for other in self.tables]
        check(0 < number_ < self.number_next and number_ != self.number)
        check(number_ not in others and level_before <= level <= 6 and size != 0)
        check(1 <= entries and deletes <= entries)
        check(1 <= lowest <= highest <= self.last and is_open <= 1)
        if table.key_max:
            check(table.key_min < table.key_max or (not is_open and table.key_min == table.key_max))


def copies(data):
    """The two copies, each None if its checksum is not right."""
    found = []
    try:
        found.append(Copy(data, 0))
    except Bad:
        found.append(None)
    off = found[0].size if found[0] else len(data) // 2 // ALIGN * ALIGN
    try:
        found.append(Copy(data, off))
    except Bad:
        found.append(None)
    return found


def listing(data):
    found = copies(data)
    verdicts = [copy.verdict(i) if copy else DAMAGED for i, copy in enumerate(found)]
    if all(found) and found[0].content() != found[1].content():
        verdicts = [DAMAGED, DAMAGED]
    if GOOD not in verdicts:
        yield NEWER if NEWER in verdicts else DAMAGED
        return
    yield "copies {} {}".format(*verdicts)
    copy = found[verdicts.index(GOOD)]
    yield (f"manifest {copy.uuid.hex()} {copy.number} {copy.count} {copy.last} {copy.time}"
           f" {copy.witness} {copy.floor} {copy.log_first} {copy.number_next}")
    for table in copy.tables:
        yield "table {} {} {}".format(" ".join(map(str, table.values)), hexed(table.key_min),
                                      hexed(table.key_max))
