/*
 * scenario_test.c - the language: complaints with their places, the round trip, and any input.
 *
 * Complaints come from a table of whole files. For robustness a good file is cut at every byte
 * and has every byte replaced by each of a few nasty ones: the reader then gives a scenario or
 * a complaint, and touches nothing that is not its own (the copies are of exact length).
 */
#include "sim/scenario/scenario.h"

#include "base/tap.h"
#include "sim/scenario/scenario_print.h"

#include <stdlib.h>
#include <string.h>

#define HEAD "# Why.\nscenario   t\nseeds      1..9\n"

static const char whole[] =
    "# The first line says why,\n# the second goes on.\n"
    "scenario   whole\nseeds      1..20\n\n"
    "engine     mode=buffered|strict sector=512 segment=8KiB..64KiB keep=all\n"
    "disk       personality=posix_worst sector=512\n"
    "workload   keys=20 skew=zipf steps=40..60 value=1..600 put=55 get=0 # a remark\n"
    "fault      power_cut every=5..20 survive=3/8\n"
    "fault      torn_write on=wal chance=1/2 kind=hole max=3\n"
    "fault      sync_slow for=30ms chance=1/9 phase=run\n"
    "at         step 7 reopen\n"
    "at         step 9 disk_full for=5\n"
    "at         wal.write 17 process_kill\n"
    "at         mark log_rotated read_error kind=once\n"
    "at         crash 2 bit_flip on=wal field=len bits=3\n"
    "at         step 4 power_cut on=wal call=sync kind=half survive=each skip=2\n"
    "expect     prefix durable\n"
    "expect     mark recovery_torn_tail >= 1\n"
    "expect     fault power_cut <= 9\n"
    "expect     cycles >= 2\n"
    "plant      wal_skip_sync property=durable|ack\n"
    "tape       zero\n"
    "draw       verb 3 0 7\n";

