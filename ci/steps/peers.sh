# peers - the other engines are built in where their headers are, do the same work, and give
# back every byte that they were given; without them the program says which are missing.
#
# How fast they are is not judged: a few thousand pairs tell nothing about that.

set -eu
. ci/build/common.sh

packages='liblmdb-dev libleveldb-dev librocksdb-dev libsqlite3-dev libwiredtiger-dev
    libtkrzw-dev'
found() {
    $CC -std=c11 -E -P -x c ci/build/peers.h | grep -c "^$1 " || true
}
for header in lmdb.h leveldb/c.h rocksdb/c.h sqlite3.h wiredtiger.h tkrzw_langc.h; do
    need "/usr/include/$header" "$packages" || echo 'going on without it'
done
sh ci/build/make.sh lib bench

d=$BUILD/log/peers.d
rm -rf "$d"
mkdir -p "$d/alone"
"$BUILD/bin/holdfast-bench" peers --smoke --dir "$d" --json --out "$d/results.json"
"$BUILD/bin/holdfast-bench" peers --smoke --dir "$d" --filter 'peers/memory/*' --out "$d/text"

# Every engine that was built in has a row of everything it can do, but for the replay of a log
# by those that have none.
engines=$(found peer)
rows=$(grep -c '^{"name": "peers/' "$d/results.json")
ranked=$(grep -o '"name": "peers/get/tables/hit/[a-z]*"' "$d/results.json" | wc -l)
[ "$ranked" -eq $((engines + 1)) ] || {
    echo "$ranked engines got what they had put, not $((engines + 1))"
    exit 1
}
[ "$(grep -c '^[a-z]* [0-9][0-9.]*$' "$d/text")" -eq $((engines + 1)) ] || {
    echo 'not every engine says its version:'
    cat "$d/text"
    exit 1
}

# Alone, without the program that has them.
cp "$BUILD/bin/holdfast-bench" "$d/alone/"
"$d/alone/holdfast-bench" peers --smoke --dir "$d" --filter 'peers/memory/*' --out "$d/text"
[ "$(grep -c 'is missing: install the package lib' "$d/text")" -eq 6 ] || {
    echo 'what is missing is not said:'
    cat "$d/text"
    exit 1
}
rm -rf "$d"
echo "$rows rows of Holdfast, the raw loop and $engines other engines"
