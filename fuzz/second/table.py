"""A sorted table, from docs/formats.md, "Tables"; its blocks are those of snapshots too."""

from pieces import Bad, MAX64, Newer, check, crc32c, hexed, number, numbers, step, varint

MAGIC = b"HOLDTAB\n"
META = 144
DATA, INDEX, FILTER, SAMPLES, RANGES = 1, 2, 3, 4, 7
PAYLOAD_MAX = 0x50000000
EXCESS_MAX = 4 << 20


def masked(base, off):
    low, high = off & 0xFFFFFFFF, off >> 32
    return base ^ low * 0x9E3779B1 & 0xFFFFFFFF ^ high * 0x85EBCA6B & 0xFFFFFFFF


# ---- meta ------------------------------------------------------------------------------------


class Meta:
    NAMES = ("number", "file_size", "entries", "deletes", "version_min", "version_max",
             "data_size", "root_off", "root_size", "depth", "filter_off", "filter_count",
             "samples_off", "samples_size", "block_max", "loaded_max", "key_max", "entry_max",
             "ranges_size")
    SIZES = (4, 8, 8, 8, 8, 8, 8, 8, 4, 4, 8, 4, 8, 4, 4, 4, 4, 4, 4)

    def __init__(self, data):
        check(len(data) >= META and data[:8] == MAGIC)
        check(number(data, 140, 4) == crc32c(data[:140]))
        self.format = number(data, 8, 4)
        if self.format > 1:
            raise Newer
        self.uuid = bytes(data[12:28])
        self.values = numbers(data, 28, self.SIZES)
        for name, value in zip(self.NAMES, self.values):
            setattr(self, name, value)
        check(self.format == 1 and self.number != 0)
        self.check_counts()
        self.check_places()
        self.base = crc32c(MAGIC + self.uuid + self.number.to_bytes(4, "little"))

    def check_counts(self):
        check(1 <= self.entries and self.deletes <= self.entries)
        check(1 <= self.version_min <= self.version_max < MAX64)
        check(1 <= self.key_max <= 65535 and self.key_max <= self.entry_max)
        check(self.entry_max <= self.data_size and self.entry_max < self.loaded_max)
        check(self.loaded_max <= self.block_max + EXCESS_MAX)
        check(1 <= self.depth <= 8)

    def check_places(self):
        check(2 * META <= self.file_size < 1 << 63)
        check(self.is_inside(self.root_off, self.root_size))
        check(self.root_size <= self.block_max <= self.file_size - 2 * META)
        if self.filter_count == 0:
            check(self.filter_off == 0)
        else:
            check(self.is_inside(self.filter_off, self.filter_count * (4096 + 12)))
        if self.samples_off or self.samples_size:
            check(self.is_inside(self.samples_off, self.samples_size))
        if self.ranges_size:
            check(12 < self.ranges_size <= self.file_size - 2 * META)

    def is_inside(self, off, size):
        """A block between the metas has a head, a crc and a payload."""
        return size > 12 and META <= off and off + size <= self.file_size - META


# ---- payloads --------------------------------------------------------------------------------


class Entry:
    def __init__(self, key, value, version, time, is_delete):
        self.key, self.value, self.version, self.time = key, value, version, time
        self.is_delete = is_delete


