# workflows - the files that start CI, campaigns and fuzzing on machines of others parse, and
# all that they call is in the tree (ci/build/check_yaml.py). Those of campaigns are carried out
# here as their services would, and come to what one process makes (ci/build/act_yaml.py). A
# mistake of each kind, put into a copy, is found.

set -eu
. ci/build/common.sh

python3 -c 'import yaml' 2>/dev/null ||
    need /usr/lib/python3/dist-packages/yaml/__init__.py 'python3 python3-yaml' || exit 77
files=$(find ci/workflows ci/campaign fuzz/oss-fuzz -name '*.y*ml' | LC_ALL=C sort)
python3 -B ci/build/check_yaml.py $files
sh -n ci/campaign/slurm.sbatch
for from in $(sed -n 's/^COPY \([^ ]*\) .*/\1/p' fuzz/oss-fuzz/Dockerfile); do
    [ -e "$from" ] || die "workflows: fuzz/oss-fuzz/Dockerfile: no $from to copy"
done

# act FILE: carries it out, over one seed of each scenario.
act() {
    python3 -B ci/build/act_yaml.py "$1" 1..1 "$BUILD/log/act.d"
}
sh ci/build/make.sh sim
act ci/campaign/kubernetes.yaml
act ci/campaign/hosted-workflow.yaml

# refused_by COMMAND FILE SCRIPT SAYING: a copy that was changed by sed is refused, and with
# these words.
mistakes=0
refused_by() {
    copy=$BUILD/log/mistake.yml
    sed "$3" "$2" >"$copy"
    ! cmp -s "$2" "$copy" || die "workflows: '$3' changes nothing in $2"
    if $1 "$copy" >"$BUILD/log/mistake"; then
        die "workflows: $2 after '$3' is taken for sound"
    fi
    grep -q "$4" "$BUILD/log/mistake" || { cat "$BUILD/log/mistake" && exit 1; }
    mistakes=$((mistakes + 1))
}
refuses() {
    refused_by 'python3 -B ci/build/check_yaml.py' "$@"
}
fails() {
    refused_by act "$@"
}
refuses ci/workflows/ci.yml 's|\.ci/run|.ci/walk|' 'no file .ci/walk'
refuses ci/workflows/ci.yml 's|build.sh test counts|build.sh test county|' "no step 'county'"
refuses ci/workflows/ci.yml 's|build.sh bench|build.sh bank|' "no command 'bank'"
refuses ci/workflows/ci.yml 's|runs-on: |runs: |' 'no runs-on'
refuses ci/workflows/ci.yml 's|^  figures:|  test:|' "'test' stands twice"
refuses ci/workflows/ci.yml 's|checkout@v4|checkout|' 'names no version'
refuses ci/campaign/fuzz.yml 's|\[wal, |[|' "not the fuzz targets: \['wal'\]"
refuses ci/campaign/fuzz.yml 's|key: fuzzing-\${{ matrix.target|&s|' "no 'targets'"
refuses ci/campaign/hosted-workflow.yaml 's|needs: part|needs: parts|' "needs 'parts'"
refuses ci/campaign/kubernetes.yaml 's|completions: 64|completions: 63|' 'JOB_COMPLETIONS'
refuses ci/campaign/kubernetes.yaml 's|parallelism|paralelism|' "unknown words: \['paral"
refuses ci/campaign/kubernetes.yaml 's|/job.sh|/jobs.sh|' 'no file ci/campaign/jobs.sh'
refuses fuzz/oss-fuzz/project.yaml 's|- address|- addres|' 'unknown sanitiser'
fails ci/campaign/kubernetes.yaml 's|value: /results|value: results|' 'finish.sh: status 2'
fails ci/campaign/hosted-workflow.yaml 's|results/part|result/part|' 'nothing is at result/part'
fails ci/campaign/hosted-workflow.yaml 's|NODE_TOTAL: 16|NODE_TOTAL: 17|' 'of one process'
echo "$(echo "$files" | wc -l) files, $mistakes mistakes found in copies"
