/*
 * finding_test.c - which lines of a verify damage explains.
 *
 * Method: two tables of which one loses a sector to zeros, and is read; lines as verify writes
 * them, about either, about files that are not there, and about none.
 */
#include "sim/machine/sim_test.h"

static struct found found;

static void
make_files(void *context)
{
    (void)context;
    open_dir();
    for (unsigned i = 0; i < 2; i++) {
        struct hf_file *file = create(i == 0 ? "table-0000000001" : "wal-0000000001");
        put(file, 0, 'a', 600);
        sync_all(file);
    }
}

static bool
explains(const char *line)
{
    return sim_machine_explains_finding(machine, line, false);
}

static void
remove_table(void *context)
{
    (void)context;
    open_dir();
    must(hf_dir_remove(dir, "table-0000000001", NULL));
}

int
main(void)
{
    struct sim_rule rule = {
        .fault = SIM_ZERO_SECTOR, .when = SIM_WHEN_NTH_CRASH, .lo = 1, .file = SIM_FILE_TABLE
    };

    boot(1, &rule, 1);
    (void)sim_machine_life(machine, make_files, NULL);
    (void)sim_machine_at_rest(machine);
    TAP_OK(!explains("table-0000000001 at 0: the meta is damaged"),
           "damage that nobody has read explains no finding");
    find(&found, "table-0000000001");
    TAP_OK(explains("table-0000000001 at 0: the meta is damaged") &&
               explains("read table-0000000001 at 512: input/output error"),
           "read, it explains those that name its file");
    TAP_OK(!explains("table-0000000002 at 0: the meta is damaged") &&
               !explains("wal-0000000001 at 512: unreadable; the log goes on to 878") &&
               !explains("manifest-0000000003: copy 1 is damaged") &&
               !explains("the log ends with version 3, memory with 4"),
           "and none of another file, nor of the log");
    TAP_OK(sim_machine_explains_finding(machine, "wal-0000000001 at 512: unreadable", true) &&
               !sim_machine_explains_finding(machine, "manifest-0000000001: copy 1", false),
           "what a failed sync forgot is of the log");
    (void)sim_machine_life(machine, remove_table, NULL);
    TAP_OK(!explains("table-0000000001 at 0: the meta is damaged"),
           "a file that was removed explains nothing any more");
    shut();
    return tap_done();
}
