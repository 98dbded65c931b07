# kill9 - a loader that is killed at any moment loses nothing that it acknowledged.

set -eu
sh ci/build/make.sh lib tool
sh ci/kill9.sh --rounds 40 --seconds 60
