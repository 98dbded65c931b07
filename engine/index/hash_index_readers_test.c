/*
 * hash_index_readers_test.c - the hash index under readers without a lock.
 *
 * Method: one thread inserts, leads slots on and removes, in pages so small that splits and
 * growth are common; two others look all the time for hashes of which the writer has said that
 * they are there, and must find them, with a ref no older than what it said. To be run under
 * the thread sanitiser. The seed is printed first.
 *
 * Catches: a slot that shows before its hash, pages divided or slots moved under a reader, a
 * directory that is given back too early.
 */
#include "base/tap.h"
#include "index/hash_index.h"

#define SEED UINT64_C(20261121)
#define HASHES 3000u
#define READERS 2u
#define TURN UINT64_C(0x100000) /* refs of hash i: i + 1 + a multiple of it, ascending */
#define GONE UINT64_MAX

struct scene {
    struct hf_readers readers;
    struct hf_hash *index;
    uint64_t hashes[HASHES];
    /* The ref that is there, or a later one is; 0, GONE: maybe none. */
    _Atomic uint64_t said[HASHES];
    atomic_bool is_over;
    atomic_uint wrong, found;
};

static uint64_t
next_random(uint64_t *state)
{
    uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15);

    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

/* The ref of hash i, told from others of the same hash by its remainder; 0: none. */
static uint64_t
find_ref(const struct scene *scene, uint32_t i)
{
    struct hf_hash_slot *slot = NULL;

    do {
        slot = hf_hash_find(scene->index, scene->hashes[i], slot);
    } while (slot != NULL && hf_hash_ref(slot) % TURN != i + 1);
    return slot == NULL ? 0 : hf_hash_ref(slot);
}

static void
look(void *context)
{
    struct scene *scene = context;
    uint64_t random = SEED;

    for (uint32_t n = 0; n < HASHES || !atomic_load(&scene->is_over); n++) {
        uint32_t i = (uint32_t)(next_random(&random) % HASHES);
        struct hf_lane *lane = hf_readers_enter(&scene->readers);
        if (lane == NULL) {
            hf_thread_pause(n);
            continue;
        }
        uint64_t said = atomic_load(&scene->said[i]);
        uint64_t ref = find_ref(scene, i);
        bool is_gone = atomic_load(&scene->said[i]) == GONE;
        hf_readers_leave(lane);
        if (said != 0 && said != GONE && !is_gone && ref < said)
            atomic_fetch_add(&scene->wrong, 1);
        else if (ref != 0)
            atomic_fetch_add(&scene->found, 1);
    }
}

static bool
insert(struct scene *scene, uint32_t i)
{
    if (hf_hash_reserve(scene->index, scene->hashes[i]) != HF_OK)
        return false;
    hf_hash_insert(scene->index, scene->hashes[i], i + 1);
    hf_hash_settle(scene->index);
    atomic_store(&scene->said[i], i + 1);
    return true;
}

static struct hf_hash_slot *
slot_of(struct scene *scene, uint32_t i)
{
    struct hf_hash_slot *slot = hf_hash_find(scene->index, scene->hashes[i], NULL);

    while (slot->ref % TURN != i + 1)
        slot = hf_hash_find(scene->index, scene->hashes[i], slot);
    return slot;
}

/* Leads an older one on, or removes it for good. */
static void
change(struct scene *scene, uint32_t i, bool removes)
{
    if (atomic_load(&scene->said[i]) == GONE)
        return;
    struct hf_hash_slot *slot = slot_of(scene, i);
    uint64_t ref = slot->ref + TURN;

    if (removes) {
        atomic_store(&scene->said[i], GONE);
        hf_hash_remove(scene->index, scene->hashes[i], slot);
        return;
    }
    hf_hash_lead(slot, ref);
    atomic_store(&scene->said[i], ref);
}

static bool
write_all(struct scene *scene)
{
    uint64_t random = SEED + 1;

    for (uint32_t i = 0; i < HASHES; i++) {
        if (!insert(scene, i))
            return false;
        for (unsigned more = 0; more < 3; more++) {
            uint64_t draw = next_random(&random);
            change(scene, (uint32_t)(draw >> 8) % (i + 1), draw % 16 == 0);
        }
    }
    return true;
}

/* `bits`: so many low bits of the hashes are all that differs. */
static void
test_scene(unsigned page_bits, unsigned bits, const char *what)
{
    static struct scene scene;
    struct hf_thread *threads[READERS] = { NULL };
    struct hf_budget budget;
    uint64_t random = SEED + 2;
    bool done = true;

    scene = (struct scene){ .is_over = false };
    hf_budget_init(&budget, 0);
    for (uint32_t i = 0; i < HASHES; i++)
        scene.hashes[i] = next_random(&random) >> (64 - bits);
    if (hf_hash_open(&scene.index, &budget, page_bits) != HF_OK) {
        TAP_OK(false, "an index is opened");
        return;
    }
    hf_hash_share(scene.index, &scene.readers);
    for (unsigned i = 0; i < READERS; i++)
        done = done && hf_thread_start(&threads[i], look, &scene, NULL) == HF_OK;
    done = done && write_all(&scene);
    atomic_store(&scene.is_over, true);
    for (unsigned i = 0; i < READERS; i++)
        hf_thread_join(threads[i]);
    TAP_OK(done && atomic_load(&scene.wrong) == 0, "readers find what is there, %s", what);
    TAP_OK(atomic_load(&scene.found) > 0 && hf_hash_check(scene.index) == NULL,
           "they have found some, and the index is sound");
    hf_hash_close(scene.index);
    TAP_OK(budget.used == 0, "all memory came back");
}

int
main(void)
{
    printf("# seed %llu\n", (unsigned long long)SEED);
    test_scene(2, 64, "in pages of 4 slots that are split");
    test_scene(5, 64, "in pages of 32 slots");
    test_scene(3, 11, "where pages grow, since hashes differ in few bits");
    return tap_done();
}