static const struct {
    const char *text;
    const char *complaint; /* how it begins */
    const char *says;      /* and what is somewhere in it */
} wrong[] = {
    { "", "t.scn:1:1: ", "why" },
    { "scenario t\nseeds 1..2\n", "t.scn:1:1: ", "why" },
    { "# Why.\nseeds 1..2\n", "t.scn:1:1: ", "scenario NAME" },
    { "# Why.\nscenario t\n", "t.scn:1:1: ", "seeds" },
    { HEAD "sceanrio   x\n", "t.scn:4:1: ", "'scenario'" },
    { HEAD "scenario   x\n", "t.scn:4:1: ", "already" },
    { HEAD "seeds      9..1\n", "t.scn:4:1: ", "already" },
    { HEAD "engine\n", "t.scn:4:7: ", "KEY=VALUE" },
    { HEAD "engine     mode\n", "t.scn:4:12: ", "KEY=VALUE" },
    { HEAD "engine     mod=strict\n", "t.scn:4:12: ", "'mode'" },
    { HEAD "engine     mode=strit\n", "t.scn:4:12: ", "'strict'" },
    { HEAD "engine     sector=600\n", "t.scn:4:12: ", "power of two" },
    { HEAD "engine     sector=256\n", "t.scn:4:12: ", "at least 512" },
    { HEAD "workload   put=10001\n", "t.scn:4:12: ", "at most 10000" },
    { HEAD "workload   mode=strict\n", "t.scn:4:12: ", "'engine' does" },
    { HEAD "disk       device=tape\n", "t.scn:4:12: ", "consumer_ssd, plp_nvme, liar" },
    { HEAD "engine     partitions=2\n", "t.scn:4:12: ", "partitions" },
    { HEAD "engine     keep=1 keep=2\n", "t.scn:4:19: ", "line 4" },
    { HEAD "engine     sync_interval=30\n", "t.scn:4:12: ", "ms" },
    { HEAD "engine     sector=512\ndisk       sector=4KiB\n", "t.scn:5:12: ", "line 4" },
    { HEAD "draw       a 1 0 7\ndraw       a 1 0 8\n", "t.scn:5:1: ", "line 4" },
    { HEAD "fault      write_error chance=1/9 skip=2\n", "t.scn:4:1: ", "skip=" },
    { HEAD "at         crash 0 bit_flip\n", "t.scn:4:18: ", "from 1" },
    { HEAD "at         crash 1 power_cut\n", "t.scn:4:20: ", "between lives" },
    { HEAD "engine     sector=4KiB segment=8KiB\n", "t.scn:4:24: ", "8 sectors" },
    { HEAD "fault      power_cutt every=3\n", "t.scn:4:12: ", "'power_cut'" },
    { HEAD "fault      power_cut\n", "t.scn:4:21: ", "when?" },
    { HEAD "fault      power_cut every=3 chance=1/2\n", "t.scn:4:1: ", "contradict" },
    { HEAD "fault      power_cut every=0..3\n", "t.scn:4:22: ", "first" },
    { HEAD "fault      power_cut every=3 field=len\n", "t.scn:4:30: ", "takes no" },
    { HEAD "fault      bit_flip field=hedaer\n", "t.scn:4:21: ", "did you mean 'header'?" },
    { HEAD "fault      bit_flip on=table field=len\n", "t.scn:4:30: ", "table has no such" },
    { HEAD "fault      bit_flip field=len on=table\n", "t.scn:4:31: ", "table has no such" },
    { HEAD "fault      power_cut every=3 every=4\n", "t.scn:4:30: ", "twice" },
    { HEAD "fault      power_cut chance=3/2\n", "t.scn:4:22: ", "1/1" },
    { HEAD "fault      torn_write chance=1/2 kind=clean\n",
      "t.scn:4:34: ", "prefix, hole, subsector" },
    { HEAD "fault      torn_write every=3\n", "t.scn:4:23: ", "chance=RATIO" },
    { HEAD "fault      power_cut chance=1/2 on=wall\n", "t.scn:4:33: ", "'wal'" },
    { HEAD "at         step 0 power_cut\n", "t.scn:4:17: ", "count from 1" },
    { HEAD "at         step 5 bit_flip\n", "t.scn:4:19: ", "crashes" },
    { HEAD "at         step 5 reopn\n", "t.scn:4:19: ", "'reopen'" },
    { HEAD "at         step 5 power_cutt\n", "t.scn:4:19: ", "'power_cut'" },
    { HEAD "at         wal.wirte 3 power_cut\n", "t.scn:4:12: ", "'write'" },
    { HEAD "at         wal.write 3 power_cut on=wal\n", "t.scn:4:34: ", "'at'" },
    { HEAD "at         mark log_rotate power_cut\n", "t.scn:4:17: ", "'log_rotated'" },
    { HEAD "expect     preffix\n", "t.scn:4:12: ", "'prefix'" },
    { HEAD "expect     mark log_rotated\n", "t.scn:4:28: ", "relation" },
    { HEAD "expect     mark log_rotated is 3\n", "t.scn:4:29: ", ">=, <=, =" },
    { HEAD "expect     mark log_rotated >= many\n", "t.scn:4:32: ", "number" },
    { HEAD "plant      wal_skip_sync\n", "t.scn:4:25: ", "property=P|Q" },
    { HEAD "plant      wal_skip_sink property=ack\n", "t.scn:4:12: ", "'wal_skip_sync'" },
    { HEAD "tape       nine\n", "t.scn:4:12: ", "tape zero" },
    { HEAD "draw       verb 3 0\n", "t.scn:4:20: ", "OCCURRENCE VALUE" },
    { HEAD "tape\n", "t.scn:4:5: ", "tape zero|seed" },
    { HEAD "workload   put=0 delete=0 cas=0 txn=0 get=0 get_many=0 scan=0 as_of=0 sync=0 "
           "wait=0 work=0 nap=0 verify=0 reopen=0 flush=0 compact=0 hold=0 "
           "delete_range=0\n",
      "t.scn:1:1: ", "weight" },
};

