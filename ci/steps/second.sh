# second - the decoder in another language, written from docs/formats.md alone, reads the same
# out of the corpora, the golden files, and what simulated power cuts leave.

set -eu
. ci/build/common.sh

need python3 python3 || exit 77
sh ci/build/make.sh second
scratch=$BUILD/log/second.d
rm -rf "$scratch"
mkdir -p "$scratch"
crashes=$("$BUILD/fuzz/crashes" "$scratch" 60)

find engine/format/golden fuzz/corpus/wal fuzz/corpus/table fuzz/corpus/manifest \
    fuzz/corpus/snapshot "$scratch" -type f | LC_ALL=C sort >"$BUILD/log/second.files"
xargs "$BUILD/fuzz/list" <"$BUILD/log/second.files" >"$BUILD/log/second.c"
xargs python3 -B fuzz/second/list.py <"$BUILD/log/second.files" >"$BUILD/log/second.python"
diff "$BUILD/log/second.c" "$BUILD/log/second.python" || die 'second: the decoders differ'

# A comparison of nothing would hold, too.
for word in commit seal put delete range sample table key identity torn end bad newer; do
    grep -q "^\(== [^ ]* \)*$word\|^[a-z]* $word\| $word$" "$BUILD/log/second.c" ||
        die "second: nothing says '$word'"
done
echo "$(wc -l <"$BUILD/log/second.files") files, $(wc -l <"$BUILD/log/second.c") lines" \
    "the same; $crashes"
