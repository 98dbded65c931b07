# matrix - planted bugs, looked at from three sides: none takes much longer to be caught than it
# did, each disk shows those that it did and hides those that it did (so that one that does more
# or less than its file system would be noticed), and without any of the oracles some plant
# would escape.

set -eu
sh ci/build/make.sh sim
simulator=$BUILD/bin/holdfast-sim
scratch=$BUILD/log/matrix

"$simulator" plants --matrix --tries 3 --limit 2000 --jobs "$JOBS" --contract posix_worst \
    --baseline baselines/plants.json >"$scratch.out" || {
    cat "$scratch.out"
    exit 1
}
if grep 'has no row\|has no square' "$scratch.out"; then
    echo 'its row is made by: sh ci/long/matrix.sh PLANT'
    exit 1
fi
tail -n 1 "$scratch.out"

# told_apart CONTRACT: of the plants that some disk hides, a line each: the name, in how many
# tries it was caught on this one, and after how many runs in 95 of 100.
told_apart() {
    sed -n "/\"caught\":0,/s/^{\"plant\":\"\([a-z_]*\)\".*\"$1\":{\"tries\":[0-9]*,\
\"caught\":\([0-9]*\),\"median\":[0-9]*,\"p95\":\([0-9]*\),.*/\1 \2 \3/p" \
        baselines/plants.json
}

# sees CONTRACT COUNT LIMIT PLANT...: the disk shows so many of these.
sees() {
    contract=$1 count=$2 limit=$3
    shift 3
    [ $# -gt 0 ] || return 0
    "$simulator" plants --contract "$contract" --limit "$limit" --jobs "$JOBS" "$@" \
        >"$scratch.seen" || true
    tail -n 1 "$scratch.seen" | grep -qx "$# plants, $count caught" || {
        cat "$scratch.seen"
        echo "under $contract $count of these were caught, which is in baselines/plants.json"
        exit 1
    }
}

# What is seldom caught is left out, and so is what takes long.
seen=0 hidden=0
for contract in ext4_writeback ext4_ordered xfs btrfs sequential; do
    told_apart "$contract" >"$scratch.rows"
    # The names are words.
    # shellcheck disable=SC2046
    {
        set -- $(awk '$2 == 20 && $3 <= 130 { print $1 }' "$scratch.rows")
        sees "$contract" $# 500 "$@"
        seen=$((seen + $#))
        set -- $(awk '$2 == 0 { print $1 }' "$scratch.rows")
        sees "$contract" 0 60 "$@"
        hidden=$((hidden + $#))
    }
done
[ "$seen" -ge 6 ] && [ "$hidden" -ge 12 ] ||
    { echo "the disks are told apart by $seen plants seen, $hidden hidden" && exit 1; }
echo "five more disks: $seen plants seen, $hidden hidden, as they were"

# Without an oracle the plant beside it escapes: none of them is decoration.
count=0
for pair in prefix:recovery_resync durable:close_skip_sync atomic:recovery_half_commit \
    opens:wal_append_after_error reads:reclaim_lose_version detects:table_footer_unchecked \
    order:table_no_dir_sync ack:commit_ignore_durable error:lock_not_taken \
    verify:verify_skip_filters window:window_from_last resumes:install_keep_log \
    backup:fresh_leave_litter deadlock:commit_contain_forever alive:install_ahead_of_log \
    deterministic:wal_salt_of_process; do
    "$simulator" plants --without "${pair%:*}" --limit 80 "${pair#*:}" >"$scratch.without" || {
        cat "$scratch.without"
        exit 1
    }
    count=$((count + 1))
done
echo "$count oracles, without each of which a plant escapes"
