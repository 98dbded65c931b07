/*
 * sim_fuzz.c - the whole simulator as a target: the fuzzer's bytes are the tape.
 *
 *    0        1         2
 *    +--------+---------+----- ... -----+
 *    | storm  | default | draws         |
 *    +--------+---------+----- ... -----+
 *       u8       u8       in the order of asking, see sim/tape.h
 *
 * `storm` chooses one of the scenarios below, `default` what is drawn when the bytes are used
 * up: 0 is zero, any other the seed. So coverage guides the search through options, workloads,
 * crash points and faults. A run that breaks a property is printed as a scenario with a fixed
 * tape, which `holdfast-sim replay` plays again without any fuzzer. From the environment:
 * SIM_FUZZ_OUT, a file to write it to, also where an assertion of the engine ends the process;
 * FUZZ_PLANT, a planted bug to switch on, which the corpus must catch.
 */
#define _GNU_SOURCE /* open_memstream, sigaction */
#include "fuzz/fuzz.h"
#include "fuzz/room.h"
#include "fuzz/take.h"
#include "sim/run/run.h"

#include <signal.h>
#include <stdio.h>

#define SCENARIO_SIZE_MAX 2048u
#define HEAD_SIZE 2u

/* Few steps and small sizes: a run must be short. What is not pinned the bytes draw. */
static const char *const storms[] = {
    /* log and recovery */
    "engine     sector=512 segment=4KiB..16KiB mode=buffered|strict\n"
    "workload   steps=10..60 keys=2..12 value=1..300 put=50 delete=10 cas=10 txn=15 get=6 "
    "scan=4 as_of=6 sync=6 work=20 reopen=4 hold=4 verify=1\n"
    "fault      power_cut every=5..40\n"
    "fault      torn_write on=wal chance=1/3\n"
    "fault      process_kill every=10..80\n",
    /* tables */
    "engine     sector=512 segment=4KiB..8KiB mode=buffered|strict keep=all|0..10\n"
    "workload   steps=20..80 keys=2..16 value=20..600 put=60 delete=15 txn=10 get=6 scan=4 "
    "as_of=6 work=40 flush=10 compact=6 reopen=4 hold=4 verify=1\n"
    "fault      power_cut every=10..60\n"
    "fault      power_cut on=table chance=1/60\n"
    "fault      power_cut on=manifest chance=1/20\n"
    "fault      lost_name chance=1/4\n",
    /* calls that fail */
    "engine     sector=512 segment=4KiB..16KiB\n"
    "workload   steps=20..80 keys=2..16 value=20..400 put=60 delete=15 txn=10 get=6 scan=4 "
    "as_of=4 sync=4 work=40 flush=8 compact=4 reopen=6 hold=4\n"
    "fault      write_error chance=1/40\n"
    "fault      sync_error chance=1/60\n"
    "fault      name_error chance=1/40\n"
    "fault      read_error chance=1/40\n"
    "fault      short_read chance=1/20\n"
    "fault      short_write chance=1/20\n"
    "fault      disk_full every=20..60 for=10\n"
    "fault      alloc_fail chance=1/100\n"
    "fault      power_cut every=20..80\n",
    /* damage at rest */
    "engine     sector=512 segment=4KiB..8KiB\n"
    "workload   steps=20..80 keys=2..16 value=20..400 put=60 delete=15 txn=10 get=6 scan=4 "
    "work=40 flush=8 compact=4 reopen=8 verify=2\n"
    "fault      bit_flip chance=1/4\n"
    "fault      zero_sector chance=1/8\n"
    "fault      power_cut every=10..60\n",
    /* memory mode */
    "engine     mode=memory segment=4KiB..16KiB memory_limit=290KiB..400KiB keep=all|0..20\n"
    "workload   steps=40..200 keys=2..32 value=20..600 put=70 delete=10 txn=15 get=8 scan=4 "
    "as_of=6 work=6 hold=6 verify=1\n"
    "fault      alloc_fail chance=1/40\n",
    /* backups, checkpoints and salvage, between calls that fail */
    "engine     sector=512 segment=4KiB..16KiB mode=buffered|strict keep=all|0..10\n"
    "workload   steps=20..80 keys=2..16 value=1..400 put=50 delete=10 delete_range=4 txn=10 "
    "get=4 work=16 flush=4 compact=2 reopen=3 snapshot=12 restore=12 checkpoint=6 salvage=3 "
    "second=1\n"
    "fault      write_error chance=1/150\n"
    "fault      sync_error chance=1/80\n"
    "fault      name_error chance=1/80\n"
    "fault      name_error call=link chance=1/8\n"
    "fault      read_error on=snapshot chance=1/60 kind=once\n"
    "fault      power_cut every=10..60\n"
    "fault      process_kill on=manifest call=rename chance=1/12\n",
    /* backups and databases that are damaged, and files of a format to come */
    "engine     sector=512 segment=4KiB..16KiB\n"
    "workload   steps=20..80 keys=2..16 value=1..400 put=50 delete=10 delete_range=4 txn=10 "
    "get=4 work=16 flush=6 compact=3 reopen=3 snapshot=10 restore=16 salvage=3 verify=2\n"
    "fault      bit_flip on=snapshot chance=1/6\n"
    "fault      bit_flip on=table chance=1/6\n"
    "fault      bit_flip on=wal chance=1/12 bits=1\n"
    "fault      zero_sector on=table chance=1/12\n"
    "fault      file_loss on=snapshot chance=1/12\n"
    "fault      extra_bytes chance=1/12\n"
    "fault      newer_format chance=1/24\n"
    "fault      process_kill every=10..50\n",
    /* a device that lies about its syncs, other options at each open, commits during a sync */
    "engine     sector=512 segment=4KiB..16KiB settings=same|anew threads=one|many\n"
    "disk       device=liar regime=storm|burst\n"
    "workload   steps=20..100 keys=2..16 value=1..400 put=60 delete=10 delete_range=4 txn=10 "
    "get=6 as_of=4 work=20 flush=6 compact=2 reopen=3 durable=10 nap=3\n"
    "fault      power_cut every=10..50\n",
};

