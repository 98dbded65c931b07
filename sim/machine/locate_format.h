/*
 * locate_format.h - what the locator knows of one format: its structures and their fields.
 *
 * A *structure* is a stretch of a file of one kind (a header, a frame, a block); a *field* is a
 * range of every structure of some kinds, given from its start or, below zero, from its end.
 */
#ifndef SIM_LOCATE_FORMAT_H
#define SIM_LOCATE_FORMAT_H

#include "holdfast.h"

#include <stdbool.h>

#define SIM_KIND_BIT(kind) (1u << (kind))

struct sim_structure {
    unsigned kind;
    uint64_t from, to;
};

struct sim_field {
    const char *name;
    unsigned kinds;   /* a bit for each kind that has it */
    int64_t from, to; /* `to` 0: the end of the structure */
};

/* Called for each structure, in the order of the file. */
typedef void sim_structure_fn(void *context, struct sim_structure structure);

struct sim_format {
    const struct sim_field *fields;
    unsigned field_count;
    /* Walks over what can be read of a file's bytes, whatever they are. */
    void (*walk)(struct hf_span file, sim_structure_fn *visit, void *context);
};

extern const struct sim_format sim_format_wal;      /* locate_wal.c */
extern const struct sim_format sim_format_table;    /* locate_table.c */
extern const struct sim_format sim_format_manifest; /* locate_manifest.c */
extern const struct sim_format sim_format_snapshot; /* locate_snapshot.c */

#endif
