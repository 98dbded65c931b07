# stale.awk - what of a plan must be done.
#
# Inputs, told apart by the variable `what` set before each on the command line:
#   files    every file of the source tree
#   changed  those changed since the last look
#   made     every file in the build folder
#   old      the plan of the last look
#   plan     the plan of now
#   depends  the compiler's dependency files
# `tags` names the outputs wanted. Output: "remove PATH" for all that is out of date, wanted or
# not, since the next look will not see it again; then the lines of the plan to carry out.
#
# An object is out of date if it is missing, if a file it was made from is gone or changed, or
# if the plan makes it otherwise than before; an output, if one of its inputs is. A library of
# the system (-lNAME) never is.

what == "files" { is_file[$1] = 1; next }
what == "changed" { is_changed[$1] = 1; next }
what == "made" { is_made[$1] = 1; next }
what == "old" { if ($1 == "link") before[$3] = $0; next }
what == "plan" { line[++count] = $0; next }

what == "depends" {
    for (i = 1; i <= NF; i++) {
        if ($i ~ /:$/) {
            target = $i
            sub(/:$/, "", target)
            has_depends[target] = 1
        } else if ($i != "\\" && (!($i in is_file) || $i in is_changed))
            is_stale[target] = 1
    }
}

function out_of_date(path) {
    return path in is_stale || !(path in is_made)
}

function drop(path) {
    is_stale[path] = 1
    if (path in is_made)
        print "remove", path
}

function judge_link(n,    word, words, i) {
    words = split(line[n], word, " ")
    for (i = 5; i <= words; i++)
        if (word[i] !~ /^-l/ && out_of_date(word[i]))
            break
    if (i <= words || before[word[3]] != line[n] || out_of_date(word[3]))
        drop(word[3])
}

# Outputs are wanted by their tag, inputs because an output needs them: so from the end.
function mark_wanted(    n, word, words, i) {
    words = split(tags, word, " ")
    for (i = 1; i <= words; i++)
        tag_wanted[word[i]] = 1
    for (n = count; n >= 1; n--) {
        words = split(line[n], word, " ")
        if (word[1] != "link" || !(word[2] in tag_wanted || word[3] in is_wanted))
            continue
        is_wanted[word[3]] = 1
        for (i = 5; i <= words; i++)
            is_wanted[word[i]] = 1
    }
}

END {
    for (n = 1; n <= count; n++) {
        split(line[n], word, " ")
        if (word[1] == "link")
            judge_link(n)
        else if (!(word[2] in has_depends) || out_of_date(word[2]))
            drop(word[2])
    }
    mark_wanted()
    for (n = 1; n <= count; n++) {
        split(line[n], word, " ")
        path = word[1] == "link" ? word[3] : word[2]
        if (path in is_stale && path in is_wanted)
            print line[n]
    }
}
