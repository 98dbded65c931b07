/*
 * recovery_table.c - what the end of a segment means.
 *
 *   witness = the highest position that any surviving header says was durable.
 *
 * A stop below the witness is damage, wherever it is and whatever stands there: bytes that
 * were durable can no longer be read. A stop at or above it is the mark of a power cut: in the
 * newest segment the tail that was being written; in an inner one the unsynced end of a segment
 * whose successor was luckier. Nothing behind it is replayed: the log has one order, without
 * holes.
 */
#include "store/recovery/recovery_table.h"

#include "base/assert.h"
#include "base/probe.h"

struct row {
    enum hf_stop_decision above;
    enum hf_stop_decision below;
};

static const struct row table[HF_STOP_PLACE_COUNT][HF_STOP_HOW_COUNT] = {
    [HF_STOP_LAST] = {
        [HF_STOP_COMPLETE] = { HF_DECIDE_GO_ON, HF_DECIDE_CORRUPT },
        [HF_STOP_ZEROS] = { HF_DECIDE_CUT, HF_DECIDE_CORRUPT },
        [HF_STOP_TORN] = { HF_DECIDE_CUT, HF_DECIDE_CORRUPT },
        [HF_STOP_NEWER] = { HF_DECIDE_NEWER, HF_DECIDE_NEWER },
    },
    [HF_STOP_INNER] = {
        [HF_STOP_COMPLETE] = { HF_DECIDE_GO_ON, HF_DECIDE_GO_ON },
        [HF_STOP_ZEROS] = { HF_DECIDE_CUT, HF_DECIDE_CORRUPT },
        [HF_STOP_TORN] = { HF_DECIDE_CUT, HF_DECIDE_CORRUPT },
        [HF_STOP_NEWER] = { HF_DECIDE_NEWER, HF_DECIDE_NEWER },
    },
};

/* The mistakes that this table exists to make impossible. */
static enum hf_stop_decision
planted(enum hf_stop_decision decision, enum hf_stop_place place, enum hf_stop_how how)
{
    bool is_corrupt = decision == HF_DECIDE_CORRUPT;

    if (is_corrupt && place == HF_STOP_INNER && HF_PLANTED(recovery_inner_end))
        return HF_DECIDE_CUT;
    if (is_corrupt && HF_PLANTED(recovery_no_witness))
        return HF_DECIDE_CUT;
    if (decision == HF_DECIDE_CUT && how == HF_STOP_TORN && HF_PLANTED(recovery_refuse_torn))
        return HF_DECIDE_CORRUPT;
    return decision;
}

enum hf_stop_decision
hf_recovery_decide(enum hf_stop_place place, enum hf_stop_how how, bool below)
{
    HF_ASSERT(place < HF_STOP_PLACE_COUNT && how < HF_STOP_HOW_COUNT);
    const struct row *row = &table[place][how];

    return planted(below ? row->below : row->above, place, how);
}
