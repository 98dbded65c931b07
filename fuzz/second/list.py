"""list.py FILE... - what is in files of a database, line by line, as list_main.c says it too.

A file is what its first bytes say.
"""

import sys

import manifest
import snapshot
import table
import wal

KINDS = ((b"HOLDWAL\n", wal), (b"HOLDTAB\n", table), (b"HOLDMAN\n", manifest),
         (b"HOLDSNAP", snapshot))


def list_file(path, to):
    with open(path, "rb") as file:
        data = file.read()
    for magic, module in KINDS:
        if data[:8] == magic:
            to.write(f"== {path} {module.__name__}\n")
            for line in module.listing(data):
                to.write(line + "\n")
            return
    to.write(f"== {path} unknown\n")


def main():
    for path in sys.argv[1:]:
        list_file(path, sys.stdout)


if __name__ == "__main__":
    main()
