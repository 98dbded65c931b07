# tool - what people and scripts rely on in `holdfast`: its formats go round, its statuses and
# messages are as promised, and nothing that only reads changes a file.

set -eu
. ci/build/common.sh

sh ci/build/make.sh lib tool
tool=$BUILD/bin/holdfast
program=$tool
d=$BUILD/log/tool.d
. ci/build/points.sh

# printed TEXT: whether standard output is these bytes.
printed() {
    [ "$(cat "$d/out" && echo .)" = "$(printf '%b.' "$1")" ]
}

set +e

# ---- one key
status 0 put "$d/db" k v && printed '' ; point 'put says nothing'
status 0 get "$d/db" k && printed 'v' ; point 'get prints the bytes of the value and no more'
status 0 get "$d/db" k --json && grep -q '"key": "k", "value": "v", "version": "1"' "$d/out"
point 'get --json tells key, value and version'
status 1 get "$d/db" missing && said "has no key 'missing'" && printed ''
point 'a missing key is status 1'
printf 'a\0b' | "$tool" put "$d/db" bin - && "$tool" get "$d/db" bin | cmp -s - "$(
    printf 'a\0b' >"$d/bin"; echo "$d/bin")"
point 'a value comes from standard input, zero bytes and all'
status 0 put "$d/db" --escaped 'a\tb\x00' 'c\n' && status 0 get "$d/db" --escaped 'a\tb\x00' &&
    printed 'c\n' ; point '--escaped names keys that no shell can'
status 0 del "$d/db" k && status 1 get "$d/db" k ; point 'what is deleted is gone'
status 1 del "$d/db" k && said 'no key' ; point 'deleting what is not there is status 1'
status 0 put "$d/db" a 1 && status 0 put "$d/db" b 2 && status 0 put "$d/db" c 3 &&
    status 0 del "$d/db" --from a --to c && status 1 get "$d/db" b && status 0 get "$d/db" c
point 'a range is deleted up to its end'
status 2 del "$d/db" --from c --to c && said 'no key in the range' &&
    status 2 del "$d/db" --from '' && said 'empty --from' && status 2 del "$d/db" c --from a &&
    status 2 del "$d/db" && said 'name one KEY' && status 0 get "$d/db" c
point 'what is no range deletes nothing'
status 0 del "$d/db" --from b && status 1 get "$d/db" c ; point 'a range may go on to the end'
status 0 get "$d/db" k --as-of 1 && printed 'v' ; point 'and it is there as of before'
status 0 put "$d/db" -- --odd - </dev/null ; point '-- ends options'
status 2 put "$d/db" '' v && said 'put' ; point 'an empty key is refused'

status 0 scan "$d/db" --as-of 1970-01-01T00:00:00Z && printed '' &&
    status 1 get "$d/db" k --as-of @1 && said "no key 'k'"
point 'before the first commit there is nothing'
status 0 get "$d/db" k --as-of 1 --json
us=$(sed 's/.*"time_us": "\([0-9]*\)".*/\1/' "$d/out")
status 0 get "$d/db" k --as-of "@$us" && printed 'v' ; point '--as-of takes microseconds'
status 1 get "$d/db" k --as-of 9999-01-01T00:00:00+01:00 && status 0 get "$d/db" k \
    --as-of "$(date -u -d "@$((us / 1000000)).$(printf '%06d' $((us % 1000000)))" \
        +%Y-%m-%dT%H:%M:%S.%6NZ)" && printed 'v' ; point '--as-of takes a time'
status 2 get "$d/db" k --as-of yesterday && said "'yesterday'" ; point 'and no other words'

# ---- directories
status 1 get "$d/none" k && said "there is no database" && [ ! -e "$d/none" ]
point 'reading makes no database'
status 1 del "$d/none" k && [ ! -e "$d/none" ] ; point 'nor does deleting'
mkdir "$d/other" && : >"$d/other/file" && status 2 put "$d/other" k v && said 'other files' &&
    [ -z "$(ls "$d/other" | grep wal-)" ]
point 'in a folder with something else in it no database is made'
status 1 load "$d/none" "$d/no-file" && said 'no-file' && [ ! -e "$d/none" ]
point 'loading a missing file makes no database'

# ---- load and scan
# Long enough for a pipe to fill.
awk 'BEGIN { for (i = 0; i < 3000; i++)
    printf "k%05d\\t\\x01\tv\\n%0200d\\\\\n", i * 7 % 3000, i }' >"$d/in.tsv"
