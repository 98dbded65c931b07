/*
 * crashes_main.c - what power cuts leave, as files: for decoders to be compared over.
 *
 *     crashes FOLDER [SEEDS]
 *
 * Each seed is a life (fuzz/fuzz_life.h) on a simulated machine whose power goes at one of its
 * calls. Every file of the disk goes into FOLDER as SEED-NAME, and so does a snapshot where
 * the life came as far.
 */
#include "base/assert.h"
#include "fuzz/folder.h"
#include "fuzz/fuzz_life.h"
#include "fuzz/room.h"

#include <stdio.h>
#include <stdlib.h>

#define SEEDS 40u
#define LIFE_COUNT 14u

struct export
{
    const char *folder;
    unsigned seed, files;
};

static void
export_file(void *context, const char *name, struct hf_span bytes)
{
    struct export *export = context;
    char path[400];
    FILE *file;

    snprintf(path, sizeof path, "%s/%03u-%s", export->folder, export->seed, name);
    file = fopen(path, "wb");
    if (file == NULL || fwrite(bytes.at, 1, bytes.len, file) != bytes.len ||
        fclose(file) != 0) {
        perror(path);
        exit(2);
    }
    export->files++;
}

static void
export_all(void *context)
{
    fuzz_folder_visit("db", export_file, context);
    fuzz_folder_visit("backup", export_file, context);
}

static void
make_backup(void *context)
{
    struct fuzz_folder none = { .count = 0 };

    (void)context;
    fuzz_folder_put(&none, "backup");
}

/* One life, cut off or not; returns whether it was. */
static bool
crash(struct export *export)
{
    unsigned seed = export->seed;
    struct sim_rule rules[] = {
        { .fault = SIM_POWER_CUT, .when = SIM_WHEN_CALL, .lo = 40 + seed * 37 % 400 },
        { .fault = SIM_TORN_WRITE, .when = SIM_WHEN_CRASH, .lo = 1, .hi = 2 }
    };
    struct sim_machine *machine = fuzz_room(seed, rules, 2);
    struct fuzz_life life = fuzz_life_of(seed % LIFE_COUNT);

    life.is_saved = true;
    fuzz_room_live(make_backup, NULL);
    bool is_cut = sim_machine_life(machine, fuzz_life_run, &life) == SIM_CUT_OFF;
    sim_machine_calm(machine, true);
    fuzz_room_live(export_all, export);
    return is_cut;
}

int
main(int argc, char **argv)
{
    struct export export = { .folder = argc > 1 ? argv[1] : NULL };
    unsigned seeds = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : SEEDS, cuts = 0;

    if (export.folder == NULL) {
        fprintf(stderr, "usage: %s FOLDER [SEEDS]\n", argv[0]);
        return 2;
    }
    for (export.seed = 1; export.seed <= seeds; export.seed++)
        cuts += crash(&export);
    printf("%u lives, %u cut off, %u files\n", seeds, cuts, export.files);
    return 0;
}
