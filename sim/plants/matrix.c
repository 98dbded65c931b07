/*
 * matrix.c - `plants --matrix`: contract by plant by oracle, and how many runs it takes.
 *
 * Each try has seeds of its own, far from those of the others. Under a weak contract many
 * plants cannot be caught at all; where the first try survives, no other is made.
 */
#include "cli/json_out.h"
#include "sim/grow.h"
#include "sim/machine/sim_probe.h"
#include "sim/plants/garden.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define TRIES_DEFAULT 20u
#define LIMIT_DEFAULT 500u
#define SEEDS_BETWEEN UINT64_C(1000003) /* from try to try */

struct sim_square *
sim_matrix_at(const struct sim_matrix *matrix, unsigned plant, unsigned contract)
{
    return &matrix->squares[plant * matrix->contract_count + contract];
}

/* By whatever property: whether it is the expected one is what `plants` itself asks. */
static bool
is_caught(const struct sim_try *trial)
{
    return trial->is_named && trial->result.verdict == SIM_BROKE;
}

/* ---- trying ------------------------------------------------------------------------------ */

/* The tries of all squares, one behind the other. */
static struct sim_try *
trials_of(struct sim_try *trials, const struct sim_matrix *matrix, unsigned square)
{
    return &trials[(size_t)square * matrix->tries];
}

static void
plan(struct sim_try *trials, const struct sim_garden *garden, const struct sim_matrix *matrix)
{
    for (unsigned plant = 0; plant < garden->count; plant++) {
        for (unsigned c = 0; c < matrix->contract_count; c++) {
            struct sim_try *tries =
                trials_of(trials, matrix, plant * matrix->contract_count + c);
            for (unsigned t = 0; t < matrix->tries; t++)
                tries[t] = (struct sim_try){ .plant = garden->plants[plant],
                                             .contract = (int)matrix->contracts[c],
                                             .seed_skip = t * SEEDS_BETWEEN,
                                             .limit = matrix->limit };
        }
    }
}

/* Runs the first tries of all squares, or the others of those whose first was caught: what is
 * wanted is moved together, and its outcome back. */
static bool
run_wave(struct sim_try *trials, const struct sim_garden *garden,
         const struct sim_matrix *matrix, bool first)
{
    unsigned squares = garden->count * matrix->contract_count;
    size_t total = (size_t)squares * matrix->tries, count = 0;
    struct sim_try *wave = sim_tries_new(total);
    size_t *from = sim_new((total + 1) * sizeof *from);
    bool good = wave != NULL;

    for (size_t i = 0; good && i < total; i++) {
        if ((i % matrix->tries == 0) != first ||
            (!first && !is_caught(&trials[i - i % matrix->tries])))
            continue;
        wave[count] = trials[i];
        from[count++] = i;
    }
    good = good && sim_tries_run(wave, count, &garden->set, garden->args->jobs);
    for (size_t i = 0; good && i < count; i++)
        trials[from[i]] = wave[i];
    sim_tries_free(wave, total);
    free(from);
    return good;
}

/* ---- adding up --------------------------------------------------------------------------- */

static int
by_number(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

    return (a > b) - (a < b);
}

static void
add_up(struct sim_square *square, const struct sim_try *tries, unsigned count)
{
    uint64_t runs[SIM_TRIES_MAX];

    square->tries = is_caught(&tries[0]) ? count : 1;
    for (unsigned i = 0; i < square->tries; i++) {
        runs[i] = tries[i].runs;
        square->caught += is_caught(&tries[i]);
        if (is_caught(&tries[i]))
            square->by[tries[i].result.property]++;
    }
    qsort(runs, square->tries, sizeof *runs, by_number);
    square->median = runs[(square->tries - 1) / 2];
    square->p95 = runs[(square->tries * 95 + 99) / 100 - 1];
}

