#!/bin/sh
#
# build.sh - the one entry: builds, tests, measures and installs Holdfast. `./build.sh help`.
#
# It needs a POSIX shell, its usual tools and a C compiler; no make, no generator. How it knows
# what to compile: ci/build/plan.awk turns the list of sources into a plan (which object from
# which source, which program from which objects), and ci/build/stale.awk removes from it what
# is up to date. Sources are found by their place and name, so there is no list to keep.
#
# From the environment: CC (gcc), CFLAGS and LDFLAGS (appended to ours), BUILD (the folder for
# everything made, `build`), JOBS (all processors).

set -eu
cd "$(dirname "$0")"

BUILD=${BUILD:-build}
JOBS=${JOBS:-$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)}
CC=${CC:-gcc}
export BUILD JOBS CC

. ci/build/common.sh

usage() {
    cat <<END
usage: ./build.sh [COMMAND]

  build            the tool, the simulator and the libraries (the default)
  test [STEP...]   every check there is, or the named steps of ci/steps/
  sim              runs all scenarios in the simulator
  fuzz TARGET|--all [--engine libfuzzer|afl|both] [--time 60|10m|8h] [--jobs N]
  bench [--full]   measures everything, each figure beside its target
  bench --profile  where an operation's time goes, layer by layer
  lint             the rules of style and layering
  ci               what CI runs: test, from nothing
  install          to \$DESTDIR\$PREFIX (PREFIX=/usr/local)
  clean            removes what was made
  help             this

Programs are made in $BUILD/bin/, libraries in $BUILD/lib/. CC, CFLAGS, LDFLAGS, BUILD and
JOBS are taken from the environment.
END
}

# Makes the outputs with the given tags (see ci/build/plan.awk).
make_tags() {
    sh ci/build/make.sh "$@"
}

cmd_sim() {
    make_tags sim
    exec "$BUILD/bin/holdfast-sim" run "$@" scenarios/
}

cmd_bench() {
    if [ "${1:-}" = --profile ]; then
        make_tags bench timing
        exec "$BUILD/bin/holdfast-bench" "$@" --dir "$BUILD"
    fi
    make_tags bench
    exec "$BUILD/bin/holdfast-bench" all --dir "$BUILD" "$@"
}

command=${1:-build}
[ $# -eq 0 ] || shift

# These take no words: one that asks for help, or is mistyped, must not install or remove.
case $command in
build | lint | ci | install | clean)
    case ${1:-} in
    '') ;;
    -h | --help) command=help ;;
    *) die "$command takes no words, and there is '$1'" ;;
    esac
    ;;
esac

case $command in
build) make_tags lib tool sim ;;
test) exec sh ci/test.sh "$@" ;;
sim) cmd_sim "$@" ;;
fuzz) exec sh ci/fuzz.sh "$@" ;;
bench) cmd_bench "$@" ;;
lint) exec sh ci/test.sh lint ;;
ci)
    sh ci/build/clean.sh
    exec sh ci/test.sh
    ;;
install)
    make_tags lib tool sim
    exec sh ci/build/install.sh
    ;;
clean) exec sh ci/build/clean.sh ;;
help | -h | --help) usage ;;
*) die "'$command' is no command; './build.sh help' lists them" ;;
esac
