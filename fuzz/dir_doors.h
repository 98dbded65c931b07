/*
 * dir_doors.h - a database that is open, read through every door; what they say must agree.
 */
#ifndef HF_FUZZ_DIR_DOORS_H
#define HF_FUZZ_DIR_DOORS_H

#include "holdfast.h"

/* What reading through all doors came to. */
struct fuzz_doors {
    uint64_t last;    /* version of the newest commit */
    uint64_t items;   /* that the newest view shows */
    uint64_t sum;     /* of them, in no order */
    bool is_refused;  /* a read met damage, and said so */
    bool is_verified; /* hf_verify had no finding */
};

/* Called for each item that a read gives out. */
typedef void fuzz_item_fn(void *context, const struct hf_item *item);

/* `visit` may be NULL. */
struct fuzz_doors fuzz_doors_read(struct hf_db *db, fuzz_item_fn *visit, void *context);

/* Whether an error is one that bytes may deserve, and its sentence is one line for people. */
bool fuzz_doors_is_clear(enum hf_err err, const struct hf_error *error);

/* A line for people: something in it, and nothing that a terminal would obey. */
void fuzz_doors_line(void *context, const char *line);

#endif
