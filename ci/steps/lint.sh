# lint - the rules of style and layering that a machine can check.
#
# Each finding is one line, FILE:LINE: rule. What needs judgement is in CONTRIBUTING.md.

set -u
. ci/build/common.sh

findings=$BUILD/log/findings
: >"$findings"
sources=$(find engine sim bench fuzz \( -name '*.c' -o -name '*.h' \) -type f 2>/dev/null |
    LC_ALL=C sort)
scripts="build.sh $(find ci fuzz -name '*.sh' -type f | LC_ALL=C sort)"

awk -f ci/build/lint.awk $sources >>"$findings"
awk 'length($0) > 96 { print FILENAME ":" FNR ": longer than 96 columns" }
    FNR == 801 { print FILENAME ":" FNR ": the file has more than 800 lines" }' \
    $scripts $(find ci fuzz -name '*.awk' -type f) >>"$findings"
for script in $scripts; do
    sh -n "$script" 2>>"$findings" || echo "$script:1: does not parse" >>"$findings"
done

# A file is found by its name alone.
echo "$sources" | sed 's|.*/||' | sort | uniq -d |
    sed 's/$/: two files have this name/' >>"$findings"

# The formatter's taste changes between its versions: only the one of Debian 12 is asked.
if need clang-format clang-format && clang-format --version | grep -q 'version 14\.'; then
    clang-format --dry-run $sources 2>&1 | sed -n 's/ warning: code should.*/ not formatted/p' |
        sort -u -t : -k 1,1 >>"$findings"
    formatted='formatted by clang-format 14'
else
    formatted='the format was not checked, for want of clang-format 14'
fi

cat "$findings"
[ ! -s "$findings" ] || exit 1
echo "$(echo "$sources" | wc -l) sources, $formatted"
