/*
 * wal_seeds_test.c - what real crashes leave in a log segment, for the fuzzer to begin from.
 *
 * Method: a database with the smallest sectors and segments is written to, synced, written to
 * again. Between the files as they were at the sync and as they are now lies every state that
 * a power cut can leave: each sector is the old one or the new one, as a seed chooses. The test
 * is that they end in every way there is, and that a tear takes commits and adds none. With the
 * arguments "write FOLDER" they are written there (see seed_corpus.sh).
 */
#define _GNU_SOURCE
#include "base/span.h"
#include "base/tap.h"
#include "format/wal_walk.h"

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#define SECTOR 512u
#define SEGMENT (8u * SECTOR)
#define IMAGE_SIZE_MAX (16u * SECTOR)
#define IMAGES_MAX 16u
#define SEEDS 12u

static char root[256];

/* The segment files of a database. */
struct image {
    char name[32];
    size_t size;
    uint8_t bytes[IMAGE_SIZE_MAX];
};

struct images {
    unsigned count;
    struct image list[IMAGES_MAX];
};

static struct images at_sync, at_crash;

static uint64_t
draw(uint64_t *random, uint64_t bound)
{
    *random = *random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (*random >> 33) % bound;
}

static void
take_file(struct images *images, const char *path, const char *name)
{
    struct image *image = &images->list[images->count];
    char whole[600];
    FILE *file;

    snprintf(whole, sizeof whole, "%s/%s", path, name);
    file = fopen(whole, "rb");
    if (file == NULL)
        return;
    snprintf(image->name, sizeof image->name, "%.31s", name);
    image->size = fread(image->bytes, 1, sizeof image->bytes, file);
    fclose(file);
    images->count++;
}

static void
take(struct images *images, const char *path)
{
    DIR *dir = opendir(path);
    struct dirent *entry;

    images->count = 0;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        if (strncmp(entry->d_name, "wal-", 4) == 0 && images->count < IMAGES_MAX)
            take_file(images, path, entry->d_name);
    }
    if (dir != NULL)
        closedir(dir);
}

/* Takes sectors of at_crash back to what they were at the sync, where they existed then. */
static void
tear(uint64_t *random)
{
    for (unsigned i = 0; i < at_crash.count; i++) {
        struct image *now = &at_crash.list[i];
        for (unsigned j = 0; j < at_sync.count; j++) {
            const struct image *then = &at_sync.list[j];
            if (strcmp(now->name, then->name) != 0)
                continue;
            for (size_t off = 0; off + SECTOR <= now->size && off + SECTOR <= then->size;
                 off += SECTOR) {
                if (draw(random, 3) == 0)
                    memcpy(now->bytes + off, then->bytes + off, SECTOR);
            }
        }
    }
}

/* ---- what becomes of an image ------------------------------------------------------------ */

struct tally {
    unsigned images, ends, torn, seals, commits, invented;
    const char *folder; /* to write to, or NULL */
    char label[32];
};

static void
walk(const struct image *image, struct tally *tally)
{
    struct hf_span in = hf_span(image->bytes, image->size);
    struct hf_wal_header header;
    struct hf_wal_walk at;
    enum hf_wal_step step;

    if (hf_wal_header_decode(&header, in) != HF_WAL_GOOD)
        return;
    hf_wal_walk_init(&at, in, &header, 0);
    while ((step = hf_wal_walk_next(&at)) < HF_WAL_STEP_END) {
        tally->commits += step == HF_WAL_STEP_COMMIT;
        tally->seals += step == HF_WAL_STEP_SEAL;
    }
    tally->ends += step == HF_WAL_STEP_END;
    tally->torn += step == HF_WAL_STEP_TORN;
}

static void
use(const struct images *images, struct tally *tally, const char *state)
{
    char name[600];
    FILE *file;

    for (unsigned i = 0; i < images->count; i++) {
        const struct image *image = &images->list[i];
        walk(image, tally);
        tally->images++;
        if (tally->folder == NULL)
            continue;
        snprintf(name, sizeof name, "%s/%s-%s-%s", tally->folder, tally->label, state,
                 image->name);
        file = fopen(name, "wb");
        if (file == NULL || fwrite(image->bytes, 1, image->size, file) != image->size ||
            fclose(file) != 0) {
            perror(name);
            exit(1);
        }
    }
}

/* ---- a life ------------------------------------------------------------------------------ */

static struct hf_db *
open_small(const char *path)
{
    struct hf_options options = HF_OPTIONS_INIT;
    struct hf_error error;
    struct hf_db *db;

    options.flags |= HF_SINGLE_THREAD | HF_BACKGROUND_CALLER;
    options.sector = SECTOR;
    options.segment_size = SEGMENT;
    options.sync_interval_ms = options.loss_ms = 1u << 30; /* no clock decides */
    if (hf_open(&db, path, &options, &error) == HF_OK)
        return db;
    printf("# %s\n", error.text);
    return NULL;
}

static bool
commit_some(struct hf_db *db, uint64_t *random)
{
    char text[200];
    bool done = true;

    memset(text, 'v', sizeof text);
    for (uint64_t n = draw(random, 6) + 1; done && n > 0; n--) {
        char key[16];
        int size = snprintf(key, sizeof key, "key%u", (unsigned)draw(random, 20));
        struct hf_span name = hf_span(key, (size_t)size);
        if (draw(random, 4) == 0)
            done = hf_delete(db, name, 0, NULL) == HF_OK;
        else
            done = hf_put(db, name, hf_span(text, draw(random, sizeof text)), 0, NULL) == HF_OK;
        if (done && draw(random, 4) == 0)
            done = hf_sync(db) == HF_OK;
    }
    return done;
}

static bool
live(uint64_t seed, struct tally *tally)
{
    uint64_t random = seed;
    char path[300];
    struct hf_db *db;
    bool done = true;

    snprintf(path, sizeof path, "%s/%llu", root, (unsigned long long)seed);
    for (int life = 0; done && life < 2; life++) {
        db = open_small(path);
        if (db == NULL)
            return false;
        snprintf(tally->label, sizeof tally->label, "%llu-%d", (unsigned long long)seed, life);
        done = commit_some(db, &random) && hf_sync(db) == HF_OK;
        take(&at_sync, path);
        done = done && commit_some(db, &random);
        take(&at_crash, path);
        unsigned before = tally->commits;
        use(&at_crash, tally, "killed");
        unsigned whole = tally->commits - before;
        tear(&random);
        use(&at_crash, tally, "torn");
        tally->invented += tally->commits - before > 2 * whole;
        done = hf_close(db) == HF_OK && done;
        take(&at_crash, path);
        use(&at_crash, tally, "closed");
    }
    return done;
}

int
main(int argc, char **argv)
{
    const char *tmp = getenv("TMPDIR");
    struct tally tally = { .folder = argc > 2 ? argv[2] : NULL };
    char command[300];
    bool lived = true;

    snprintf(root, sizeof root, "%.200s/holdfast-seeds-XXXXXX", tmp == NULL ? "." : tmp);
    if (mkdtemp(root) == NULL)
        return 1;
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        lived = live(seed, &tally) && lived;
    printf("# %u images: %u end, %u torn, %u seals, %u commits\n", tally.images, tally.ends,
           tally.torn, tally.seals, tally.commits);
    TAP_OK(lived, "every database that leaves images lives");
    TAP_OK(tally.invented == 0, "no tear adds a commit");
    TAP_OK(tally.ends > SEEDS && tally.torn > 2 && tally.seals > SEEDS && tally.commits > SEEDS,
           "the images end in zeros, torn and sealed");
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    return system(command) != 0 || tap_done();
}
