# docs - the commands that the documents show are run as they are printed, and the C example of
# the README is compiled and run.
#
# A block of a Markdown file is run if its fence says ```sh run or ```c run. The shell blocks of
# one file are one script, run in a copy of the tree's names (links to all there is) with the
# fresh programs first in the search path, so that what they make does not stay.

set -eu
. ci/build/common.sh

sh ci/build/make.sh lib tool sim bench
top=$PWD
absolute=$(cd "$BUILD" && pwd)
scratch=$absolute/log/docs.d
count=0

# blocks LANGUAGE FILE: the text of its blocks.
blocks() {
    awk -v fence="^\`\`\`$1 run\$" '$0 ~ fence { open = 1; next }
        /^```$/ { open = 0 } open' "$2"
}

# place NAME: an empty folder with links to everything in the tree.
place() {
    rm -rf "$scratch/$1"
    mkdir -p "$scratch/$1"
    for entry in "$top"/*; do
        ln -s "$entry" "$scratch/$1/"
    done
    case $BUILD in
    /*) ;;
    *)
        rm -f "$scratch/$1/${BUILD%%/*}"
        mkdir -p "$(dirname "$scratch/$1/$BUILD")"
        ln -s "$absolute" "$scratch/$1/$BUILD"
        ;;
    esac
}

for file in README.md docs/*.md; do
    [ -f "$file" ] || continue
    name=$(basename "$file" .md)
    blocks sh "$file" >"$absolute/log/docs.sh"
    if [ -s "$absolute/log/docs.sh" ]; then
        place "$name"
        echo "== $file"
        (cd "$scratch/$name" && PATH="$absolute/bin:$PATH" sh -eux "$absolute/log/docs.sh")
        count=$((count + 1))
    fi
    blocks c "$file" >"$absolute/log/docs.c"
    if [ -s "$absolute/log/docs.c" ]; then
        place "$name"
        echo "== $file, C"
        $CC -std=c11 -Wall -Wextra -Werror -Iengine -o "$scratch/$name/example" \
            "$absolute/log/docs.c" "$BUILD/lib/libholdfast.a" -pthread
        (cd "$scratch/$name" && ./example)
        count=$((count + 1))
    fi
done
[ "$count" -gt 0 ] || die 'docs: no document shows anything to run'
echo "$count scripts and programs out of the documents"
