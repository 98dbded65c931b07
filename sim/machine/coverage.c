/*
 * coverage.c - counts strikes by place, and names the places.
 */
#include "sim/machine/coverage.h"

#include "sim/machine/locate.h"
#include "sim/vocabulary.h"

#include <stdio.h>
#include <string.h>

void
sim_coverage_add(struct sim_coverage *coverage, struct sim_cell where)
{
    for (uint32_t i = 0; i < coverage->count; i++) {
        struct sim_cell *cell = &coverage->cells[i];
        if (cell->fault == where.fault && cell->file == where.file &&
            cell->moment == where.moment && cell->field == where.field) {
            cell->strikes++;
            return;
        }
    }
    if (coverage->count == SIM_CELLS_MAX) {
        coverage->beyond++;
        return;
    }
    where.strikes = 1;
    coverage->cells[coverage->count++] = where;
}

uint8_t
sim_coverage_field(const char *name)
{
    int index = name == NULL || name[0] == 0 ? -1 : sim_word_find(sim_locate_field, name);

    return index < 0 || index >= UINT8_MAX ? 0 : (uint8_t)(index + 1);
}

/* ---- names ------------------------------------------------------------------------------- */

static const char *
moment_name(unsigned moment)
{
    static const char *const names[] = { "run", "recovery", "rest" };

    return moment < SIM_MOMENT_COUNT ? names[moment] : NULL;
}

void
sim_cell_name(const struct sim_cell *cell, char to[SIM_CELL_NAME_SIZE])
{
    const char *field = cell->field == 0 ? NULL : sim_locate_field(cell->field - 1u);

    snprintf(to, SIM_CELL_NAME_SIZE, "%s/%s/%s%s%s",
             sim_fault_name((enum sim_fault)cell->fault),
             sim_file_class_name((enum sim_file_class)cell->file), moment_name(cell->moment),
             field == NULL ? "" : "/", field == NULL ? "" : field);
}

/* The index in `words` of what stands before the next slash; moves *at behind it. */
static int
next_word(const char **at, sim_word_fn *words)
{
    char word[SIM_CELL_NAME_SIZE];
    size_t len = strcspn(*at, "/");

    if (len >= sizeof word)
        return -1;
    memcpy(word, *at, len);
    word[len] = 0;
    *at += len + ((*at)[len] == '/');
    return sim_word_find(words, word);
}

bool
sim_cell_read(struct sim_cell *cell, const char *name)
{
    int fault = next_word(&name, sim_fault_name);
    int file = next_word(&name, sim_file_class_name);
    int moment = next_word(&name, moment_name);
    int field = *name == 0 ? -1 : next_word(&name, sim_locate_field);

    *cell = (struct sim_cell){ .fault = (uint8_t)fault,
                               .file = (uint8_t)file,
                               .moment = (uint8_t)moment,
                               .field = (uint8_t)(field + 1) };
    return fault >= 0 && file >= 0 && moment >= 0 && *name == 0;
}
