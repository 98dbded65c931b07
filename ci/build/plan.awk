# plan.awk - the list of sources in, the plan out.
#
# Input: "peer PATH LIBRARY" or "absent PATH" for each adapter of another engine (peers.h),
# "storm PATH" for each file of fuzz/ that includes the simulator, then "source PATH" for every
# .c file, sorted. Output, in an order in which it can be carried out:
#
#   compile OBJECT SOURCE VARIANT
#   link TAG OUTPUT KIND INPUT...       KIND is ar, so or the variant of a program
#
# The rules, by place and name:
#   engine/     twice, release and storm, and both again with sanitisers; the posix side of the
#               vfs and the tool (cli/) only without the storm; vfs_trace.c for the tool alone
#   sim/        storm, and again with sanitisers; sim/parity/ storm alone, for the program that
#               makes each call on real files too
#   X_test.c    a program of its own beside X, with sanitisers
#   bench/      release, with sanitisers for its tests, planted, the release with plants, and
#               timing, with timers: the engine is then compiled with them as well;
#               adapters of other engines for holdfast-bench-peers alone, as far as their
#               headers are there
#   fuzz/X_fuzz.c  with fuzz/replay_main.c a program that replays a corpus; those that include
#               the simulator are linked with it
#   fuzz/X.c    helpers of those; custom_afl.c is compiled by ci/fuzz.sh alone
#   fuzz/*/X_main.c  a program of its own, fuzz/X
#
# The same object in an archive serves tests too: an archive's main.o is left alone by the
# linker when the test brings its own main.

function object(variant, source) {
    sub(/\.c$/, ".o", source)
    return build "/obj/" variant "/" source
}

# Compiles `source` for `variant`, and lists the object in group `group` of it.
function compile(variant, group, source,    o) {
    o = object(variant, source)
    print "compile", o, source, variant
    if (group != "")
        members[variant, group] = members[variant, group] " " o
    return o
}

function link(tag, output, kind, inputs) {
    print "link", tag, build "/" output, kind inputs
}

# An archive of a group of objects; its path with a space before, or "" if the group is empty.
function archive(variant, group,    path) {
    if (!((variant, group) in members))
        return ""
    path = "obj/" variant "/lib" group ".a"
    link("-", path, "ar", members[variant, group])
    return " " build "/" path
}

