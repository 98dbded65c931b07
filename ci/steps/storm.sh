# storm - every scenario over all its seeds, a share of the runs twice: everything held, and no
# run differed from its repetition.

set -eu
sh ci/build/make.sh sim
"$BUILD/bin/holdfast-sim" run --jobs "$JOBS" scenarios/
