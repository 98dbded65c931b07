# run_test.sh SCRATCH PROGRAM - runs one test program; its output and status go to
# SCRATCH/NAME/. Always succeeds, so that xargs goes on.
#
# From the environment: RUN_UNDER, a command that runs it, such as valgrind, and RUN_LIMIT, the
# seconds that it may take (600).

scratch=$1/${2##*/}
mkdir -p "$scratch/tmp"
TMPDIR=$(cd "$scratch/tmp" && pwd)
export TMPDIR

limit=
if command -v timeout >/dev/null 2>&1; then
    limit="timeout -k 5 ${RUN_LIMIT:-600}"
fi
$limit ${RUN_UNDER:-} "$2" >"$scratch/out" 2>"$scratch/err"
echo $? >"$scratch/status"
rm -rf "$scratch/tmp"
