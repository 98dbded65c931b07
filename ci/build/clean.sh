# clean.sh - removes what build.sh made, and a folder BUILD only if it made that.

set -eu
. ci/build/common.sh

[ -d "$BUILD" ] || exit 0
[ -f "$BUILD/obj/configured" ] || die "clean: '$BUILD' was not made by build.sh"
rm -rf "$BUILD"
