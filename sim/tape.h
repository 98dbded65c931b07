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

/* One draw, in words. */
struct sim_drawn {
    const char *site; /* lives as long as whoever made the draw says */
    uint64_t entity, occurrence, value;
    uint64_t bound; /* that it was drawn below */
    uint64_t clock; /* of the tape when it was drawn */
};

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
/* What is not explicit is 0, until the next reset. */
void sim_tape_zero(struct sim_tape *tape);
/* Adds explicit draws, whose sites stay the caller's and must live until the next reset; of two
 * for one place the first one counts. */
void sim_tape_fix(struct sim_tape *tape, const struct sim_drawn *draws, size_t count);

/* On a tape of zeros: what chance does to files and sectors is drawn by `seed` all the same, 0
 * ends that. Such sites are told by the first part of their name, see tape.c. */
void sim_tape_loosen(struct sim_tape *tape, uint64_t seed);
bool sim_tape_is_loose(const char *site);

/*
 * The tape's clock: 0 after a reset or rewind, then what it is told. From clock `from` on, no
 * draw is explicit and all are keyed by `seed`: another future of the same past.
 */
void sim_tape_clock(struct sim_tape *tape, uint64_t now);
void sim_tape_diverge(struct sim_tape *tape, uint64_t from, uint64_t seed);

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
/* What was drawn so far, in order, while it is recorded; until the next draw. */
size_t sim_tape_drawn(const struct sim_tape *tape, const struct sim_drawn **drawn);
/* Explicit draws that nothing asked for, so far; the first of them to *first, if there is. */
uint64_t sim_tape_unread(const struct sim_tape *tape, struct sim_drawn *first);

#endif
