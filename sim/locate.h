/*
 * locate.h - where a field of the log format lies in the bytes of a file.
 *
 * Faults at rest are aimed at fields, or headers and lengths would hardly ever be hit: most
 * bytes of a file are payload or zeros.
 */
#ifndef SIM_LOCATE_H
#define SIM_LOCATE_H

#include "holdfast.h"
#include "sim/tape.h"

struct sim_extent {
    uint64_t from, to;
};

/* The `index`th word that names a field, NULL behind the last one. */
const char *sim_locate_field(unsigned index);

/*
 * One range of `file` that holds `field`, drawn from all there are; "" is any field of the
 * format. False: there is none.
 */
bool sim_locate(struct sim_extent *out, struct hf_span file, const char *field,
                struct sim_tape *tape, uint64_t entity);

/* The highest position that anything readable in the bytes of a segment says to be durable. */
uint64_t sim_locate_witness(struct hf_span file);

#endif
