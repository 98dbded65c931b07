#!/bin/sh
#
# kill9_big.sh [--gigabytes N] [--rounds N] [--seed N] - data of many times the memory limit,
# killed again and again.
#
# One database takes 10 GB of 1 KB values in random order of keys, under a limit of 1 GiB, one
# record a commit. On the way its loader is killed with signal 9 in each of 20 rounds, at a
# random moment, and goes on where it was: with flushes, compactions and removals of the log
# half done. After each kill:
#
#   - verify, which reads every block of every file, has no findings;
#   - the last version is at least what --acks said at the moment of the kill: what a killed
#     process was told stays, since the kernel has it;
#   - of the records up to that version a sample is there, byte for byte, the newest among them,
#     and the next one is not.
#
# At the end every record is read and compared. A value is a function of its key. It needs twice
# the data on the disk, in $BUILD/log/kill9_big.d, and a quarter of an hour or more.

set -eu
. ci/build/common.sh

gigabytes=10
rounds=20
seed=$(date +%s)
take_options kill9_big "gigabytes rounds seed" "$@"
echo "seed $seed"

BUILD=${BUILD:-build}
tool=$BUILD/bin/holdfast
[ -x "$tool" ] || die "kill9_big: there is no $tool; ./build.sh makes it"
scratch=$BUILD/log/kill9_big.d
db=$scratch/db
total=$((gigabytes * 1000000))
rm -rf "$scratch"
mkdir -p "$scratch"

# What the record with the number n, from 1, is. 48271 generates the residues of the prime
# 2^31 - 1 (Park and Miller), so keys n * 48271 modulo it come in no order and never twice.
RECORDS='function key(n) { return sprintf("%010d", (n * 48271) % 2147483647) }
    function value(k) { return k substr(filler, 1 + k % 997, 990) }
    BEGIN { while (length(filler) < 2000) filler = filler length(filler) " holds on, " }'

# records FROM TO: these, as load reads them.
records() {
    awk -v from="$1" -v to="$2" "$RECORDS"' BEGIN {
        for (n = from; n <= to; n++) { k = key(n); print k "\t" value(k) } }'
}

# random LIMIT: a number in [0, LIMIT), the next of the seed's.
random() {
    seed=$(((seed * 1103515245 + 12345) % 2147483648))
    number=$((seed / 65536 % $1))
}

fail() {
    echo "round $round: $*"
    echo "what is left: $db"
    exit 1
}

# expect NUMBER there|absent: asks for one record.
expect() {
    records "$1" "$1" | cut -f 2 | tr -d '\n' >"$scratch/want"
    key=$(records "$1" "$1" | cut -f 1)
    status=0
    "$tool" get "$db" "$key" >"$scratch/got" 2>"$scratch/said" || status=$?
    if [ "$2" = absent ]; then
        [ "$status" -eq 1 ] || fail "record $1 is there, though it was never committed"
    else
        [ "$status" -eq 0 ] || fail "record $1 of $kept is not there: $(cat "$scratch/said")"
        cmp -s "$scratch/got" "$scratch/want" || fail "record $1 has another value"
    fi
}

# One record a commit, so the last version is how many records there are.
count_kept() {
    kept=$("$tool" stat "$db" --json | sed -n 's/.*"last_version": *"*\([0-9]*\).*/\1/p')
    [ -n "$kept" ] || fail 'stat does not say the last version'
}

judge() {
    acked=$(sed 's/^0*\([0-9]\)/\1/' "$scratch/acks")
    "$tool" verify "$db" >"$scratch/found" 2>&1 || {
        cat "$scratch/found"
        fail 'verify has findings'
    }
    count_kept
    [ "$kept" -ge $((began_with + acked)) ] ||
        fail "$began_with and $acked records acknowledged, $kept left"
    expect "$kept" there
    expect $((kept + 1)) absent
    for sample in 1 2 3 4 5 6 7 8 9 10; do
        random 32768
        expect $((1 + (number * 32768 + sample) % kept)) there
    done
}

# load_from N: the rest of the records, in the background, at most a second of them a round
# more than its share, so that the kills are spread over all of the load.
load_from() {
    records $(($1 + 1)) "$total" | "$tool" load "$db" - --memory-limit 1GiB \
        --acks "$scratch/acks" >"$scratch/loaded" 2>"$scratch/said" &
    loader=$!
}

# Waits until a share of the load, and a random part of a second, is over; 1 if the loader is.
wait_for_share() {
    until [ -s "$scratch/acks" ] &&
        [ $((began_with + $(sed 's/^0*\([0-9]\)/\1/' "$scratch/acks"))) -ge "$1" ]; do
        kill -0 "$loader" 2>/dev/null || return 1
        sleep 0.1
    done
    random 1000
    sleep "0.$(printf '%03d' "$number")"
}

round=0 kept=0
while [ "$round" -lt "$rounds" ]; do
    round=$((round + 1))
    began_with=$kept
    rm -f "$scratch/acks"
    load_from "$kept"
    wait_for_share $((total / (rounds + 1) * round)) || fail "the load: $(cat "$scratch/said")"
    kill -9 "$loader" 2>/dev/null || true
    wait "$loader" 2>/dev/null || true
    judge
    echo "round $round of $rounds: killed at $kept of $total records, nothing is lost"
done

load_from "$kept"
wait "$loader" || fail "the load: $(cat "$scratch/said")"
"$tool" verify "$db" || fail 'verify has findings'
"$tool" scan "$db" | awk -F '\t' -v total="$total" "$RECORDS"'
    { if ($2 != value($1)) { print "another value: " $1; exit 1 } }
    NR > 1 && $1 <= last { print "out of order: " $1; exit 1 }
    { last = $1 }
    END { if (NR != total) { print NR " of " total " records"; exit 1 } }' ||
    fail 'the records are not those loaded'
size=$(du -sk "$db" | cut -f 1)
rm -rf "$scratch"
echo "$rounds kills over $gigabytes GB: all $total records are there," \
    "in $((size / 1000)) MB of disk"
