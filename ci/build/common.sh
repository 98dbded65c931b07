# common.sh - what the scripts share. Sourced from the root of the tree.

# Says one line and stops.
die() {
    echo "build.sh: $*" >&2
    exit 2
}

# has PROGRAM|FILE: whether it is there.
has() {
    [ -f "$1" ] || command -v "$1" >/dev/null 2>&1
}

# need PROGRAM|FILE PACKAGES: sees to it that the program, or a file named by its whole path, is
# there, installing the Debian packages, all in one word, where that may be done; false, with
# one line that names them, where it may not.
need() {
    has "$1" && return 0
    root=
    [ "$(id -u)" -eq 0 ] || root='sudo -n'
    if has apt-get && $root true 2>/dev/null; then
        echo "installing $2 for $1" >&2
        if { $root apt-get update && DEBIAN_FRONTEND=noninteractive \
            $root apt-get install -y --no-install-recommends $2; } >/dev/null 2>&1; then
            has "$1" && return 0
        fi
    fi
    echo "build.sh: '$1' is missing: install $2" >&2
    return 1
}

# The version in the public header, such as 0.1.0.
project_version() {
    sed -n 's/^#define HF_VERSION_STRING "\(.*\)"$/\1/p' engine/holdfast.h
}

# take_options PROGRAM "NAME ..." ARGUMENT...: stores the value behind each --NAME in the
# variable of that name.
take_options() {
    who=$1
    known=$2
    shift 2
    while [ $# -gt 0 ]; do
        found=
        for name in $known; do
            [ "--$name" != "$1" ] || found=$name
        done
        [ -n "$found" ] || die "$who: no option '$1'; there are$(printf ' --%s' $known)"
        [ $# -gt 1 ] || die "$who: $1 needs a value"
        eval "$found=\$2"
        shift 2
    done
}
