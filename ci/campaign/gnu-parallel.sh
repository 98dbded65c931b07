#!/bin/sh
#
# gnu-parallel.sh PARTS [PATH...] - a campaign by GNU parallel: on the cores of this machine, or
# on those of others.
#
#   ci/campaign/gnu-parallel.sh 16
#   HOSTS=8/one,8/two ci/campaign/gnu-parallel.sh 16     the tree lies in the same folder there,
#                                                        which all of them share
#
# SEEDS, RESULTS and SIMULATOR as in job.sh.

set -eu

parts=$1
shift
export JOBS=1 SEEDS="${SEEDS:-}" RESULTS="${RESULTS:-results}" SIMULATOR="${SIMULATOR:-}"
seq "$parts" | parallel ${HOSTS:+--sshlogin "$HOSTS" --workdir "$PWD"} --halt soon,fail=1 \
    --env JOBS --env SEEDS --env RESULTS --env SIMULATOR \
    SHARD="{}/$parts" sh ci/campaign/job.sh "$@"
exec sh ci/campaign/finish.sh
