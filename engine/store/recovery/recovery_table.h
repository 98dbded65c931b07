/*
 * recovery_table.h - what the end of a segment means.
 *
 * The one question that a checksum cannot answer: is this a tail that a power cut tore, which
 * is legal, or damage to what was durable, which must never be passed over? The witness answers
 * it.
 */
#ifndef HF_STORE_RECOVERY_TABLE_H
#define HF_STORE_RECOVERY_TABLE_H

#include <stdbool.h>

enum hf_stop_place {
    HF_STOP_LAST,  /* the newest segment of the chain */
    HF_STOP_INNER, /* one that has a successor in the chain */
    HF_STOP_PLACE_COUNT
};

enum hf_stop_how {
    HF_STOP_COMPLETE, /* at the end that the successor declares, or at a seal */
    HF_STOP_ZEROS,    /* nothing but zeros behind */
    HF_STOP_TORN,     /* something unreadable behind */
    HF_STOP_NEWER,    /* a valid frame of an unknown type */
    HF_STOP_HOW_COUNT
};

enum hf_stop_decision {
    HF_DECIDE_GO_ON,   /* replay the successor, or be done */
    HF_DECIDE_CUT,     /* the log ends here; what follows is given up */
    HF_DECIDE_CORRUPT, /* refuse: durable bytes are damaged */
    HF_DECIDE_NEWER,   /* refuse: a newer Holdfast wrote this */
};

/* `below`: the stop is below the witness. Pure; total. */
enum hf_stop_decision hf_recovery_decide(enum hf_stop_place place, enum hf_stop_how how,
                                         bool below);

#endif
