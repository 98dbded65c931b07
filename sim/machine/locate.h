/*
 * locate.h - where a field of a format lies in the bytes of a file: log, table, manifest or
 * snapshot.
 *
 * Faults at rest are aimed at fields, or headers and lengths would hardly ever be hit: most
 * bytes of a file are payload or zeros.
 */
#ifndef SIM_LOCATE_H
#define SIM_LOCATE_H

#include "format/wal_format.h"
#include "sim/machine/machine.h"

struct sim_extent {
    uint64_t from, to;
    const char *field; /* its name; static */
};

/* The `index`th word that names a field of any format, NULL behind the last one. */
const char *sim_locate_field(unsigned index);
/* Whether files of that class have a field of that name. */
bool sim_locate_knows(enum sim_file_class class, const char *field);

/*
 * One range of `file` that holds `field`, drawn from all there are; "" is any field of the
 * format. False: there is none.
 */
bool sim_locate(struct sim_extent *out, struct hf_span file, enum sim_file_class class,
                const char *field, struct sim_tape *tape, uint64_t entity);

/* What the newest sound manifest says of where the log begins. */
struct sim_log_start {
    uint32_t manifest;  /* its number; 0: there is none */
    uint32_t log_first; /* no segment before this one is needed */
    uint64_t last;      /* the commit that the log goes on behind */
};

/* Takes what `file` says, if it is a sound manifest of a higher number. */
void sim_locate_log_start(struct hf_span file, struct sim_log_start *start);
/* The link at the beginning of a segment; false: it has not begun, or that is not readable. */
bool sim_locate_link(struct hf_span file, struct hf_wal_link *link);
/* The highest log position that anything readable in the bytes of a file, a segment or a
 * manifest, says to be durable. */
uint64_t sim_locate_witness(struct hf_span file, enum sim_file_class class);

#endif
