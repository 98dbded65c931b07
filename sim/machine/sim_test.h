/*
 * sim_test.h - what the tests of the simulated machine share: a machine, rules, and an actor.
 *
 * Only test programs include this. The actor uses the VFS as an engine would, with nothing of
 * the engine above it.
 */
#ifndef SIM_TEST_H
#define SIM_TEST_H

#include "base/span.h"
#include "base/tap.h"
#include "sim/machine/machine.h"
#include "vfs/vfs_env.h"
#include "vfs/vfs_file.h"

#include <stdlib.h>

static struct sim_machine *machine;
static struct sim_tape *tape;
static struct hf_dir *dir; /* of the life under way */

static inline void
must(enum hf_err err)
{
    if (err != HF_OK) {
        printf("Bail out! a call of the test failed: %s\n", hf_err_name(err));
        exit(1);
    }
}

/* A new machine under `seed`, with these rules. */
static inline void
boot(uint64_t seed, struct sim_rule *rules, unsigned count)
{
    struct sim_machine_config config = { .sector = 512, .rules = rules, .rule_count = count };

    if (machine == NULL) {
        machine = sim_machine_open();
        tape = sim_tape_open();
    }
    sim_tape_reset(tape, seed);
    sim_machine_reset(machine, &config, tape);
}

static inline void
shut(void)
{
    sim_machine_close(machine);
    sim_tape_close(tape);
}

/* A rule that strikes at the `n`th such call. */
static inline struct sim_rule
at_call(enum sim_fault fault, enum sim_call call, uint64_t n, enum sim_flavour flavour)
{
    return (struct sim_rule){
        .fault = fault, .when = SIM_WHEN_CALL, .lo = n, .call = call, .flavour = flavour
    };
}

/* A crash before the `n`th listing, which is how a test says "now". */
static inline struct sim_rule
crash_at_list(enum sim_fault fault, uint64_t n)
{
    return at_call(fault, SIM_CALL_LIST, n, SIM_BEFORE);
}

static inline enum hf_err
ignore_name(void *context, const char *name)
{
    (void)context, (void)name;
    return HF_OK;
}

static inline void
crash_now(void)
{
    must(hf_dir_list(dir, ignore_name, NULL, NULL));
    printf("Bail out! the crash did not come\n");
    exit(1);
}

static inline void
open_dir(void)
{
    must(hf_dir_open(&dir, "db", HF_DIR_CREATE, NULL));
}

static inline struct hf_file *
create(const char *name)
{
    struct hf_file *file;

    must(hf_file_open(&file, dir, name, HF_FILE_CREATE, NULL));
    return file;
}

/* `len` bytes of `byte` at `off`. */
static inline void
put(struct hf_file *file, uint64_t off, uint8_t byte, size_t len)
{
    static uint8_t bytes[16384];
    size_t done;

    memset(bytes, byte, len);
    must(hf_file_write(file, off, hf_span(bytes, len), &done, NULL));
}

static inline void
sync_all(struct hf_file *file)
{
    must(hf_file_sync(file, NULL));
    must(hf_dir_sync(dir, NULL));
}

/* What a reader finds under a name, in a life of its own. */
struct found {
    const char *name;
    bool exists;
    size_t size;
    uint8_t at[16384];
};

static inline void
find_in_life(void *context)
{
    struct found *found = context;
    struct hf_file *file;

    open_dir();
    found->exists = hf_file_open(&file, dir, found->name, HF_FILE_READ, NULL) == HF_OK;
    found->size = 0;
    if (!found->exists)
        return;
    must(hf_file_read(file, 0, found->at, sizeof found->at, &found->size, NULL));
}

static inline void
find(struct found *found, const char *name)
{
    found->name = name;
    sim_machine_calm(machine, true);
    (void)sim_machine_life(machine, find_in_life, found);
    sim_machine_calm(machine, false);
}

static inline bool
is_all(const struct found *found, size_t from, size_t to, uint8_t byte)
{
    for (size_t i = from; i < to; i++) {
        if (i >= found->size || found->at[i] != byte)
            return false;
    }
    return true;
}

#endif
