"""Numbers, checksums and varints, as docs/formats.md has them: the ground of the second decoder.

The decoder is written from that page alone, in another language, so that the page is known to
suffice and the C is known to do what the page says. Its listing is compared, line by line, with
that of fuzz/second/list_main.c (ci/steps/second.sh).
"""

MAX64 = (1 << 64) - 1


class Bad(Exception):
    """The bytes are not what the page says."""


class Newer(Exception):
    """Written by a newer Holdfast."""


def number(data, off, size):
    """An unsigned little-endian number; Bad where the bytes end before it does."""
    if off < 0 or off + size > len(data):
        raise Bad
    return int.from_bytes(data[off:off + size], "little")


def numbers(data, off, sizes):
    """Several numbers, one behind another."""
    found = []
    for size in sizes:
        found.append(number(data, off, size))
        off += size
    return found


def make_table():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


TABLE = make_table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 255] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def check(true):
    if not true:
        raise Bad


def varint(data, off):
    """A number of up to 64 bits in its shortest form, and where the next byte is."""
    value = 0
    for i in range(10):
        byte = number(data, off + i, 1)
        value |= (byte & 127) << 7 * i
        if byte < 128:
            check(i == 0 or byte != 0)
            check(value <= MAX64)
            return value, off + i + 1
    raise Bad


def step(start, code):
    """Where a step leads from a number, modulo 2^64."""
    if code & 1:
        return (start - (code >> 1) - 1) & MAX64
    return (start + (code >> 1)) & MAX64


def hexed(data):
    """Bytes for a listing."""
    return data.hex() if data else "-"