static void
check_complaints(void)
{
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct sim_scenario scenario;
        struct sim_complaint complaint = { "" };
        const char *text = wrong[i].text;
        bool good = sim_scenario_parse(&scenario, "t.scn", text, strlen(text), &complaint);
        bool told =
            strncmp(complaint.text, wrong[i].complaint, strlen(wrong[i].complaint)) == 0;
        if (!TAP_OK(!good && told && strstr(complaint.text, wrong[i].says) != NULL,
                    "a wrong file is refused at %sand told '%s'", wrong[i].complaint,
                    wrong[i].says))
            printf("# %s\n", complaint.text);
        if (good)
            sim_scenario_fini(&scenario);
    }
}

static void
check_caret(void)
{
    const char *text = HEAD "engine     mod=strict\n";
    struct sim_scenario scenario;
    struct sim_complaint complaint;

    sim_scenario_parse(&scenario, "t.scn", text, strlen(text), &complaint);
    TAP_OK(strstr(complaint.text, "\n  engine     mod=strict\n             ^") != NULL,
           "a complaint shows the line and points at the word");
}

static void
check_whole(void)
{
    struct sim_scenario scenario;
    struct sim_complaint complaint = { "" };
    bool good = sim_scenario_parse(&scenario, "t.scn", whole, sizeof whole - 1, &complaint);

    if (!TAP_OK(good, "a file with every directive is read")) {
        printf("# %s\n", complaint.text);
        return;
    }
    TAP_OK(strcmp(scenario.name, "whole") == 0 && scenario.seeds.lo == 1 &&
               scenario.seeds.hi == 20 &&
               strcmp(scenario.why, "The first line says why, the second goes on.") == 0,
           "name, seeds and the reason are kept");
    TAP_OK(scenario.rule_count == 8 && scenario.rules[0].fault == SIM_POWER_CUT &&
               scenario.rules[0].when == SIM_WHEN_EVERY && scenario.rules[0].survive == 3 &&
               scenario.rules[1].when == SIM_WHEN_CRASH && scenario.rules[2].duration == 30 &&
               scenario.rules[3].when == SIM_WHEN_STEP &&
               scenario.rules[4].when == SIM_WHEN_CALL && scenario.rules[4].lo == 17 &&
               scenario.rules[5].when == SIM_WHEN_MARK &&
               scenario.rules[6].when == SIM_WHEN_NTH_CRASH && scenario.rules[6].lo == 2 &&
               scenario.rules[7].survives_each && scenario.rules[7].skip == 2 &&
               scenario.rules[7].flavour == SIM_HALF,
           "each fault has its time and its values");
    TAP_OK(scenario.order_count == 1 && scenario.orders[0].verb == SIM_KNOB_REOPEN,
           "an operation at a step is no fault");
    TAP_OK(scenario.expect_count == 5 && scenario.catch_count == 1 &&
               scenario.catches[0].properties ==
                   (1u << SIM_HOLDS_DURABLE | 1u << SIM_HOLDS_ACK),
           "expectations and plants are kept");
    TAP_OK(scenario.tape_zero && scenario.draw_count == 1, "the tape and its draws are kept");
    sim_scenario_fini(&scenario);
}

/* What printing the text gives; the caller's. */
static char *
printed(const struct sim_text *text, size_t *len)
{
    FILE *file = tmpfile();
    char *copy;

    sim_text_print(text, file);
    *len = (size_t)ftell(file);
    rewind(file);
    copy = malloc(*len + 1);
    *len = fread(copy, 1, *len, file);
    copy[*len] = 0;
    fclose(file);
    return copy;
}

static bool
prints_as(const struct sim_text *text, const char *expected)
{
    size_t len;
    char *copy = printed(text, &len);
    bool same = strcmp(copy, expected) == 0;

    free(copy);
    return same;
}

