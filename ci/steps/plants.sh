# plants - each planted bug is caught by the property that one would expect.

set -eu
sh ci/build/make.sh sim
"$BUILD/bin/holdfast-sim" plants
