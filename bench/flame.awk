# flame.awk - a flame graph (SVG) of what `perf script` prints.
#
#   perf script | awk -f bench/flame.awk -v title='put, buffered' >flame.svg
#
# A frame lies on its caller and is as wide as its share of all samples; what is widest at the
# top is where the time goes. The order along a row is that of the names and means nothing. The
# picture has no script; a browser shows a frame's name and share where the pointer is. Made
# after the idea of Brendan Gregg's flame graphs.
#
# `from` names the function that the picture begins with, such as run_put: samples without it
# are left out.

function escaped(text) {
    gsub(/&/, "\\&amp;", text)
    gsub(/</, "\\&lt;", text)
    gsub(/>/, "\\&gt;", text)
    return text
}

# Whose code the frame at `level` is: the kernel's, a library's, the engine's from where it is
# entered, or the benchmark's.
function kind_of(level, file,    i) {
    if (file ~ /kernel|vdso/)
        return "k"
    if (file !~ /holdfast/)
        return "l"
    for (i = 1; i <= level; i++)
        if (open_name[i] ~ /^hf_/)
            return "e"
    return "b"
}

# One sample: frames[1] is the innermost.
function end_sample(    i, first, stack) {
    first = depth
    if (from != "")
        for (first = depth; first > 0 && frames[first] != from; first--)
            ;
    for (i = first; i > 0; i--)
        stack = stack SUBSEP frames[i]
    if (first > 0) {
        if (!(stack in count))
            stacks[++stack_count] = stack
        count[stack]++
        total++
        deepest = first > deepest ? first : deepest
    }
    depth = 0
}

/^[^ \t]/ { depth = 0; next }
/^[ \t]*$/ { if (depth) end_sample(); next }
{
    name = $2
    sub(/\+0x[0-9a-f]+$/, "", name)
    sub(/\.(constprop|isra|part|cold).*$/, "", name)
    if (name == "[unknown]")
        name = "?"
    frames[++depth] = name
    file_of[name] = $NF
}

# Insertion sort: the different stacks are some hundred.
function sort_stacks(    i, j, stack) {
    for (i = 2; i <= stack_count; i++) {
        stack = stacks[i]
        for (j = i - 1; j > 0 && stacks[j] > stack; j--)
            stacks[j + 1] = stacks[j]
        stacks[j + 1] = stack
    }
}

# A frame at `level` from sample `first` up to before `limit`.
function draw(level, name, first, limit,    x, y, wide, room, text) {
    x = first / total * WIDTH
    wide = (limit - first) / total * WIDTH
    if (wide < 0.4)
        return
    y = TOP + (deepest - level) * ROW
    text = escaped(name)
    room = int((wide - 6) / LETTER)
    printf "<g><title>%s: %.1f %%</title>", text, (limit - first) / total * 100
    printf "<rect class=\"%s\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" rx=\"2\"/>", \
        kind_of(level, file_of[name]), x + LEFT, y, wide - (wide < 1 ? 0 : 0.6), ROW - 1
    if (length(name) > room)
        text = escaped(substr(name, 1, room - 2)) ".."
    if (room >= 3)
        printf "<text x=\"%.1f\" y=\"%d\">%s</text>", x + LEFT + 3, y + ROW - 5, text
    print "</g>"
}

# Closes the frames that are open above `level`.
function close_above(level, limit) {
    for (; open_count > level; open_count--)
        draw(open_count, open_name[open_count], open_first[open_count], limit)
}

END {
    if (depth)
        end_sample()
    if (!total) {
        print "flame.awk: no sample" (from == "" ? "" : " with " from) > "/dev/stderr"
        exit 1
    }
    WIDTH = 1160; LEFT = 10; TOP = 46; ROW = 18; LETTER = 6.7
    sort_stacks()
    height = TOP + deepest * ROW + 10
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" " \
        "font-family=\"ui-monospace,'DejaVu Sans Mono',Menlo,monospace\" font-size=\"11\">\n", \
        WIDTH + 2 * LEFT, height
    print "<style>.back{fill:#fff}text{fill:#17211c}.e{fill:#8fd0ae}.k{fill:#c9d6e2}"
    print ".l{fill:#f0d79c}.b{fill:#e4e9e6}.head{font-size:15px;font-weight:600}"
    print "@media(prefers-color-scheme:dark){.back{fill:#161d1a}text{fill:#e4ebe7}"
    print ".e{fill:#1f6b4a}.k{fill:#34475a}.l{fill:#6d5317}.b{fill:#333d38}}</style>"
    printf "<rect class=\"back\" width=\"100%%\" height=\"100%%\"/>\n"
    printf "<text class=\"head\" x=\"%d\" y=\"20\">%s</text>\n", LEFT, escaped(title)
    printf "<text x=\"%d\" y=\"36\">%d samples; green: the engine, blue: the kernel, " \
        "yellow: libraries, grey: the benchmark</text>\n", LEFT, total

    at = 0
    for (i = 1; i <= stack_count; i++) {
        levels = split(substr(stacks[i], 2), word, SUBSEP)
        same = 0
        while (same < open_count && same < levels && open_name[same + 1] == word[same + 1])
            same++
        close_above(same, at)
        for (level = same + 1; level <= levels; level++) {
            open_name[level] = word[level]
            open_first[level] = at
        }
        open_count = levels
        at += count[stacks[i]]
    }
    close_above(0, at)
    print "</svg>"
}