/* A square that catches nothing under any later contract, and everything under the first. */
static bool
needs_first(const struct sim_matrix *matrix, unsigned plant)
{
    bool weak = matrix->contract_count > 1 && sim_matrix_at(matrix, plant, 0)->caught > 0;

    for (unsigned c = 1; c < matrix->contract_count; c++)
        weak = weak && sim_matrix_at(matrix, plant, c)->caught == 0;
    return weak;
}

/* ---- what comes out ---------------------------------------------------------------------- */

static const char *
contract_name(const struct sim_matrix *matrix, unsigned c)
{
    return sim_personality_name((enum sim_personality)matrix->contracts[c]);
}

static void
print_by(FILE *to, const struct sim_square *square)
{
    const char *space = "  ";

    for (unsigned i = 0; i < SIM_PROPERTY_COUNT; i++) {
        if (square->by[i] == 0)
            continue;
        fprintf(to, "%s%s %" PRIu64, space, sim_property_name(i), square->by[i]);
        space = ", ";
    }
}

static void
print_text(const struct sim_garden *garden, const struct sim_matrix *matrix)
{
    FILE *out = garden->args->out;

    fprintf(out, "%-28s %-15s %7s %7s %7s  %s\n", "plant", "contract", "caught", "median",
            "p95", "by, in tries");
    for (unsigned plant = 0; plant < garden->count; plant++) {
        for (unsigned c = 0; c < matrix->contract_count; c++) {
            const struct sim_square *square = sim_matrix_at(matrix, plant, c);
            fprintf(out, "%-28s %-15s", c == 0 ? sim_plant_name(garden->plants[plant]) : "",
                    contract_name(matrix, c));
            if (square->caught == 0) {
                fprintf(out, "      -       -       -  survives %" PRIu64 " runs\n",
                        square->median);
                continue;
            }
            fprintf(out, " %3u/%-3u %7" PRIu64 " %7" PRIu64, square->caught, square->tries,
                    square->median, square->p95);
            print_by(out, square);
            putc('\n', out);
        }
    }
}

static void
write_square(struct hf_json_out *out, const char *name, const struct sim_square *square)
{
    hf_json_out_open(out, name, '{');
    hf_json_out_u64(out, "tries", square->tries);
    hf_json_out_u64(out, "caught", square->caught);
    hf_json_out_u64(out, "median", square->median);
    hf_json_out_u64(out, "p95", square->p95);
    hf_json_out_open(out, "by", '{');
    for (unsigned i = 0; i < SIM_PROPERTY_COUNT; i++) {
        if (square->by[i] > 0)
            hf_json_out_u64(out, sim_property_name(i), square->by[i]);
    }
    hf_json_out_close(out);
    hf_json_out_close(out);
}

/* A line a plant, so that a change of a baseline can be read. */
static void
print_json(const struct sim_garden *garden, const struct sim_matrix *matrix)
{
    FILE *to = garden->args->out;

    fprintf(to, "{\"schema\":1,\"tries\":%u,\"limit\":%" PRIu64 ",\"plants\":[", matrix->tries,
            matrix->limit);
    for (unsigned plant = 0; plant < garden->count; plant++) {
        struct hf_json_out out = { .to = to };
        fputs(plant == 0 ? "\n" : ",\n", to);
        hf_json_out_open(&out, NULL, '{');
        hf_json_out_text(&out, "plant", sim_plant_name(garden->plants[plant]));
        hf_json_out_open(&out, "contracts", '{');
        for (unsigned c = 0; c < matrix->contract_count; c++)
            write_square(&out, contract_name(matrix, c), sim_matrix_at(matrix, plant, c));
        hf_json_out_close(&out);
        hf_json_out_close(&out);
    }
    fputs("\n]}\n", to);
}

