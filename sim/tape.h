/*
 * tape.h - the only source of choice in the simulator.
 *
 * draw(site, entity, bound) is a number below bound. It is looked up under (site, entity,
 * occurrence), the occurrence counting the draws of that pair so far: first in a map of
 * explicit draws, else in the default, a keyed function of the seed, or zero. Since a draw is
 * keyed by its place, a new draw in one place does not shift the others. Sites are names, never
 * lines. Draw 0 always means that nothing unusual happens: callers see to that.
 *
 * A saved tape is text: "holdfast-tape 1", then "default seed N" or "default zero", then a line
 * "SITE ENTITY OCCURRENCE VALUE" for each explicit draw. A value is taken modulo its bound.
 */
#ifndef SIM_TAPE_H
#define SIM_TAPE_H

#include "holdfast.h"

#include <stdio.h>

struct sim_tape;

struct sim_tape *sim_tape_open(void);
void sim_tape_close(struct sim_tape *tape);
/* Forgets all occurrences and explicit draws; the default becomes keyed by `seed`. Cheap. */
void sim_tape_reset(struct sim_tape *tape, uint64_t seed);

/* Forgets the occurrences only: the same run once more. */
void sim_tape_rewind(struct sim_tape *tape);

/*
 * A fuzzer's bytes as the map: from here on each draw takes as many as its bound needs, in the
 * order of asking, until they are used up, and becomes an explicit one. What is drawn then is
 * the default. The bytes are borrowed until the next reset. What was fed can be saved, and a
 * run that is to be played again loads that.
 */
void sim_tape_feed(struct sim_tape *tape, struct hf_span bytes);

/* `bound` >= 1. `site` is a static string. */
uint64_t sim_draw(struct sim_tape *tape, const char *site, uint64_t entity, uint64_t bound);
/* True with chance numerator/denominator; draws 0 for false, so that zero means "no". */
bool sim_draw_chance(struct sim_tape *tape, const char *site, uint64_t entity,
                     uint64_t numerator, uint64_t denominator);

/* Reads a saved tape. False: malformed, with "LINE: why" in *error; the tape is then reset. */
bool sim_tape_load(struct sim_tape *tape, FILE *file, struct hf_error *error);
/* Every draw is kept from here on, so that it can be saved. */
void sim_tape_record(struct sim_tape *tape, bool record);
void sim_tape_save(const struct sim_tape *tape, FILE *file);
/* Explicit draws that nothing asked for, so far. */
uint64_t sim_tape_unread(const struct sim_tape *tape);

#endif
