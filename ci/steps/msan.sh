# msan - the codecs and parsers read no byte that nobody wrote: their tests, and their fuzz
# targets over the corpora, under the memory sanitiser. ci/long/msan.sh does it to all tests.

set -eu
. ci/build/common.sh

need clang clang || { echo 'clang is not here' && exit 77; }
place=$BUILD/msan
rm -rf "$place"
mkdir -p "$place" "$BUILD/log"
flags='-std=c11 -g -O1 -fsanitize=memory -fno-omit-frame-pointer -Iengine -I. -DHF_CHECK'

# compile SOURCE...: an object of each, as many at a time as there are jobs.
compile() {
    printf '%s\n' "$@" | xargs -P "$JOBS" -I SOURCE sh -c \
        'clang '"$flags"' -c -o "'"$place"'/$(basename SOURCE .c).o" SOURCE'
}

codecs=$(ls engine/format/*.c engine/base/*.c engine/cli/*.c | grep -Ev '_(test|main)\.c$' |
    grep -v /verb)
tests=$(ls engine/format/*_test.c engine/base/*_test.c)
targets='wal table manifest snapshot load json'
compile $codecs $tests fuzz/replay_main.c fuzz/wal_pieces.c fuzz/table_make.c \
    $(ls fuzz/*_mutator.c | grep -v dir_) $(printf 'fuzz/%s_fuzz.c ' $targets)

library=$place/codecs.a
ar rcD "$library" $(for source in $codecs; do echo "$place/$(basename "$source" .c).o"; done) \
    "$place"/*_mutator.o "$place/wal_pieces.o" "$place/table_make.o"
count=0
for source in $tests; do
    name=$(basename "$source" .c)
    clang -fsanitize=memory -pthread -o "$place/$name" "$place/$name.o" "$library"
    "$place/$name" >"$BUILD/log/msan.out" || die "msan: $name fails"
    count=$((count + 1))
done
for target in $targets; do
    clang -fsanitize=memory -pthread -o "$place/$target" "$place/${target}_fuzz.o" \
        "$place/replay_main.o" "$library"
    "$place/$target" "fuzz/corpus/$target" >"$BUILD/log/msan.out" 2>&1 ||
        die "msan: $target does not hold over its corpus"
done
echo "$count tests, $(echo $targets | wc -w) targets over their corpora"