/* How many each contract catches. */
static void
print_contracts(FILE *to, const struct sim_garden *garden, const struct sim_matrix *matrix)
{
    for (unsigned c = 0; c < matrix->contract_count; c++) {
        unsigned caught = 0;
        for (unsigned plant = 0; plant < garden->count; plant++)
            caught += sim_matrix_at(matrix, plant, c)->caught > 0;
        fprintf(to, "%s%s catches %u", c == 0 ? "" : ", ", contract_name(matrix, c), caught);
    }
    fputc('\n', to);
}

/*
 * Who survived the strongest contract (in most tries: one may be unlucky), who needs it, and
 * what has become worse.
 */
static int
judge(const struct sim_garden *garden, const struct sim_matrix *matrix)
{
    const struct sim_args *args = garden->args;
    FILE *out = args->json ? stderr : args->out;
    unsigned every = 0, survivors = 0, weak = 0, worse = 0;

    for (unsigned plant = 0; plant < garden->count; plant++) {
        const char *name = sim_plant_name(garden->plants[plant]);
        const struct sim_square *square = sim_matrix_at(matrix, plant, 0);
        every += square->caught == square->tries;
        if (square->caught < square->tries)
            fprintf(out, "%s: %u of %u tries survived %s\n", name,
                    square->tries - square->caught, square->tries, contract_name(matrix, 0));
        survivors += 2 * square->caught <= square->tries;
        weak += needs_first(matrix, plant);
    }
    if (args->baseline != NULL &&
        !sim_baseline_compare(garden, matrix, args->baseline, out, &worse))
        return SIM_EXIT_USAGE;
    print_contracts(out, garden, matrix);
    bool is_blind = matrix->contract_count > 1 && args->line.word_count == 0 && weak == 0;
    if (is_blind)
        fprintf(out, "no plant needs %s: a weaker disk would not be noticed\n",
                contract_name(matrix, 0));
    fprintf(out, "%u plants, %u caught in every try, %u that only %s catches, %u worse\n",
            garden->count, every, weak, contract_name(matrix, 0), worse);
    return survivors + worse > 0 || is_blind ? SIM_EXIT_BROKE : SIM_EXIT_HELD;
}

/* ---- the start --------------------------------------------------------------------------- */

/* Those that are wanted, or all: the strongest first, what keeps all in order last. */
static void
choose_contracts(struct sim_matrix *matrix, const struct sim_args *args)
{
    static const unsigned all[SIM_PERSONALITY_COUNT] = { SIM_POSIX_WORST,  SIM_EXT4_WRITEBACK,
                                                         SIM_EXT4_ORDERED, SIM_XFS,
                                                         SIM_BTRFS,        SIM_SEQUENTIAL };
    const unsigned *from = args->contract_count == 0 ? all : args->contracts;

    matrix->contract_count =
        args->contract_count == 0 ? SIM_PERSONALITY_COUNT : args->contract_count;
    memcpy(matrix->contracts, from, matrix->contract_count * sizeof *from);
}

int
sim_garden_matrix(struct sim_garden *garden)
{
    const struct sim_args *args = garden->args;
    struct sim_matrix matrix = { .tries = args->tries == 0 ? TRIES_DEFAULT : args->tries,
                                 .limit = args->limit == 0 ? LIMIT_DEFAULT : args->limit };
    int status = SIM_EXIT_SIMULATOR;

    choose_contracts(&matrix, args);
    unsigned squares = garden->count * matrix.contract_count;
    struct sim_try *trials = sim_new(((size_t)squares * matrix.tries + 1) * sizeof *trials);
    matrix.squares = sim_new((squares + 1) * sizeof *matrix.squares);
    plan(trials, garden, &matrix);
    if (run_wave(trials, garden, &matrix, true) && run_wave(trials, garden, &matrix, false)) {
        for (unsigned i = 0; i < squares; i++)
            add_up(&matrix.squares[i], trials_of(trials, &matrix, i), matrix.tries);
        if (args->json)
            print_json(garden, &matrix);
        else
            print_text(garden, &matrix);
        status = judge(garden, &matrix);
    }
    free(matrix.squares);
    free(trials);
    return status;
}
