# fuzz - every fuzz target over its corpus, with sanitisers: what was once found stays fixed.
# Looking for more is `./build.sh fuzz`.

set -eu
. ci/build/common.sh

sh ci/build/make.sh fuzz
count=0
for program in $(sed -n 's/^link fuzz \([^ ]*\).*/\1/p' "$BUILD/obj/plan" | LC_ALL=C sort); do
    name=${program##*/}
    corpus=fuzz/corpus/${name%_fuzz}
    [ -d "$corpus" ] || die "fuzz: $name has no corpus in $corpus"
    "$program" "$corpus"
    count=$((count + 1))
done
[ "$count" -gt 0 ] || die 'fuzz: there is no target'
echo "$count targets over their corpora"
