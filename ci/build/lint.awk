# lint.awk - the rules that show in one file: its size, its includes, and its functions' size.
#
# Functions are found by the format that .clang-format sees to: their braces, and no others
# but those of a struct, stand alone in the first column.

function finding(rule) {
    print FILENAME ":" FNR ": " rule
}

# Which folders of the engine the files of each may include, and which of the simulator.
BEGIN {
    may["base"] = " base "
    may["format"] = " base format "
    may["vfs"] = " base vfs "
    may["memory"] = " base vfs memory "
    may["index"] = " base vfs memory index "
    may["store"] = " base format vfs memory index store "
    may["cli"] = " cli "
    sim_may["machine"] = " machine "
    sim_may["scenario"] = " machine scenario "
    sim_may["run"] = " machine scenario run "
    sim_may["campaign"] = " machine scenario run campaign "
    sim_may["plants"] = " machine scenario run campaign plants "
    sim_may["search"] = " machine scenario run campaign search "
    sim_may["parity"] = " machine parity "
}

FNR == 1 {
    is_test = FILENAME ~ /_test\.c$/
    split(FILENAME, part, "/")
    folder = part[1] == "engine" && part[3] != "" ? part[2] : ""
    in_engine = part[1] == "engine"
    sim_folder = part[1] == "sim" && part[3] != "" ? part[2] : ""
    is_outside = !in_engine || folder == "cli" || FILENAME ~ /_posix\.c$/ || is_test
    opened = 0
    if ($0 != "/*")
        finding("the file does not begin with a comment that says what it is for")
}

FNR == 801 { finding("the file has more than 800 lines") }
length($0) > 96 { finding("longer than 96 columns") }
/\t/ { finding("a tab") }
/[ \t]$/ { finding("a space at the end of the line") }
/TODO|FIXME|(^|[^X])XXX([^X]|$)/ { finding("work left undone belongs into an issue") }

/^#include </ {
    name = $2
    if (!is_outside && name ~ /^<(unistd|fcntl|errno|time|pthread|signal|sched|sys\/.*)\.h>/)
        finding("only the posix side of vfs/ and the tool talk to the system: " name)
}

/^#include "/ && in_engine {
    name = substr($2, 2)
    if (name ~ /^(sim|bench|fuzz)\//)
        finding("the engine includes what is built upon it: " name)
    sub(/\/.*/, "", name)
    if (folder != "" && !is_test && name !~ /^holdfast\.h/ && name != FILENAME &&
        !(FILENAME == "engine/cli/verb_iotrace.c" && $2 == "\"vfs/vfs_trace.h\"") &&
        index(may[folder], " " name " ") == 0)
        finding(folder "/ may not include " name "/: arrows go one way")
}

# What lies in sim/ itself stands below its folders, the verbs aside.
/^#include "sim\/[a-z]+\// && sim_folder != "" && !is_test {
    split($2, part, "/")
    if (index(sim_may[sim_folder], " " part[2] " ") == 0)
        finding("sim/" sim_folder "/ may not include sim/" part[2] "/: arrows go one way")
}

/^{$/ { opened = FNR }
/^}$/ {
    if (opened && FNR - opened - 1 > 60)
        finding("the function has " FNR - opened - 1 " lines, more than 60")
    opened = 0
}
