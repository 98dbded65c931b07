# explore - every crash point and every failing call of the short workloads in
# scenarios/explore/: all held; and planted bugs are found there without any random seed.
#
# CI tries up to 1024 outcomes of a point; `holdfast-sim explore` alone tries up to 65536.

set -eu
sh ci/build/make.sh sim
sim=$BUILD/bin/holdfast-sim

"$sim" explore --jobs "$JOBS" --outcomes 1024

# found PLANT SCENARIO: exploring meets the bug, and what it writes fails when it is replayed.
found() {
    scn=$BUILD/log/explore.scn
    rm -f "$scn"
    status=0
    "$sim" explore "scenarios/explore/$2.scn" --outcomes 1024 --plant "$1" -o "$scn" ||
        status=$?
    if [ "$status" -ne 1 ]; then
        echo "explore: $1 was not found in $2"
        exit 1
    fi
    status=0
    "$sim" replay "$scn" --plant "$1" >/dev/null || status=$?
    if [ "$status" -ne 1 ]; then
        echo "explore: what it wrote for $1 does not fail"
        exit 1
    fi
}

count=0
while read -r plant scenario; do
    found "$plant" "$scenario"
    count=$((count + 1))
done <<END
recovery_refuse_torn one_commit
wal_skip_dir_sync one_commit
wal_ignore_sync_error one_commit
io_short_write_is_full one_commit
close_skip_sync batch
recovery_remove_first rotation
manifest_no_sync flush
END
echo "$count planted bugs found without a seed"
