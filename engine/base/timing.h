/*
 * timing.h - how long each layer of an operation takes, where the engine is compiled to know.
 *
 *   HF_TIMED(layer);   first line of a block: its time, until it is left, is the layer's
 *
 * Layers lie in each other; a layer's time includes those within. Without -DHF_TIMING, and so
 * in everything that ships, the line vanishes without a trace (CI looks with nm). With it,
 * bench/profile/timing.c stands behind.
 */
#ifndef HF_BASE_TIMING_H
#define HF_BASE_TIMING_H

#include <stdint.h>

/* X(name, depth, sentence), in the order in which an operation goes through them. */
#define HF_LAYERS(X)                                                                           \
    X(commit, 0, "a commit, with the lock held")                                               \
    X(admit, 1, "validation: may it be made, waiting, checks")                                 \
    X(reserve, 1, "room in the indexes")                                                       \
    X(place, 1, "log append: a place in the log")                                              \
    X(encode, 1, "encode: frame and checksum, into the memory of the log")                     \
    X(write, 1, "write: the frame goes to the kernel")                                         \
    X(index, 1, "index insert")                                                                \
    X(acknowledge, 1, "acknowledgement: a sync that is waited for, one that is due")           \
    X(sync, 2, "sync of the log")                                                              \
    X(get, 0, "read path: a get under a view")                                                 \
    X(memtables, 1, "the memtables asked")                                                     \
    X(tables, 1, "the tables asked")                                                           \
    X(filter, 2, "the filter of one table asked")                                              \
    X(look_up, 2, "one table searched")                                                        \
    X(next, 0, "read path: the next pair of a scan")                                           \
    X(block, 1, "a block of a table read and checked")

#define HF_LAYER_ENUM(name, depth, text) HF_LAYER_##name,
enum hf_layer { HF_LAYERS(HF_LAYER_ENUM) HF_LAYER_COUNT };
#undef HF_LAYER_ENUM

#ifdef HF_TIMING
struct hf_timed {
    enum hf_layer layer;
    uint64_t began;
};

struct hf_timed hf_timed_begin(enum hf_layer layer);
void hf_timed_end(struct hf_timed *timed);
#define HF_TIMED(layer)                                                                        \
    struct hf_timed hf_timed_##layer __attribute__((cleanup(hf_timed_end))) =                  \
        hf_timed_begin(HF_LAYER_##layer)
#else
#define HF_TIMED(layer) ((void)HF_LAYER_##layer)
#endif

#endif
