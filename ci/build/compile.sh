# compile.sh compile OBJECT SOURCE VARIANT - one line of the plan, run by make.sh.

object=$2
source=$3
eval "flags=\$CFLAGS_$4"

# Messages of one file stay together, and a half-written object never takes the name.
if messages=$($CC $flags -MMD -MF "${object%.o}.d" -MT "$object" -c -o "$object.part" \
    "$source" 2>&1); then
    [ -z "$messages" ] || printf '%s\n' "$messages" >&2
    mv "$object.part" "$object"
else
    printf '%s\n' "$messages" >&2
    rm -f "$object.part"
    exit 1
fi