static void
check_round_trip(void)
{
    static const char loose[] = "  # Why.\n scenario \t t\r\nseeds 1..9   # all\n\nengine "
                                "  mode=strict\tsector=512";
    struct sim_text text;
    struct sim_complaint complaint;

    sim_text_parse(&text, "t.scn", whole, sizeof whole - 1, &complaint);
    TAP_OK(prints_as(&text, whole), "a file in normal form is printed byte for byte");
    sim_text_fini(&text);
    sim_text_parse(&text, "t.scn", loose, sizeof loose - 1, &complaint);
    TAP_OK(prints_as(&text, "# Why.\nscenario   t\nseeds      1..9 # all\n\n"
                            "engine     mode=strict sector=512\n"),
           "any other file is printed in normal form");
    sim_text_fini(&text);
}

/* What printing the scenario, not its text, gives; the caller's. */
static char *
written(const struct sim_scenario *scenario)
{
    FILE *file = tmpfile();
    char *copy;
    size_t len;

    sim_scenario_print(scenario, "The first line says why,\nthe second goes on.", file);
    len = (size_t)ftell(file);
    rewind(file);
    copy = malloc(len + 1);
    copy[fread(copy, 1, len, file)] = 0;
    fclose(file);
    return copy;
}

/* Every directive goes from memory to text and back. */
static void
check_written(void)
{
    struct sim_scenario scenario, again;
    struct sim_complaint complaint = { "" };
    char *first, *second;

    sim_scenario_parse(&scenario, "t.scn", whole, sizeof whole - 1, &complaint);
    first = written(&scenario);
    if (!TAP_OK(sim_scenario_parse(&again, "t.scn", first, strlen(first), &complaint),
                "a scenario that is written can be read")) {
        printf("# %s\n", complaint.text);
        free(first);
        sim_scenario_fini(&scenario);
        return;
    }
    second = written(&again);
    TAP_OK(strcmp(first, second) == 0, "and is written the same again");
    TAP_OK(strcmp(again.why, scenario.why) == 0 && again.rule_count == scenario.rule_count &&
               again.order_count == scenario.order_count &&
               again.expect_count == scenario.expect_count &&
               again.catches[0].properties == scenario.catches[0].properties &&
               again.tape_zero && again.draw_count == 1 && again.draws[0].value == 7,
           "with all that it says");
    for (unsigned i = 0; i < again.rule_count; i++)
        again.rules[i].line = scenario.rules[i].line;
    TAP_OK(memcmp(again.rules, scenario.rules, sizeof again.rules) == 0,
           "and each fault as it was");
    free(first);
    free(second);
    sim_scenario_fini(&again);
    sim_scenario_fini(&scenario);
}

/* A copy of exact length, so that a sanitiser sees every byte read beyond it. */
static void
feed(const char *source, size_t len, size_t place, int byte)
{
    struct sim_scenario scenario;
    struct sim_complaint complaint = { "" };
    char *copy = malloc(len > 0 ? len : 1);

    memcpy(copy, source, len);
    if (byte >= 0)
        copy[place] = (char)byte;
    if (sim_scenario_parse(&scenario, "t.scn", copy, len, &complaint))
        sim_scenario_fini(&scenario);
    else if (strncmp(complaint.text, "t.scn:", 6) != 0)
        TAP_OK(false, "a refusal without a place, at byte %zu", place);
    free(copy);
}

static void
check_any_input(void)
{
    static const int nasty[] = { 0, '\n', ' ', '#', '=', '|', '.', '/', '9', 0x7F, 0xFF };

    for (size_t len = 0; len < sizeof whole; len++)
        feed(whole, len, 0, -1);
    for (size_t i = 0; i < sizeof whole - 1; i++) {
        for (size_t j = 0; j < sizeof nasty / sizeof *nasty; j++)
            feed(whole, sizeof whole - 1, i, nasty[j]);
    }
    TAP_OK(true, "no cut and no byte harms the reader");
}

int
main(void)
{
    check_complaints();
    check_caret();
    check_whole();
    check_round_trip();
    check_written();
    check_any_input();
    return tap_done();
}
