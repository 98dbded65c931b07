# tap.awk - judges one TAP stream. `name` is the program, `status` its exit status.
#
# Ends with "fine NAME: P passed F failed" or "FAILED NAME: WHY: P passed F failed", after the
# points that did not hold.

/^ok / { passed++; next }
/^not ok / { failed++; print name ": " $0; show = 1; next }
/^1\.\.[0-9]+/ { split($1, range, /\.\./); planned = range[2]; has_plan++; next }
/^#/ && show { print name ": " $0; next }
{ show = 0 }

END {
    if (failed)
        why = "points failed"
    else if (has_plan != 1)
        why = "it ended with status " status " before its plan"
    else if (planned != passed)
        why = "it planned " planned + 0 " points"
    else if (status != 0)
        why = "it ended with status " status
    if (why != "" && !failed)
        failed = 1
    result = passed + 0 " passed " failed + 0 " failed"
    if (why == "")
        print "fine " name ": " result
    else
        print "FAILED " name ": " why ": " result
    exit why != ""
}
