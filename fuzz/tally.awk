# tally.awk - what a campaign came to: its turns (fuzz/turn.sh), summed up, as a table with a
# row a target. Fails if a turn was broken, or if not all of `turns` left a line.

function grouped(number,   text) {
    text = sprintf("%d", number)
    while (match(text, /^[0-9]+[0-9][0-9][0-9]/))
        text = substr(text, 1, RLENGTH - 3) "," substr(text, RLENGTH - 2)
    return text
}

!($1 in wall) {
    names[++count] = $1
}

{
    wall[$1] += $3
    processor[$1] += $4
    executions[$1] += $5 == "-" ? 0 : $5
    if ($6 != "-" && !($1 in before))
        before[$1] = $6
    if ($7 != "-" && $7 > after[$1])
        after[$1] = $7
    findings[$1] += $9 == "broken"
    broken += $9 == "broken"
}

END {
    print "| target | wall | processor | executions | edges before | after | broken turns |"
    print "|---|---|---|---|---|---|---|"
    for (i = 1; i <= count; i++) {
        name = names[i]
        printf "| `%s` | %s s | %s s | %s | %s | %s | %d |\n", name, grouped(wall[name]),
            grouped(processor[name]), grouped(executions[name]), grouped(before[name]),
            grouped(after[name]), findings[name]
    }
    exit broken > 0 || NR != turns
}
