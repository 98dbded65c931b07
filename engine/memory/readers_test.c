/*
 * readers_test.c - readers without a lock, and one who has them out.
 *
 * Method: a pair of plain numbers that is equal but while the writer, with all readers stopped,
 * changes them one after the other; readers compare. The order of things between one reader and
 * the writer is also told apart step by step: with nothing else between them that would order
 * them, the thread sanitiser sees whether stopping does. More threads than lanes share lanes.
 *
 * Catches, under the thread sanitiser: readers_not_awaited. The step `threads` sees to that.
 */
#include "memory/readers.h"

#include "base/probe.h"
#include "base/tap.h"

#define CHANGES 2000u
#define LOOKS 2000u /* of each reader, at least */
#define THREADS (HF_LANES + 3)

#ifdef HF_PLANTS
bool hf_probe_planted[HF_PLANT_LIMIT] = { [HF_PROBE_readers_not_awaited] = true };
#endif

/* ---- one thread -------------------------------------------------------------------------- */

static unsigned
inside(const struct hf_readers *readers)
{
    unsigned count = 0;

    for (unsigned i = 0; i < HF_LANES; i++)
        count += atomic_load(&readers->lanes[i].inside);
    return count;
}

static void
test_alone(void)
{
    static struct hf_readers readers;
    struct hf_lane *first = hf_readers_enter(&readers), *second = hf_readers_enter(&readers);

    TAP_OK(first != NULL && first == second && inside(&readers) == 2,
           "a thread may enter, and enter again, always in its lane");
    hf_readers_leave(first);
    hf_readers_leave(second);
    hf_readers_stop(&readers);
    TAP_OK(hf_readers_enter(&readers) == NULL && inside(&readers) == 0,
           "nobody enters while readers are stopped, and nobody is left inside");
    hf_readers_resume(&readers);
    first = hf_readers_enter(&readers);
    TAP_OK(first != NULL, "then they enter again");
    hf_readers_leave(first);
    TAP_OK(inside(&readers) == 0, "and leave");
    hf_readers_stop(NULL);
    hf_readers_resume(NULL);
}

/* ---- step by step ------------------------------------------------------------------------ */

struct steps {
    struct hf_readers readers;
    atomic_uint looked; /* orders nothing */
    unsigned number;
    unsigned seen;
};

static void
look_once(void *context)
{
    struct steps *steps = context;
    struct hf_lane *lane = hf_readers_enter(&steps->readers);

    steps->seen = steps->number;
    hf_readers_leave(lane);
    atomic_store_explicit(&steps->looked, 1, memory_order_relaxed);
}

static void
test_steps(void)
{
    static struct steps steps = { .number = 1 };
    struct hf_thread *thread;

    if (hf_thread_start(&thread, look_once, &steps, NULL) != HF_OK) {
        TAP_OK(false, "a thread starts");
        return;
    }
    while (atomic_load_explicit(&steps.looked, memory_order_relaxed) == 0)
        hf_thread_pause(0);
    hf_readers_stop(&steps.readers);
    steps.number = 2;
    hf_readers_resume(&steps.readers);
    hf_thread_join(thread);
    TAP_OK(steps.seen == 1, "what a reader did comes before what it was stopped for");
}

/* ---- many threads ------------------------------------------------------------------------ */

struct scene {
    struct hf_readers readers;
    atomic_bool is_over;
    atomic_uint wrong;
    unsigned a, b; /* equal, for whoever is inside */
};

static void
look(void *context)
{
    struct scene *scene = context;
    unsigned last = 0;

    for (unsigned i = 0; i < LOOKS || !atomic_load(&scene->is_over); i++) {
        struct hf_lane *lane = hf_readers_enter(&scene->readers);
        if (lane == NULL) {
            hf_thread_pause(i);
            continue;
        }
        if (scene->a != scene->b || scene->a < last)
            atomic_fetch_add(&scene->wrong, 1);
        last = scene->a;
        hf_readers_leave(lane);
    }
}

static void
test_together(unsigned count)
{
    struct hf_thread *threads[THREADS] = { NULL };
    struct scene scene = { .a = 0 };
    bool started = true;

    for (unsigned i = 0; i < count; i++)
        started = started && hf_thread_start(&threads[i], look, &scene, NULL) == HF_OK;
    for (unsigned i = 0; i < CHANGES; i++) {
        hf_readers_stop(&scene.readers);
        scene.a++;
        scene.b++;
        hf_readers_resume(&scene.readers);
    }
    atomic_store(&scene.is_over, true);
    for (unsigned i = 0; i < count; i++)
        hf_thread_join(threads[i]);
    TAP_OK(started && atomic_load(&scene.wrong) == 0 && scene.a == CHANGES,
           "of %u readers none sees a change half made", count);
    TAP_OK(inside(&scene.readers) == 0, "and all have left");
}

int
main(void)
{
    test_alone();
    test_steps();
    test_together(1);
    test_together(2);
    test_together(THREADS);
    return tap_done();
}
