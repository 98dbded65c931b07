/*
 * matrix_file_test.c - a matrix is read as it was printed; words that nobody knows are passed
 * over; cut in every place and changed in every byte, from copies of exact length, it is
 * refused or a matrix, and nothing else is read.
 */
#include "sim/campaign/matrix_file.h"

#include "base/tap.h"
#include "sim/machine/sim_probe.h"

#include <stdlib.h>
#include <string.h>

static const char text[] =
    "{\"schema\":1,\"tries\":20,\"limit\":3000,\"plants\":[\n"
    "{\"plant\":\"wal_skip_sync\",\"contracts\":{\"posix_worst\":{\"tries\":20,\"caught\":19,"
    "\"median\":7,\"p95\":23,\"by\":{\"durable\":5,\"ack\":14}},\"xfs\":{\"tries\":1,"
    "\"caught\":0,\"median\":3000,\"p95\":3000,\"by\":{}}}},\n"
    "{\"plant\":\"of_another_day\",\"contracts\":{}},\n"
    "{\"plant\":\"wal_retry_sync\",\"contracts\":{\"ext9\":{\"tries\":3},\"btrfs\":{\"tries\":"
    "2,"
    "\"caught\":2,\"median\":1,\"p95\":1,\"by\":{\"smell\":2},\"later\":[{}]}}}\n"
    "]}\n";

static unsigned
plant_of(const char *name)
{
    unsigned plant = 0;

    while (strcmp(sim_plant_name(plant), name) != 0)
        plant++;
    return plant;
}

static bool
parse(struct sim_matrix_file *matrix, const char *from, size_t len)
{
    struct hf_json json;
    char *copy = malloc(len + (len == 0));

    if (copy == NULL)
        abort();
    memcpy(copy, from, len);
    bool good = sim_matrix_file_parse(matrix, &json, (struct hf_span){ copy, len });
    free(copy);
    return good;
}

static void
test_read(void)
{
    struct sim_matrix_file matrix;
    bool good = parse(&matrix, text, strlen(text));

    TAP_OK(good && matrix.tries == 20 && matrix.limit == 3000 && matrix.count == 2,
           "a matrix is read, without the plants that nobody knows");
    const struct sim_matrix_row *row = sim_matrix_file_find(&matrix, plant_of("wal_skip_sync"));
    const struct sim_square *square = row == NULL ? NULL : &row->squares[SIM_POSIX_WORST];
    TAP_OK(square != NULL && square->tries == 20 && square->caught == 19 &&
               square->median == 7 && square->p95 == 23 && square->by[SIM_HOLDS_ACK] == 14 &&
               square->by[SIM_HOLDS_DURABLE] == 5 && square->by[SIM_HOLDS_OPENS] == 0,
           "a square has its numbers");
    TAP_OK(row != NULL && row->squares[SIM_XFS].tries == 1 &&
               row->squares[SIM_XFS].caught == 0 && row->squares[SIM_BTRFS].tries == 0,
           "what was not caught differs from what was not tried");
    row = sim_matrix_file_find(&matrix, plant_of("wal_retry_sync"));
    TAP_OK(row != NULL && row->squares[SIM_BTRFS].caught == 2,
           "a contract, a property and a member that nobody knows are passed over");
    TAP_OK(sim_matrix_file_find(&matrix, plant_of("close_skip_sync")) == NULL,
           "a plant without a row has none");
    sim_matrix_file_free(&matrix);
}

static void
test_is(void)
{
    static const char run[] = "{\"scenario\":\"x\",\"seed\":\"1\"}\n";

    TAP_OK(sim_matrix_file_is((struct hf_span){ text, strlen(text) }), "a matrix is told");
    TAP_OK(!sim_matrix_file_is((struct hf_span){ run, strlen(run) }), "from a line of results");
    TAP_OK(!sim_matrix_file_is((struct hf_span){ text, 0 }), "and from nothing");
}

/* Up to the bracket that closes it; behind that stands a newline only. */
static void
test_cuts(void)
{
    struct sim_matrix_file matrix;
    unsigned accepted = 0;

    for (size_t len = 0; len + 1 < strlen(text); len++) {
        accepted += parse(&matrix, text, len);
        sim_matrix_file_free(&matrix);
    }
    TAP_OK(accepted == 0, "a matrix that was cut is none");
}

static void
test_changes(void)
{
    static const char marks[] = "{}[]\":,0 x";
    struct sim_matrix_file matrix;
    char changed[sizeof text];
    unsigned wild = 0;

    for (size_t at = 0; at + 1 < sizeof text; at++) {
        for (const char *mark = marks; *mark != 0; mark++) {
            memcpy(changed, text, sizeof text);
            changed[at] = *mark;
            bool good = parse(&matrix, changed, sizeof text - 1);
            wild += good && matrix.count > 2;
            sim_matrix_file_free(&matrix);
        }
    }
    TAP_OK(wild == 0, "whatever byte is changed, no row comes out that was not there");
}

int
main(void)
{
    test_read();
    test_is();
    test_cuts();
    test_changes();
    return tap_done();
}
