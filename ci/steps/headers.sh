# headers - each header compiles alone, and the public one as C++ too.

set -eu
. ci/build/common.sh
. ci/build/flags.sh

scratch=$BUILD/log/headers.c
count=0
for header in $(find engine sim bench fuzz -name '*.h' -type f 2>/dev/null | LC_ALL=C sort); do
    probes=
    case $header in
    sim/*) probes='-DHF_SIM -DHF_PLANTS' ;;
    esac
    # Twice, so that its guard is tried as well.
    printf '#include "%s"\n#include "%s"\nstruct seen;\n' "${header#engine/}" \
        "${header#engine/}" >"$scratch"
    # A header may define what only some of its users need.
    $CC $COMMON -Wno-unused-function -Wno-unused-variable -Wno-unused-const-variable $probes \
        -fsyntax-only "$scratch"
    count=$((count + 1))
done

need g++ g++
printf '#include "holdfast.h"\nint main() { return HF_OK; }\n' >"$scratch"
g++ -x c++ -std=c++11 -Wall -Wextra -Wpedantic -Werror -Iengine -fsyntax-only "$scratch"
echo "$count headers, and holdfast.h as C++11"