#define STORM_COUNT (sizeof storms / sizeof *storms)

static size_t
describe(char text[SCENARIO_SIZE_MAX], size_t storm, unsigned seed)
{
    int size = snprintf(text, SCENARIO_SIZE_MAX,
                        "# What a fuzzer drew.\nscenario   fuzzed_%zu\nseeds      %u..%u\n\n%s"
                        "expect     prefix\ntape       %s\n",
                        storm, seed == 0 ? 1 : seed, seed == 0 ? 1 : seed, storms[storm],
                        seed == 0 ? "zero" : "seed");

    HF_ASSERT(size > 0 && (size_t)size < SCENARIO_SIZE_MAX);
    return (size_t)size;
}

/* The run under way, or the last one; what a handler of a signal needs to print it. */
static struct sim_runner *runner; /* its memory is kept from run to run */
static const char *runner_text;
static const char *out_path;
static struct sigaction abort_before;

/* The scenario with a directive for each draw; the first two lines of a tape are its head. */
static void
print_scenario(FILE *to)
{
    char *tape;
    size_t size;
    FILE *saved = open_memstream(&tape, &size);

    HF_ASSERT(saved != NULL);
    sim_runner_save_tape(runner, saved);
    fclose(saved);
    fputs(runner_text, to);
    for (const char *line = strchr(strchr(tape, '\n') + 1, '\n') + 1; *line != 0;
         line = strchr(line, '\n') + 1)
        fprintf(to, "draw       %.*s\n", (int)strcspn(line, "\n"), line);
    free(tape);
}

/* What a run broke, for people and for `holdfast-sim`. The process is to end now: by the
 * fuzzer's own handler, if there is one. */
static void
tell(enum sim_property property, const char *expected, const char *found)
{
    FILE *to = out_path == NULL ? NULL : fopen(out_path, "w");

    if (out_path != NULL)
        sigaction(SIGABRT, &abort_before, NULL);
    print_scenario(to == NULL ? stderr : to);
    if (to != NULL)
        fclose(to);
    fprintf(stderr, "broke %s\n  expected: %s\n  found: %s\n", sim_property_name(property),
            expected, found);
}

/* The engine found itself wrong. That is no place to print from by the book, and the process is
 * lost anyway. */
static void
die(int signal_number)
{
    tell(SIM_HOLDS_ALIVE, "the process lives on", "an assertion ended it");
    raise(signal_number);
}

/* At the first input, when whoever drives the target has set its own handlers. */
static void
begin(void)
{
    struct sigaction action = { .sa_handler = die };

    runner = sim_runner_open();
    fuzz_room_plant();
    out_path = getenv("SIM_FUZZ_OUT");
    if (out_path != NULL)
        sigaction(SIGABRT, &action, &abort_before);
}

static void
run(const char *text, struct sim_order *order)
{
    struct sim_result result;
    struct hf_error error;

    if (runner == NULL)
        begin();
    runner_text = text;
    HF_ASSERT(sim_runner_run(runner, order, &result, &error));
    if (result.verdict == SIM_HELD)
        return;
    tell(result.property, result.expected, result.found);
    abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[SCENARIO_SIZE_MAX];
    struct sim_scenario scenario;
    struct sim_complaint complaint;
    struct sim_order order = { .scenario = &scenario };

    if (size < HEAD_SIZE)
        return 0;
    size_t len = describe(text, data[0] % STORM_COUNT, data[1]);
    if (!sim_scenario_parse(&scenario, "sim_fuzz", text, len, &complaint)) {
        fprintf(stderr, "%s\n", complaint.text);
        abort();
    }
    order.seed = scenario.seeds.lo;
    order.feed = hf_span(data + HEAD_SIZE, size - HEAD_SIZE);
    run(text, &order);
    sim_scenario_fini(&scenario);
    return 0;
}