LC_ALL=C sort "$d/in.tsv" >"$d/sorted.tsv"
for mode in memory buffered strict; do
    status 0 load "$d/$mode" "$d/in.tsv" --mode "$mode" --batch 50 --acks "$d/acks" &&
        printed '3000\n' && [ "$(cat "$d/acks")" = 00000000000000003000 ]
    point "load, $mode: all records, and the acknowledgements say so"
done
status 0 scan "$d/strict" && cmp -s "$d/out" "$d/sorted.tsv"
point 'scan prints what load read'
cp "$d/out" "$d/printed.tsv"
status 0 load "$d/again" "$d/printed.tsv" && status 0 scan "$d/again" &&
    cmp -s "$d/out" "$d/sorted.tsv"
point 'load reads what scan prints'
"$tool" scan "$d/strict" | "$tool" load "$d/piped" - >/dev/null &&
    "$tool" scan "$d/piped" | cmp -s - "$d/sorted.tsv"
point '- is standard input'
status 0 scan "$d/strict" --reverse && LC_ALL=C sort -r "$d/in.tsv" | cmp -s - "$d/out"
point 'scan --reverse is the same, backwards'
status 0 scan "$d/strict" k00010 k00013 --limit 2 &&
    [ "$(cut -c 1-6 "$d/out" | xargs)" = 'k00010 k00011' ]
point 'a range is [from, to), and --limit cuts it'
status 0 scan "$d/strict" --prefix k0299 && [ "$(wc -l <"$d/out")" -eq 10 ] ; point '--prefix'
status 2 scan "$d/strict" a --prefix b && said 'exclude each other'
point 'a range and a prefix'
status 0 scan "$d/strict" --as-of 1 && [ "$(wc -l <"$d/out")" -eq 50 ]
point '--as-of the first commit of 50'
status 2 scan "$d/strict" --as-of 99999 && said '99999' && printed ''
point 'a version that is yet to come is refused'
status 0 scan "$d/strict" --json --limit 1 --out "$d/json" && printed '' &&
    grep -q '"key": "k00000\\u0009\\u0001"' "$d/json" ; point '--out takes what --json prints'
printf '\377\t\001\n' >"$d/bytes.tsv"
status 0 load "$d/bytes" "$d/bytes.tsv" && status 0 scan "$d/bytes" --json &&
    grep -q '"key_hex": "ff"' "$d/out" ; point 'JSON has bytes that are no text in hex'

# ---- the other formats
cat >"$d/stanzas" <<'END'
Package: tar
Version: 1.34
Architecture: amd64
Description: archives
 and more

Package: sed
Architecture: all
Version: 4.9
END
status 0 load "$d/deb" "$d/stanzas" --format deb822 && printed '2\n' &&
    status 0 get "$d/deb" tar/1.34/amd64 && head -n 5 "$d/stanzas" | cmp -s - "$d/out"
point 'deb822: the key is Package/Version/Architecture, the value the stanza'
printf 'VERSION=3\nformat=bytevalue\ntype=btree\nHEADER=END\n 6b\n 00ff\nDATA=END\n' >"$d/dump"
status 0 load "$d/mdb" "$d/dump" --format mdb_dump && status 0 scan "$d/mdb" --escaped &&
    [ "$(od -An -tx1 <"$d/out" | tr -d ' \n')" = 6b095c783030ff0a ] ; point 'mdb_dump'
printf 'a\tb\nbad\n' >"$d/bad"
status 2 load "$d/badtsv" "$d/bad" && said "$d/bad:2: " && printed '1\n'
point 'a malformed line is named, status 2, and what came before is loaded'
status 2 load "$d/badmdb" "$d/bad" --format mdb_dump && said "$d/bad:1: "
point 'likewise in the other formats'

# ---- looking
status 0 verify "$d/strict" && printed '' ; point 'verify of a whole database prints nothing'
status 0 dump "$d/strict" && [ "$(wc -l <"$d/out")" -gt 5 ] ; point 'dump describes it'
status 0 stat "$d/strict" --json && grep -q '"memtable_keys": 3000' "$d/out"
point 'stat counts'
find "$d/strict" -type f -exec cksum {} + | LC_ALL=C sort >"$d/before"
for verb in verify dump stat scan 'get k00000'; do
    set -- $verb
    "$tool" "$1" "$d/strict" ${2:+"$2"} >/dev/null 2>&1
