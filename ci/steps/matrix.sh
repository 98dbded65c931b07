# matrix - planted bugs, looked at from three sides: none takes much longer to be caught than it
# did, some need the strongest contract (so that a weaker disk would be noticed), and without
# any of the oracles some plant would escape.

set -eu
sh ci/build/make.sh sim
simulator=$BUILD/bin/holdfast-sim
scratch=$BUILD/log/matrix

"$simulator" plants --matrix --tries 3 --limit 2000 --jobs "$JOBS" --contract posix_worst \
    --baseline baselines/plants.json >"$scratch.out" || {
    cat "$scratch.out"
    exit 1
}
if grep 'has no row' "$scratch.out"; then
    echo 'its row is made by: sh ci/long/matrix.sh PLANT'
    exit 1
fi
tail -n 1 "$scratch.out"

# On a disk that keeps everything in order these two are no bugs that anybody could see.
weak='recovery_resync wal_no_boundary'
"$simulator" plants --contract sequential --limit 60 --jobs "$JOBS" $weak >"$scratch.weak" &&
    echo 'a disk in order shows what only a disk out of order can' && exit 1
tail -n 1 "$scratch.weak" | grep -qx '2 plants, 0 caught' || {
    cat "$scratch.weak"
    exit 1
}

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