function stem(path) {
    sub(/.*\//, "", path)
    sub(/\.c$/, "", path)
    return path
}

function is_test(path) { return path ~ /_test\.c$/ }

function engine_source(path) {
    if (path ~ /^engine\/cli\//) {
        compile("release", "cli", path)
        if (path !~ /_main\.c$/)
            compile("check", "cli", path)
    } else if (path ~ /\/vfs_trace\.c$/) {
        compile("release", "cli", path)
    } else if (path ~ /_posix\.c$/) {
        compile("release", "posix", path)
        compile("check", "posix", path)
        compile("planted", "engine", path)
        compile("timing", "engine", path)
    } else {
        compile("release", "engine", path)
        compile("check", "engine", path)
        compile("planted", "engine", path)
        compile("timing", "engine", path)
        compile("storm", "engine", path)
        compile("stormcheck", "engine", path)
    }
}

function fuzz_source(path,    variant, group) {
    if (path == "fuzz/custom_afl.c")
        return
    if (path ~ /^fuzz\/.*\/.*_main\.c$/) {
        mains[path] = path in storms ? "stormcheck" : "check"
        compile(mains[path], "", path)
        return
    }
    if (path !~ /_fuzz\.c$/) {
        group = path ~ /_main\.c$/ ? "replay" : "fuzz"
        if (!(path in storms))
            compile("check", group, path)
        compile("stormcheck", group, path)
        return
    }
    variant = path in storms ? "stormcheck" : "check"
    targets[path] = variant
    compile(variant, "", path)
}

function add(path) {
    if (is_test(path)) {
        tests[path] = path ~ /^sim\// || path in storms ? "stormcheck" : "check"
        compile(tests[path], "", path)
    } else if (path ~ /^engine\//)
        engine_source(path)
    else if (path ~ /^sim\/parity\//)
        compile("storm", "parity", path)
    else if (path ~ /^sim\//) {
        compile("storm", "sim", path)
        compile("stormcheck", "sim", path)
    } else if (path in adapters || path ~ /\/peer_linked\.c$/) {
        if (adapters[path] != "absent")
            compile("release", "peers", path)
    } else if (path ~ /^bench\//) {
        compile("release", "bench", path)
        compile("check", "bench", path)
        compile("planted", "bench", path)
        compile("timing", "bench", path)
    } else if (path ~ /^fuzz\//)
        fuzz_source(path)
}

$1 == "absent" { adapters[$2] = "absent" }
$1 == "peer" {
    adapters[$2] = "present"
    peer_libraries = peer_libraries " " $3
}
$1 == "storm" { storms[$2] = 1 }
$1 == "source" { add($2) }

END {
    posix = members["release", "engine"] members["release", "posix"]
    link("lib", "lib/libholdfast.a", "ar", posix)
    link("lib", "lib/libholdfast.so." version, "so", posix)
    library = " " build "/lib/libholdfast.a"
    if (("release", "cli") in members)
        link("tool", "bin/holdfast", "tool", members["release", "cli"] library)
    # What the tool has for everybody, such as JSON: the linker takes what is wanted.
    shared = archive("release", "cli")
    if (("storm", "sim") in members) {
        link("sim", "bin/holdfast-sim", "storm",
            members["storm", "sim"] members["storm", "engine"] shared)
        link("sim", "bin/holdfast-sim-release", "storm",
            members["storm", "sim"] members["release", "engine"] shared)
        link("parity", "bin/holdfast-sim-parity", "parity", members["storm", "parity"] \
            members["storm", "sim"] members["storm", "engine"] shared)
    }

    if (("release", "bench") in members) {
        link("bench", "bin/holdfast-bench", "bench", members["release", "bench"] shared library)
        link("bench", "bin/holdfast-bench-peers", "bench", members["release", "bench"] \
            members["release", "peers"] shared library peer_libraries)
        link("timing", "bin/holdfast-bench-timing", "bench",
            members["timing", "bench"] shared members["timing", "engine"])
        link("planted", "bin/holdfast-bench-planted", "bench",
            members["planted", "bench"] shared members["planted", "engine"])
    }

    # An archive refers to those behind it.
    libraries["check"] = archive("check", "cli") archive("check", "engine") \
        archive("check", "posix")
    # The posix side stands behind the engine and uses its base, hence twice.
    libraries["check"] = libraries["check"] " " build "/obj/check/libengine.a"
    libraries["stormcheck"] = archive("stormcheck", "sim") archive("stormcheck", "engine")
    # The simulated side of the vfs stands behind the engine in the same way.
    libraries["stormcheck"] = libraries["stormcheck"] libraries["stormcheck"]
    libraries["stormcheck"] = libraries["stormcheck"] " " build "/obj/check/libcli.a"
    helpers["check"] = archive("check", "fuzz")
    helpers["stormcheck"] = archive("stormcheck", "fuzz")
    bench_library = archive("check", "bench")
    for (path in tests) {
        helper = path ~ /^fuzz\// ? helpers[tests[path]] : \
            path ~ /^bench\// ? bench_library : ""
        link(tests[path] == "stormcheck" ? "simtest" : "test", "test/" stem(path), \
            path ~ /^bench\// ? "benchcheck" : tests[path], \
            " " object(tests[path], path) helper libraries[tests[path]])
    }

    for (path in mains) {
        variant = mains[path]
        name = stem(path)
        sub(/_main$/, "", name)
        link("second", "fuzz/" name, variant, \
            " " object(variant, path) helpers[variant] libraries[variant])
    }

    # A fuzzer brings its own main, which takes the place of the replay's.
    if (fuzzer == "") {
        replay["check"] = archive("check", "replay")
        replay["stormcheck"] = archive("stormcheck", "replay")
    }
    for (path in targets) {
        variant = targets[path]
        link("fuzz", "fuzz/" stem(path), variant, " " object(variant, path) \
            replay[variant] helpers[variant] libraries[variant])
    }
}
