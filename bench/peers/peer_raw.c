/*
 * peer_raw.c - what a commit costs at least: its bytes, a checksum over them, a write, a sync.
 *
 * The bytes are those that Holdfast logs for the same commit, and the file is prepared as
 * Holdfast prepares its log, written full of zeros and synced. Buffered commits follow each
 * other; strict ones begin on a sector each, so that no sync touches what another has covered.
 * There is no index, no order, no recovery: no engine can be faster in the same manner.
 */
#define _POSIX_C_SOURCE 200809L

#include "base/bytes.h"
#include "base/crc32c.h"
#include "bench/peers/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECTOR 4096u
#define COMMIT_OVERHEAD 28u /* of a frame in Holdfast's log, */
#define GROUP_OVERHEAD 32u  /* of the group that a sync ends, */
#define PAIR_OVERHEAD 13u   /* and of an operation in it */
#define COMMIT_SIZE_MAX (1u << 20)

struct db {
    int fd;
    bool synced;
    uint64_t off;
    pthread_mutex_t lock; /* sessions take turns, as one writer would */
    uint8_t bytes[COMMIT_SIZE_MAX];
};

static void
must(bool held, const char *what)
{
    if (!held)
        bench_peer_die("raw loop", what, strerror(errno));
}

static void
prepare(int fd, uint64_t size)
{
    static const uint8_t zeros[1u << 16];

    for (uint64_t off = 0; off < size; off += sizeof zeros)
        must(pwrite(fd, zeros, sizeof zeros, (off_t)off) == (ssize_t)sizeof zeros, "prepare");
    must(fdatasync(fd) == 0, "sync");
}

static void *
raw_open(const struct bench_peer_setup *setup)
{
    struct db *db = calloc(1, sizeof *db);
    char path[512];

    if (db == NULL)
        bench_peer_die("raw loop", "open", "no memory");
    (void)snprintf(path, sizeof path, "%s/raw", setup->path);
    db->synced = setup->mode == BENCH_PEER_STRICT;
    db->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    must(db->fd >= 0, "open");
    must(pthread_mutex_init(&db->lock, NULL) == 0, "mutex");
    prepare(db->fd, setup->pairs_max * (db->synced ? SECTOR : SECTOR / 16));
    return db;
}

static void
raw_close(void *at)
{
    struct db *db = at;

    must(close(db->fd) == 0, "close");
    (void)pthread_mutex_destroy(&db->lock);
    free(db);
}

static void *
raw_session_open(void *db, bool reads)
{
    (void)reads;
    return db;
}

static void
raw_session_close(void *session)
{
    (void)session;
}

static void
append(struct db *db, size_t *size, struct hf_span span)
{
    if (*size + span.len > sizeof db->bytes)
        bench_peer_die("raw loop", "put", "the commit is too large");
    memcpy(db->bytes + *size, span.at, span.len);
    *size += span.len;
}

static void
raw_put(void *session, const struct bench_pair *pairs, size_t count)
{
    struct db *db = session;
    size_t size = COMMIT_OVERHEAD + (db->synced ? GROUP_OVERHEAD : 0);

    (void)pthread_mutex_lock(&db->lock);
    for (size_t i = 0; i < count; i++) {
        append(db, &size, pairs[i].key);
        append(db, &size, pairs[i].value);
        size += PAIR_OVERHEAD;
    }
    hf_store_u32(db->bytes, hf_crc32c(0, db->bytes + 4, size - 4));
    must(pwrite(db->fd, db->bytes, size, (off_t)db->off) == (ssize_t)size, "write");
    must(!db->synced || fdatasync(db->fd) == 0, "sync");
    db->off += db->synced ? (size + SECTOR - 1) / SECTOR * SECTOR : size;
    (void)pthread_mutex_unlock(&db->lock);
}

static const char *
raw_version(void)
{
    return "crc32c, pwrite, fdatasync";
}

const struct bench_peer bench_peer_raw = {
    .name = "raw loop",
    .settings = { NULL, "a file of zeros, synced", "a file of zeros, synced; a sector each" },
    .version = raw_version,
    .open = raw_open,
    .close = raw_close,
    .session_open = raw_session_open,
    .session_close = raw_session_close,
    .put = raw_put,
};
