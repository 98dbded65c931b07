#!/bin/sh
#
# kill9.sh [--rounds N] [--seconds N] [--seed N] - kills the loader, again and again.
#
# Each round loads a list of Debian packages (deb822: that of apt where there is one, else made
# up in the same shape), in strict and buffered mode in turn, into a new database; every second
# pair of rounds under a memory limit far below the data, so that flushes and compactions are
# under way; kills the loader at a random moment; and then demands of what is left:
#
#   - verify has no findings;
#   - its records are the first N of the input, byte for byte, N being their number;
#   - N is at least what --acks said at the moment of the kill.
#
# The last, since a killed process takes nothing back that the kernel has, in both modes.

set -eu
. ci/build/common.sh

rounds=20
seconds=60
seed=$(date +%s)
take_options kill9 "rounds seconds seed" "$@"
echo "seed $seed"

BUILD=${BUILD:-build}
tool=$BUILD/bin/holdfast
[ -x "$tool" ] || die "kill9: there is no $tool; ./build.sh makes it"
scratch=$BUILD/log/kill9.d
rm -rf "$scratch"
mkdir -p "$scratch"
input=$scratch/packages

# The input: each package once, since the n-th record must be the n-th key.
make_input() {
    if has apt-cache && apt-cache dumpavail >"$scratch/avail" 2>/dev/null &&
        [ -s "$scratch/avail" ]; then
        awk 'BEGIN { RS = ""; ORS = "\n\n"; FS = "\n" }
            { key = ""; for (i = 1; i <= NF; i++)
                if ($i ~ /^(Package|Version|Architecture):/) key = key "\n" $i }
            !(key in seen) { seen[key]; print; if (++n == 20000) exit }' "$scratch/avail" \
            >"$input"
        rm -f "$scratch/avail"
    else
        awk -v seed="$seed" 'BEGIN { srand(seed); for (i = 1; i <= 20000; i++) {
            printf "Package: lib%05d-dev\nVersion: %d.%d-%d\nArchitecture: amd64\n", i * 7919 %
                20011, rand() * 9, rand() * 99, rand() * 9
            printf "Maintainer: Nobody <nobody@example.org>\nDescription: made up\n"
            for (n = rand() * 12; n > 0; n--) printf " line %d of what it is for\n", n * 1000
            print "" } }' >"$input"
    fi
}

# A database's records are compared as the lines that scan prints, sorted: `scan` goes by key.
# reference: the same lines, in the order of the input, from a load that nobody kills.
make_reference() {
    "$tool" load "$scratch/whole" "$input" --format deb822 --batch 1000 >"$scratch/total"
    "$tool" scan "$scratch/whole" --json >"$scratch/whole.json"
    total=$(cat "$scratch/total")
    [ "$total" -eq "$(wc -l <"$scratch/whole.json")" ] ||
        die "kill9: $total records make $(wc -l <"$scratch/whole.json") keys"
    "$tool" scan "$scratch/whole" >"$scratch/whole.tsv"
    awk 'BEGIN { RS = ""; FS = "\n" } { p = v = a = ""
        for (i = 1; i <= NF; i++) {
            if ($i ~ /^Package:/) p = substr($i, 10)
            if ($i ~ /^Version:/) v = substr($i, 10)
            if ($i ~ /^Architecture:/) a = substr($i, 15)
        } gsub(/^[ \t]+|[ \t]+$/, "", p); gsub(/^[ \t]+|[ \t]+$/, "", v)
        gsub(/^[ \t]+|[ \t]+$/, "", a); print p "/" v "/" a }' "$input" >"$scratch/keys"
    awk -F '\t' 'NR == FNR { line[$1] = $0; next } { print line[$1] }' "$scratch/whole.tsv" \
        "$scratch/keys" >"$scratch/reference"
    rm -rf "$scratch/whole" "$scratch/whole.json" "$scratch/whole.tsv" "$scratch/keys"
}

# random LIMIT: a number in [0, LIMIT), the next of the seed's.
random() {
    seed=$(((seed * 1103515245 + 12345) % 2147483648))
    number=$((seed / 65536 % $1))
}

# sleep_ms N
sleep_ms() {
    sleep "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))"
}

# fail TEXT: keeps what the round left.
fail() {
    echo "round $round, $mode, killed after $delay ms: $*"
    echo "what is left: $scratch/db, $scratch/acks"
    exit 1
}

judge() {
    acked=0
    [ ! -s "$scratch/acks" ] || acked=$(sed 's/^0*\([0-9]\)/\1/' "$scratch/acks")
    if [ ! -d "$scratch/db" ]; then
        [ "$acked" -eq 0 ] || fail "$acked records acknowledged and no database"
        return 0
    fi
    if ! "$tool" verify "$scratch/db" >"$scratch/found" 2>"$scratch/said"; then
        # Killed before the database was made: there is nothing, and nothing was promised.
        grep -q 'NOT_FOUND\|no database' "$scratch/said" && [ "$acked" -eq 0 ] && return 0
        cat "$scratch/found" "$scratch/said"
        fail 'verify has findings'
    fi
    "$tool" scan "$scratch/db" >"$scratch/left"
    kept=$(wc -l <"$scratch/left")
    [ "$kept" -ge "$acked" ] || fail "$acked records acknowledged, $kept left"
    head -n "$kept" "$scratch/reference" | LC_ALL=C sort >"$scratch/want"
    LC_ALL=C sort "$scratch/left" | cmp -s - "$scratch/want" ||
        fail "the $kept records left are not the first $kept"
    records=$((records + kept))
    tables=$((tables + $(find "$scratch/db" -name 'table-*' | wc -l)))
}

make_input
make_reference
began=$(date +%s)
round=0 records=0 killed=0 tables=0 window=500
while [ "$round" -lt "$rounds" ] && [ $(($(date +%s) - began)) -lt "$seconds" ]; do
    mode=strict
    [ $((round % 2)) -eq 0 ] || mode=buffered
    limit=
    [ $((round / 2 % 2)) -eq 0 ] || limit='--memory-limit 4MiB'
    random 3
    batch=$((number * 16 + 1))
    random "$window"
    delay=$number
    rm -rf "$scratch/db" "$scratch/acks"
    "$tool" load "$scratch/db" "$input" --format deb822 --mode "$mode" --batch "$batch" \
        $limit --acks "$scratch/acks" >/dev/null 2>&1 &
    loader=$!
    sleep_ms "$delay"
    kill -9 "$loader" 2>/dev/null || true
    status=0
    wait "$loader" 2>/dev/null || status=$?
    # The window of delays follows the speed of the loader: most kills are to strike it at work.
    if [ "$status" -eq 137 ]; then
        killed=$((killed + 1))
        window=$((window * 9 / 8 + 1))
    else
        [ "$status" -eq 0 ] || fail "the loader failed with status $status"
        window=$((window * 3 / 4 + 10))
    fi
    judge
    round=$((round + 1))
done
[ "$killed" -gt 0 ] || die 'kill9: every loader was done before it could be killed'
rm -rf "$scratch"
echo "$round rounds, $killed killed on their way," \
    "$records records and $tables tables found again"