done
find "$d/strict" -type f -exec cksum {} + | LC_ALL=C sort | cmp -s - "$d/before"
point 'verbs that read change no file'

# ---- damage
cp -r "$d/strict" "$d/damaged"
for file in "$d"/damaged/wal-*; do
    printf '\377\377\377\377' | dd of="$file" bs=1 seek=4200 conv=notrunc 2>/dev/null
done
status 3 verify "$d/damaged" && said 'wal-' ; point 'damage below the witness is status 3'
status 3 scan "$d/damaged" && printed '' ; point 'and no read returns anything'
"$tool" dump "$d/damaged" >"$d/out" 2>&1 ; [ $? -lt 128 ] && [ -s "$d/out" ]
point 'dump describes damaged files too'

# ---- backup
status 0 snapshot "$d/strict" "$d/full" && printed '60\n' &&
    status 0 put "$d/strict" new value &&
    status 0 del "$d/strict" --escaped "k00007\\t\\x01" &&
    status 0 snapshot "$d/strict" "$d/more" --since 60 && printed '62\n'
point 'snapshot prints its version, the next one goes on from it'
status 0 scan "$d/strict" --out "$d/now.tsv"
status 0 restore "$d/full" "$d/more" "$d/restored" && printed '62\n' &&
    status 0 scan "$d/restored" && cmp -s "$d/out" "$d/now.tsv"
point 'restore makes the database of both'
"$tool" snapshot "$d/strict" - | "$tool" restore - "$d/streamed" >"$d/out" &&
    status 0 scan "$d/streamed" && cmp -s "$d/out" "$d/now.tsv"
point 'both go through a pipe'
status 0 snapshot "$d/strict" "$d/full" --json &&
    grep -q '"version": "62", "base": "0"' "$d/out"
point 'snapshot --json says what it is'
mkdir "$d/letters" && echo dear >"$d/letters/one" && status 2 put "$d/letters" k v &&
    said 'other files' && [ "$(ls "$d/letters")" = one ]
point 'a folder of other files is left as it is'
status 2 salvage "$d/strict" "$d/./strict" && said 'the same directory' &&
    status 2 checkpoint "$d/strict" "$d/strict" && said 'the same directory'
point 'no database is made of itself in its own place'
mkfifo "$d/pipe"
status 2 snapshot "$d/strict" "$d/pipe" && said 'no regular file' && [ -p "$d/pipe" ]
point 'a snapshot does not take the name of a pipe'
status 2 restore "$d/more" "$d/alone" && said 'version 60' && [ ! -e "$d/alone" ]
point 'an incremental snapshot alone is refused, and what is missing is said'
status 2 restore "$d/full" "$d/strict" && said 'holds a database'
point 'restore leaves a database alone'
head -c 5000 "$d/full" >"$d/cut" && status 3 restore "$d/cut" "$d/none" &&
    said 'ends too early' && [ ! -e "$d/none" ]
point 'a snapshot that was cut is status 3'
status 0 checkpoint "$d/strict" "$d/second" && printed '62\n' && status 0 scan "$d/second" &&
    cmp -s "$d/out" "$d/now.tsv"
point 'checkpoint makes a second database'

# ---- salvage
status 0 salvage "$d/second" "$d/whole" && grep -q '^saved .* losses: 0$' "$d/out" &&
    status 0 scan "$d/whole" && cmp -s "$d/out" "$d/now.tsv"
point 'of a sound database nothing is lost'
rm "$d"/second/manifest-* && status 3 scan "$d/second" &&
    status 1 salvage "$d/second" "$d/saved" &&
    grep -q 'no manifest' "$d/out" && status 0 scan "$d/saved" && cmp -s "$d/out" "$d/now.tsv"
point 'losses are told, and status 1'
status 1 salvage "$d/other" "$d/none" && said 'no file of a database' && [ ! -e "$d/none" ]
point 'where there is no database there is nothing to salvage'

# ---- every call
status 0 iotrace put "$d/traced" k v && printed '' &&
    awk '$5 == "file_write" && $6 ~ /^wal-[0-9]*$/ { written = NR }
        $5 == "file_sync" { synced = NR }
        END { exit !(written > 0 && synced > written) }' "$d/err"
