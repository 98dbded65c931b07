/*
 * peer.h - one storage engine among those that are measured side by side.
 *
 * An adapter is a struct of functions over an engine's own public interface, and as thin as
 * that allows: what is timed is the engine. Every engine gets the same keys, the same values,
 * the same batches, and has to hand over every byte of what it reads.
 *
 * An adapter is compiled where the header of its engine is found (ci/build/peers.h); where it
 * is not, the name stays, and what is missing is said.
 *
 * Nothing here returns an error: what is not as expected ends the process with a line that says
 * which engine failed in what. Each measurement has a process of its own (peer_child.h), so
 * that nothing is lost but that one.
 */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include "holdfast.h"

/* What a commit survives, the same for all in one comparison. */
enum bench_peer_mode {
    BENCH_PEER_MEMORY,   /* nothing */
    BENCH_PEER_BUFFERED, /* the death of the process */
    BENCH_PEER_STRICT    /* a power cut */
};
#define BENCH_PEER_MODE_COUNT 3

struct bench_peer_setup {
    const char *path; /* an empty directory, or that of an earlier open */
    enum bench_peer_mode mode;
    uint64_t write_buffer_size; /* bytes that are gathered in memory before they are sorted */
    uint64_t pairs_max;         /* that will be put: the raw loop prepares its file for them */
};

/* Bytes of cache that every engine may take: more than all the data. */
#define BENCH_PEER_CACHE_SIZE (UINT64_C(1) << 30)

struct bench_pair {
    struct hf_span key;
    struct hf_span value;
};

/* Called for each pair of a scan; the bytes are borrowed for the call. */
typedef void bench_pair_fn(void *context, struct hf_span key, struct hf_span value);

struct bench_peer {
    const char *name;
    const char *settings[BENCH_PEER_MODE_COUNT]; /* what it was told to be, for readers */
    bool replays; /* what a killed process wrote is in a log, and is read again by an open */
    /* Its own version, as one static text. */
    const char *(*version)(void);
    void *(*open)(const struct bench_peer_setup *setup);
    void (*close)(void *db);
    /* Brings what was written to rest, as after a bulk load: merged, checkpointed. */
    void (*settle)(void *db);
    /* What one thread works through; `reads`: it only reads, and sees one state. */
    void *(*session_open)(void *db, bool reads);
    void (*session_close)(void *session);
    /* One commit. */
    void (*put)(void *session, const struct bench_pair *pairs, size_t count);
    /*
     * NULL: it only writes. False: it is not there. `value` is borrowed until the next call
     * with the session.
     */
    bool (*get)(void *session, struct hf_span key, struct hf_span *value);
    /* The pairs from `from` on (empty: all), in order, `limit` at most; how many there were. */
    uint64_t (*scan)(void *session, struct hf_span from, uint64_t limit, bench_pair_fn *visit,
                     void *context);
};

/* Ends the process: "holdfast-bench: peers: NAME: WHAT: WHY". */
_Noreturn void bench_peer_die(const char *name, const char *what, const char *why);

/* ---- all of them ------------------------------------------------------------------------- */

/* An engine that there may be an adapter for. */
struct bench_peer_entry {
    const char *name;
    const char *package; /* Debian's, whose header the adapter needs; NULL: this project's */
    /* Ordered, with atomic commits of several operations: one that the ratios are taken to. */
    bool is_ranked;
    const struct bench_peer *peer; /* NULL: its header was not there */
};

#define BENCH_PEER_COUNT 8

/*
 * Holdfast first, the raw loop last: it checksums and writes the same bytes into a file that is
 * prepared as Holdfast prepares its log, and cannot read.
 */
#define BENCH_PEER_OURS 0u
#define BENCH_PEER_RAW (BENCH_PEER_COUNT - 1u)
extern const struct bench_peer_entry bench_peer_entries[BENCH_PEER_COUNT];

#endif
