# pages - the pages that the reports make, opened in a browser: in light and in dark, on a desk
# and on a telephone nothing runs over the edge, everything can be seen, and nothing is fetched.
# The screenshots stay in $BUILD/log/pages.d, for people.

set -eu
. ci/build/common.sh

need chromium chromium || {
    echo 'no browser: the package chromium is missing'
    exit 77
}
sh ci/build/make.sh sim lib bench
simulator=$BUILD/bin/holdfast-sim
d=$(cd "$BUILD" && pwd)/log/pages.d
rm -rf "$d"
mkdir -p "$d/home"
count=0

# browser WIDTH SCHEME PAGE OPTION...: opens a page; what --dump-dom prints is on stdout.
browser() {
    width=$1 scheme=$2 page=$3
    shift 3
    case $scheme in
    dark) preferred=0 ;;
    *) preferred=1 ;;
    esac
    HOME=$d/home timeout -k 5 120 chromium --headless --no-sandbox --disable-gpu \
        --disable-dev-shm-usage --hide-scrollbars --no-first-run --disable-extensions \
        --user-data-dir="$d/home/$scheme" --window-size="$width,1600" \
        --blink-settings=preferredColorScheme=$preferred "$@" "file://$page" 2>"$d/browser.log"
}

# look NAME: judges the page $d/NAME.html four times.
look() {
    for scheme in light dark; do
        for width in 1280 500; do
            copy=$d/$1.$scheme.$width
            {
                sed 's,</body>.*,,' "$d/$1.html"
                echo "<script id=check>const SCHEME = '$scheme', WIDTH_MAX = $width;"
                cat ci/build/page_check.js
                echo '</script></body></html>'
            } >"$copy.html"
            findings=$(browser "$width" "$scheme" "$copy.html" --dump-dom |
                sed -n 's/.*<body[^>]* data-findings="\([^"]*\)".*/\1/p')
            rm -f "$copy.html"
            if [ "$findings" != none ]; then
                echo "$1, $scheme, $width wide: ${findings:-the browser gave no answer}"
                tail -n 3 "$d/browser.log"
                failed=1
            fi
            count=$((count + 1))
        done
    done
}

# picture NAME: screenshots of the page, for people.
picture() {
    browser 1280 light "$d/$1.html" --screenshot="$d/$1.light.png"
    browser 1280 dark "$d/$1.html" --screenshot="$d/$1.dark.png"
}

failed=0

# A page with failures, odd text in them, and one with plants; what runs gave is kept short.
"$simulator" run --seeds 1..20 --plant recovery_resync --json --out "$d/bad.jsonl" \
    scenarios/recovery scenarios/sync || [ $? -eq 1 ]
sed -i 's/"found":"/&<script>alert(1)<\/script><b>\&amp;/' "$d/bad.jsonl"
"$simulator" report "$d/bad.jsonl" -o "$d/storm_broke.html"
"$simulator" run --seeds 1..4 --json --out "$d/good.jsonl" scenarios/
"$simulator" plants wal_skip_sync index_skip_delete --json --out "$d/plants.jsonl"
"$simulator" report "$d/good.jsonl" "$d/plants.jsonl" baselines/plants.json -o "$d/storm.html"

# What the bench measured, a few pairs of each, with what was measured before.
bench=$BUILD/bin/holdfast-bench
"$bench" storage --smoke --dir "$d" --json --out "$d/first.json" || [ $? -eq 1 ]
"$bench" storage --smoke --dir "$d" --json --out "$d/second.json" || [ $? -eq 1 ]
"$bench" report "$d/first.json" "$d/second.json" -o "$d/bench.html"
"$bench" peers --smoke --dir "$d" --json --out "$d/peers.json"
"$bench" report "$d/peers.json" -o "$d/peers.html"

for page in storm_broke storm bench peers; do
    look "$page"
    picture "$page"
done

# The check can fail: text that is hardly there, a line without an end, a script.
sed 's,</h1>,</h1><p style="color:#8888">faint</p><script src=x></script><pre>'"$(
    printf '%0400d' 0)"'</pre>,' "$d/storm.html" >"$d/spoiled.html"
held=$failed
look spoiled >"$d/spoiled.log"
if [ "$(grep -c 'wide: .*hard to see.*; .*things that a page' "$d/spoiled.log")" -ne 4 ]; then
    echo 'the check of pages does not see what is wrong:'
    cat "$d/spoiled.log"
    held=1
fi
rm -rf "$d/home" "$d"/*.jsonl "$d"/*.json "$d/spoiled.html"
[ "$held" -eq 0 ] || exit 1
echo "$count looks, in light and dark, wide and narrow"
