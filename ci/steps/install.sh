# install - a program of a user's own builds against what install puts down, as C and as C++,
# with the shared and with the static library, and runs.

set -eu
. ci/build/common.sh

sh ci/build/make.sh lib tool sim
scratch=$BUILD/log/installed
rm -rf "$scratch"
mkdir -p "$scratch/data"
PREFIX=/opt/holdfast DESTDIR=$scratch sh ci/build/install.sh

# To ask how it is done installs nothing, and a mistyped word neither.
DESTDIR=$scratch/asked ./build.sh install --help | grep -q '^usage'
if DESTDIR=$scratch/asked ./build.sh install --hlep 2>/dev/null; then
    die 'install: a word that it does not know was taken'
fi
[ ! -e "$scratch/asked" ] || die 'install --help has installed'
root=$scratch/opt/holdfast

need pkg-config pkg-config
need g++ g++
PKG_CONFIG_PATH=$root/lib/pkgconfig
export PKG_CONFIG_PATH
flags="$(pkg-config --define-variable=prefix="$root" --define-variable=libdir="$root/lib" \
    --cflags --libs libholdfast)"
cc_flags=$(echo " $flags" | sed 's/ -l[^ ]*//g')

$CC -std=c11 -Wall -Werror -o "$scratch/shared" ci/build/user.c $flags
$CC -std=c11 -Wall -Werror -o "$scratch/static" ci/build/user.c $cc_flags \
    "$root/lib/libholdfast.a" -pthread
g++ -x c++ -std=c++11 -Wall -Werror -o "$scratch/cxx" ci/build/user.c $flags

for program in shared static cxx; do
    LD_LIBRARY_PATH=$root/lib "$scratch/$program" "$scratch/data/$program"
done
[ "$("$root/bin/holdfast" get "$scratch/data/shared" kelp)" = holdfast ]
[ "$(pkg-config --modversion libholdfast)" = "$(project_version)" ]
echo 'C and C++, shared and static'
