# profile - the engine with timers in it tells where the time of each operation goes, and its
# layers add up; the timers are in that program, so that the step symbols, which finds none in
# what ships, is not blind.

set -eu
. ci/build/common.sh

sh ci/build/make.sh bench timing
need nm binutils
nm "$BUILD/bin/holdfast-bench-timing" | grep -q hf_timed_begin || {
    echo 'there are no timers in holdfast-bench-timing'
    exit 1
}
d=$BUILD/log/profile.d
rm -rf "$d"
mkdir -p "$d"
"$BUILD/bin/holdfast-bench" --profile --smoke --dir "$d" --json --out "$d/results.json"
"$BUILD/bin/holdfast-bench" profile --smoke --dir "$d" --out "$d/text"

# Every layer was gone through by some operation.
for layer in $(sed -n 's/^    X(\([a-z_]*\), [0-9], .*/\1/p' engine/base/timing.h); do
    grep -q "\"name\": \"profile/[^\"]*/$layer\"" "$d/results.json" || {
        echo "no operation goes through the layer $layer"
        exit 1
    }
done
# What lies within a layer takes no longer than it, but for what timing itself blurs.
awk '/timers taken off/ { operation = $1 }
    /^  a commit, / { whole = $(NF - 4); sum = 0 }
    /^    [a-z]/ && whole { sum += $(NF - 4) }
    /^  the rest/ && whole {
        if (sum > whole * 1.25 + 100) { print operation ": " sum " ns within " whole; bad = 1 }
        whole = 0
        count++
    }
    END { exit bad || count < 4 }' "$d/text"
# Without the program that has them, what to do is said.
mkdir "$d/alone"
cp "$BUILD/bin/holdfast-bench" "$d/alone/"
! "$d/alone/holdfast-bench" profile --smoke --dir "$d" 2>"$d/err"
grep -q 'build.sh bench --profile' "$d/err"
rows=$(grep -c '"name": "profile/' "$d/results.json")
rm -rf "$d"
echo "$rows layers of operations timed"
