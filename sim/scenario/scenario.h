/*
 * scenario.h - what a scenario file says, checked and typed.
 *
 * The directives, one a line:
 *
 *   scenario NAME                          once
 *   seeds A..B                             the full range, judged as a set
 *   engine|disk|workload KNOB=VALUE...     pins; what is not pinned each seed draws
 *   fault FAULT KEY=VALUE...               strikes every=STEPS or with chance=RATIO
 *   at step N WHAT [KEY=VALUE...]          WHAT: a fault, or an operation of the workload
 *   at CLASS.CALL N FAULT [KEY=VALUE...]   at the Nth such call
 *   at mark NAME FAULT [KEY=VALUE...]      at the first call behind that mark
 *   expect PROPERTY...                     each was judged at least once in the set
 *   expect mark|fault NAME >= N            also <= and =, summed over the set
 *   expect cycles|refused >= N
 *   plant NAME property=P|Q                this bug is caught here, by P or Q
 *   tape zero|seed                         what is not drawn explicitly
 *   draw SITE ENTITY OCCURRENCE VALUE      an explicit draw
 *
 * The comment at the top of the file says why the scenario exists.
 */
#ifndef SIM_SCENARIO_H
#define SIM_SCENARIO_H

#include "sim/machine/machine.h"
#include "sim/scenario/knob.h"
#include "sim/scenario/property.h"
#include "sim/scenario/scenario_text.h"

#define SIM_FAULT_RULES_MAX 64u
#define SIM_STEP_ORDERS_MAX 64u
#define SIM_EXPECTS_MAX 32u
#define SIM_CATCHES_MAX 32u
#define SIM_NAME_SIZE 48u

struct sim_setting {
    bool pinned;
    unsigned line;
    struct sim_choice choice;
};

/* `at step N OPERATION`. */
struct sim_step_order {
    uint64_t step;
    enum sim_knob verb; /* the weight of the operation names it */
    unsigned line;
};

enum sim_expected {
    SIM_EXPECT_PROPERTY,
    SIM_EXPECT_MARK,
    SIM_EXPECT_FAULT,
    SIM_EXPECT_CYCLES,
    SIM_EXPECT_REFUSED
};

enum sim_relation { SIM_AT_LEAST, SIM_AT_MOST, SIM_EXACTLY };

struct sim_expect {
    enum sim_expected what;
    unsigned which; /* the property, mark or fault */
    enum sim_relation relation;
    uint64_t number;
    unsigned line;
};

struct sim_catch {
    unsigned plant;
    uint32_t properties; /* a bit each */
    unsigned line;
};

struct sim_scenario {
    struct sim_text text;
    char name[SIM_NAME_SIZE];
    char *why; /* the opening comment, lines joined */
    struct sim_range seeds;
    struct sim_setting knobs[SIM_KNOB_COUNT];
    struct sim_rule rules[SIM_FAULT_RULES_MAX];
    unsigned rule_count;
    struct sim_step_order orders[SIM_STEP_ORDERS_MAX];
    unsigned order_count;
    struct sim_expect expects[SIM_EXPECTS_MAX];
    unsigned expect_count;
    struct sim_catch catches[SIM_CATCHES_MAX];
    unsigned catch_count;
    bool tape_zero;
    struct sim_drawn *draws; /* explicit ones, in the order of the file */
    size_t draw_count, draw_capacity;
};

/* False: *complaint says what is wrong and where; the scenario is then empty. */
bool sim_scenario_parse(struct sim_scenario *scenario, const char *path, const char *source,
                        size_t len, struct sim_complaint *complaint);
bool sim_scenario_read(struct sim_scenario *scenario, const char *path,
                       struct sim_complaint *complaint);
void sim_scenario_fini(struct sim_scenario *scenario);

/* ---- between scenario.c and scenario_rule.c ---------------------------------------------- */

/* A line on its way into a scenario. */
struct sim_reader {
    struct sim_scenario *scenario;
    const struct sim_line *line;
    struct sim_complaint *complaint;
};

bool sim_reader_complain(struct sim_reader *reader, unsigned word, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Cuts word number `word` at its '='; false, with a complaint, if there is none. */
bool sim_reader_pair(struct sim_reader *reader, unsigned word, char key[SIM_HINT_SIZE],
                     const char **value);
/* The word's index in a list; -1 with a complaint that begins "no such WHAT". */
int sim_reader_word(struct sim_reader *reader, unsigned word, sim_word_fn *words,
                    const char *what);
bool sim_reader_number(struct sim_reader *reader, unsigned word, uint64_t *number);

bool sim_rule_read_fault(struct sim_reader *reader);
bool sim_rule_read_at(struct sim_reader *reader);

/* Words of the language that nothing else has, as a list. */
const char *sim_phase_word(unsigned index);

#endif
