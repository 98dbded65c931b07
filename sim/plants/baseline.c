/*
 * baseline.c - a matrix of plants as it once was (plants --matrix --json), and what became
 * worse.
 *
 *    it was        and now
 *    caught        the median of the tries is more than twice the 95th percentile: worse
 *    never caught  one try is caught: the contract lets more happen than it did: worse
 *    not tried     told, and no more
 *
 * Few runs say little: up to RUNS_FREE nothing that was caught is worse.
 */
#include "sim/campaign/result_file.h"
#include "sim/machine/sim_probe.h"
#include "sim/plants/garden.h"

#include <inttypes.h>

#define RUNS_FREE 10u

/* One line, where there is something to say; whether the square became worse. */
static bool
compare_square(FILE *to, const char *plant, const char *contract, const struct sim_square *old,
               const struct sim_square *new)
{
    if (old->tries == 0) {
        fprintf(to, "%s: has no square of %s yet\n", plant, contract);
        return false;
    }
    if (old->caught == 0) {
        if (new->caught > 0)
            fprintf(to, "%s: caught under %s, which never did: more happens there than did\n",
                    plant, contract);
        return new->caught > 0;
    }
    if (new->median <= 2 * old->p95 || new->median <= RUNS_FREE)
        return false;
    fprintf(to, "%s: %" PRIu64 " runs under %s, more than twice the %" PRIu64 " that it was\n",
            plant, new->median, contract, old->p95);
    return true;
}

static void
compare_row(const struct sim_garden *garden, const struct sim_matrix *matrix, unsigned plant,
            const struct sim_matrix_row *row, FILE *to, unsigned *worse)
{
    const char *name = sim_plant_name(garden->plants[plant]);

    for (unsigned c = 0; c < matrix->contract_count; c++) {
        unsigned contract = matrix->contracts[c];
        *worse += compare_square(to, name, sim_personality_name(contract),
                                 &row->squares[contract], sim_matrix_at(matrix, plant, c));
    }
}

bool
sim_baseline_compare(const struct sim_garden *garden, const struct sim_matrix *matrix,
                     const char *path, FILE *to, unsigned *worse)
{
    struct sim_matrix_file old;
    struct sim_result_file file;

    if (!sim_result_file_open(&file, path))
        return false;
    bool good = sim_matrix_file_read(&old, &file);
    sim_result_file_close(&file);
    for (unsigned i = 0; good && i < garden->count; i++) {
        const struct sim_matrix_row *row = sim_matrix_file_find(&old, garden->plants[i]);
        if (row == NULL)
            fprintf(to, "%s: has no row in %s yet\n", sim_plant_name(garden->plants[i]), path);
        else
            compare_row(garden, matrix, i, row, to, worse);
    }
    sim_matrix_file_free(&old);
    return good;
}
