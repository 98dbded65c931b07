/*
 * coverage_test.c - every cell that can be is named and read back; counting by example.
 */
#include "sim/machine/coverage.h"

#include "base/tap.h"
#include "sim/machine/locate.h"

#include <string.h>

static bool
is_same(const struct sim_cell *a, const struct sim_cell *b)
{
    return a->fault == b->fault && a->file == b->file && a->moment == b->moment;
}

static void
test_names(void)
{
    unsigned fields = 0, wrong = 0, count = 0;

    while (sim_locate_field(fields) != NULL)
        fields++;
    for (unsigned fault = 0; fault < SIM_FAULT_COUNT; fault++)
        for (unsigned file = 0; file < SIM_FILE_CLASS_COUNT; file++)
            for (unsigned moment = 0; moment < SIM_MOMENT_COUNT; moment++)
                for (unsigned field = 0; field <= fields; field++, count++) {
                    struct sim_cell cell = { (uint8_t)fault, (uint8_t)file, (uint8_t)moment,
                                             (uint8_t)field, 0 };
                    struct sim_cell again;
                    char name[SIM_CELL_NAME_SIZE], twice[SIM_CELL_NAME_SIZE];
                    sim_cell_name(&cell, name);
                    bool read = sim_cell_read(&again, name);
                    sim_cell_name(&again, twice);
                    /* Two formats may have a field of one name: the name is what counts. */
                    wrong += !read || !is_same(&cell, &again) || strcmp(name, twice) != 0;
                }
    TAP_OK(wrong == 0 && count > 1000, "every cell is read back from its name");
}

static void
test_refusals(void)
{
    struct sim_cell cell;
    char name[200];

    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = 0;
    TAP_OK(!sim_cell_read(&cell, "") && !sim_cell_read(&cell, "power_cut") &&
               !sim_cell_read(&cell, "power_cut/wal") &&
               !sim_cell_read(&cell, "power_cut/wal/noon") &&
               !sim_cell_read(&cell, "power_cut/wal/run/len/len") &&
               !sim_cell_read(&cell, name),
           "what names no cell is refused");
}

static void
test_counts(void)
{
    struct sim_coverage coverage = { 0 };
    const struct sim_cell first = { .fault = SIM_POWER_CUT, .file = SIM_FILE_WAL };

    sim_coverage_add(&coverage, first);
    sim_coverage_add(&coverage, first);
    TAP_OK(coverage.count == 1 && coverage.cells[0].strikes == 2, "a place is counted once");
    for (unsigned i = 0; i < 2 * SIM_CELLS_MAX; i++)
        sim_coverage_add(&coverage,
                         (struct sim_cell){ .fault = SIM_BIT_FLIP, .field = (uint8_t)i });
    TAP_OK(coverage.count == SIM_CELLS_MAX && coverage.beyond == SIM_CELLS_MAX + 1,
           "what has no cell left is counted all the same");
}

int
main(void)
{
    test_names();
    test_refusals();
    test_counts();
    return tap_done();
}