point 'iotrace shows that a strict put is written, then synced'
status 0 iotrace --out "$d/trace" get "$d/traced" k && printed v && [ ! -s "$d/err" ] &&
    grep -q ' file_read  *wal-' "$d/trace" && ! grep -q file_write "$d/trace"
point 'what the verb prints stays where it was; a get reads and writes nothing'
status 0 iotrace --json get "$d/traced" k && printed v &&
    grep -q '^{"at_ns":[0-9]*,"took_ns":[0-9]*,"call":"dir_open",' "$d/err" &&
    grep -q '^{"sum":"file_read","calls":' "$d/err"
point 'iotrace --json: an object a line'
status 1 iotrace get "$d/traced" none && status 1 iotrace get "$d/none" k &&
    grep -q 'dir_open .* NOT_FOUND' "$d/err" && status 2 iotrace scna "$d/traced" &&
    said 'did you mean scan?' && status 2 iotrace iotrace get "$d/traced" k &&
    said 'needs a verb'
point 'the status is that of the verb, and an error is shown with its call'
status 0 iotrace get --help && grep -q '^usage: holdfast get' "$d/out"
point 'a verb that is traced has its help'

# ---- usage
status 0 --help && grep -q '^usage' "$d/out" && status 0 scan --help && status 0 --version &&
    printed "holdfast $(project_version)\n" ; point '--help and --version'
status 2 sacn "$d/db" && said 'did you mean scan?' ; point 'an unknown verb names the nearest'
status 2 load "$d/x" f --foramt tsv && said 'did you mean --format?' ; point 'so does an option'
status 2 --jsno && said 'did you mean --json?' && ! said 'holdfast: holdfast'
point 'and one without a verb'
status 2 && said 'no verb' ; point 'a verb is needed'
status 2 get "$d/db" && said 'usage: holdfast get' ; point 'too few words show the usage'
status 2 load "$d/x" "$d/in.tsv" --batch 0 && [ ! -e "$d/x" ] ; point 'a bad value is refused'
status 2 help && said 'did you mean --help?' ; point 'help as a verb is told of the option'
status 2 put '' k && said 'no directory is named' && status 2 get '' k &&
    said 'no directory is named' && status 2 checkpoint "$d/traced" '' &&
    said 'no directory is named'
point 'a name that is empty, as of a variable that is not set, is told so'
status 1 get "$d/traced" "$(printf 'a\nb\033')" && said "no key 'a\\nb\\x1b'"
point 'what is named in a message breaks no line'
status 2 load "$d/x" "$d/in.tsv" --acks - && said 'has to be a file'
point 'acknowledgements cannot be rewritten on standard output'

# ---- a dump of standard input
"$tool" snapshot "$d/traced" - | "$tool" dump - >"$d/out" 2>"$d/err" &&
    grep -q '^-: [0-9]* bytes$' "$d/out" && grep -q 'entries 1: k @1' "$d/out" &&
    [ ! -s "$d/err" ]
point 'dump reads standard input'

# ---- where output goes
"$tool" scan "$d/strict" 2>"$d/err" >/dev/full ; [ $? -eq 4 ] && said 'cannot write'
point 'a full device is status 4'
"$tool" scan "$d/strict" 2>"$d/err" >&- ; [ $? -eq 4 ] && said 'cannot write'
point 'so is a closed standard output'
{ "$tool" scan "$d/strict" 2>"$d/err" ; echo $? >"$d/status" ; } | head -n 1 >/dev/null
[ "$(cat "$d/status")" -eq 4 ] && said 'cannot write' ; point 'so is a reader that went away'

(ulimit -f 64 && exec "$tool" put "$d/strict" big - <"$tool" >"$d/out" 2>"$d/err")
[ $? -eq 4 ] && [ "$(wc -l <"$d/err")" -eq 1 ] && status 0 verify "$d/strict"
point 'a limit on the size of files is status 4, and harms nothing'

# ---- other processes
mkfifo "$d/fifo"
"$tool" load "$d/held" "$d/fifo" >/dev/null 2>&1 &
holder=$!
exec 9>"$d/fifo"
printf 'a\tb\n' >&9
try=0
until [ -s "$d/held/LOCK" ] || [ "$try" -ge 600 ]; do
    try=$((try + 1))
    sleep 0.1
done
status 5 put "$d/held" k v && said "$holder"
point 'a database in use is status 5, with the pid'
exec 9>&-
wait "$holder" ; point 'and its holder goes on undisturbed'

points_done
rm -rf "$d"
echo "$points points"