def rounded(size):
    return -(-size // 8) * 8


def entries(payload):
    """The entries of a data or index payload."""
    count, loaded = numbers(payload, 0, (4, 4))
    found, off, key, version, time = [], 8, b"", 0, 0
    need = rounded(16 + 12 * count)
    check(count >= 1)
    for _ in range(count):
        shared, off = varint(payload, off)
        rest, off = varint(payload, off)
        size, off = varint(payload, off)
        up, off = varint(payload, off)
        later, off = varint(payload, off)
        value_size, is_delete = size >> 1, size & 1
        check(shared <= len(key) and not (is_delete and value_size))
        check(shared + rest <= 65535 and off + rest + value_size <= len(payload))
        own = payload[off:off + rest]
        check_order(key, version, shared, own, step(version, up), not found)
        if rest:
            key = key[:shared] + own
        version, time = step(version, up), step(time, later)
        check(version not in (0, MAX64))
        off += rest
        found.append(Entry(key, payload[off:off + value_size], version, time, is_delete))
        off += value_size
        need += rounded(24 + value_size + (2 + len(key) if rest else 0))
    check(off == len(payload) and need == loaded and loaded <= len(payload) + EXCESS_MAX)
    return found


def check_order(key, version, shared, own, version_now, is_first):
    """The entry against the one before it."""
    if is_first:
        check(shared == 0 and own)
    elif not own:
        check(shared == len(key) and version_now < version)
    elif shared < len(key):
        check(own[0] > key[shared])


def ranges(payload):
    """Entries whose value is where the range ends, above the key, or empty."""
    found = entries(payload)
    for entry in found:
        check(not entry.is_delete and len(entry.value) <= 65535)
        check(entry.value == b"" or entry.key < entry.value)
    return found


def samples(payload):
    """Pairs of (version, time); neither falls."""
    count, off, version, time, found = number(payload, 0, 4), 4, 0, 0, []
    check(count >= 1)
    for _ in range(count):
        up, off = varint(payload, off)
        later, off = varint(payload, off)
        version, time = version + up, time + later
        check(version <= MAX64 and time <= MAX64)
        found.append((version, time))
    check(off == len(payload))
    return found


# ---- the filter ------------------------------------------------------------------------------

K1, K2 = 0xB7E151628AED2A6B, 0x9E3779B97F4A7C15


def fold(a, b):
    product = a * b
    return product >> 64 ^ product & MAX64


def hashed(data, seed):
    key = seed ^ K1
    state = ((seed >> 32 | seed << 32) & MAX64) ^ K2
    off = 0
    while len(data) - off > 16:
        x, y = numbers(data, off, (8, 8))
        state = fold(x ^ key, y ^ state)
        off += 16
    left = len(data) - off
    if left >= 8:
        x, y = number(data, off, 8), number(data, len(data) - 8, 8)
    elif left >= 4:
        x, y = number(data, off, 4), number(data, len(data) - 4, 4)
    elif left:
        x, y = data[off] << 16 | data[off + left // 2] << 8 | data[-1], 0
    else:
        x, y = 0, 0
    state = fold(x ^ key, y ^ state)
    return fold(K2 ^ len(data), state ^ seed)


def filter_bits(key_hash):
    """The line of 64 bytes and the six bits in it."""
    z = key_hash * 0x9E3779B97F4A7C15 & MAX64
    return key_hash & 63, [z >> (55 - 9 * i) & 511 for i in range(6)]


def may_hold(payload, key_hash):
    line, bits = filter_bits(key_hash)
    return all(payload[line * 64 + bit // 8] >> bit % 8 & 1 for bit in bits)


# ---- the file --------------------------------------------------------------------------------


class Block:
    """A block at `off` that ends before `limit`, by its head; Bad if none can stand there."""

    def __init__(self, data, off, limit):
        self.off, self.kind = off, number(data, off, 1)
        check(self.kind in (DATA, INDEX, FILTER, SAMPLES, RANGES))
        check(number(data, off + 1, 3) == 0)
        size = number(data, off + 4, 4)
        check(1 <= size <= PAYLOAD_MAX and off + 12 + size <= limit)
        self.limit = off + 12 + size
        self.payload = bytes(data[off + 8:off + 8 + size])
        self.crc = number(data, off + 8 + size, 4)
        self.bytes = data[off:off + 8 + size]

    def check_sound(self, base):
        check(self.crc == crc32c(self.bytes) ^ masked(base, self.off))


def entry_lines(found, word="put"):
    for entry in found:
        what = "delete" if entry.is_delete else word
        yield f"{what} {hexed(entry.key)} {entry.version} {entry.time} {hexed(entry.value)}"


def block_lines(block):
    if block.kind in (DATA, INDEX):
        yield from entry_lines(entries(block.payload))
    elif block.kind == RANGES:
        yield from entry_lines(ranges(block.payload), "range")
    elif block.kind == SAMPLES:
        for version, time in samples(block.payload):
            yield f"sample {version} {time}"
    else:
        check(len(block.payload) == 4096)


def meta_line(name, data):
    try:
        meta = Meta(data)
    except Bad:
        return None, name + " bad"
    except Newer:
        return None, name + " newer"
    return meta, " ".join([name, str(meta.format), meta.uuid.hex()] + list(map(str, meta.values)))


class Listing:
    """The blocks of a table, one after another."""

    def __init__(self, data, meta):
        self.data, self.meta, self.keys, self.filters = data, meta, [], []

    def lines(self):
        off, limit = META, len(self.data) - META
        while off < limit:
            try:
                block = Block(self.data, off, limit)
            except Bad:
                yield f"lost {off}"
                return
            yield from self.block(block)
            off = block.limit
        yield from self.filter_lines()

    def block(self, block):
        head = f"block {block.off} {block.kind} {len(block.payload)}"
        try:
            block.check_sound(self.meta.base)
            inside = list(block_lines(block))
        except Bad:
            yield head + " bad"
            return
        yield head
        yield from inside
        if block.kind == DATA:
            self.keys += [entry.key for entry in entries(block.payload)]
        elif block.kind == FILTER:
            self.filters.append(block.payload)

    def filter_lines(self):
        """What the first filter block says of each key, if it is the only one."""
        if len(self.filters) != 1:
            return
        seed = hashed(self.meta.uuid, 0)
        for key in self.keys:
            key_hash = hashed(key, seed)
            yield f"key {hexed(key)} {key_hash:016x} {int(may_hold(self.filters[0], key_hash))}"


def listing(data):
    first, line = meta_line("first", data[:META])
    yield line
    last, line = meta_line("last", data[-META:] if len(data) >= META else b"")
    yield line
    meta = first or last
    if meta is not None and len(data) >= 2 * META:
        yield from Listing(data, meta).lines()
