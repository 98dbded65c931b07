# link.sh link TAG OUTPUT KIND INPUT... - one line of the plan, run by make.sh.

set -eu
output=$3
kind=$4
shift 4

# What did not compile has said so; what was to be made of it is left out.
for input in "$@"; do
    case $input in
    -l*) ;;
    *) [ -f "$input" ] || exit 1 ;;
    esac
done

# The name that programs are bound to changes with every version that may break them.
link_shared() {
    name=${output##*/}
    soname=${name%.*.*}
    $CC $CFLAGS_release ${LDFLAGS:-} -shared -Wl,-soname,"$soname" -Wl,-z,defs,-z,relro,-z,now \
        -Wl,--version-script=engine/libholdfast.map -o "$output.part" "$@"
    ln -sf "$name" "${output%/*}/$soname"
    ln -sf "$soname" "${output%/*}/libholdfast.so"
}

rm -f "$output.part"
case $kind in
ar) ar rcD "$output.part" "$@" ;;
so) link_shared "$@" ;;
*)
    eval "flags=\"\$CFLAGS_$kind \$LDFLAGS_$kind\""
    $CC $flags -o "$output.part" "$@"
    ;;
esac
mv "$output.part" "$output"
