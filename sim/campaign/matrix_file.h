/*
 * matrix_file.h - a matrix of plants as `plants --matrix --json` prints it: contract by plant
 * by oracle, and how many runs it took.
 *
 *    {"schema":1,"tries":20,"limit":3000,"plants":[
 *    {"plant":NAME,"contracts":{CONTRACT:
 *        {"tries":20,"caught":20,"median":1,"p95":3,"by":{PROPERTY:20}}, ...}},
 *    ...
 *    ]}
 *
 * What this build does not know, a plant, a contract or a property, is passed over: a baseline
 * may be older or newer than the program.
 */
#ifndef SIM_MATRIX_FILE_H
#define SIM_MATRIX_FILE_H

#include "cli/json.h"
#include "sim/campaign/result_file.h"
#include "sim/machine/machine.h"
#include "sim/scenario/property.h"

/* One plant under one contract. */
struct sim_square {
    unsigned tries; /* 1 where the first try survived: the others would; 0: was not tried */
    unsigned caught;
    uint64_t median, p95; /* runs until it was caught; of tries that were not, their limit */
    uint64_t by[SIM_PROPERTY_COUNT];
};

struct sim_matrix_row {
    unsigned plant;
    struct sim_square squares[SIM_PERSONALITY_COUNT];
};

struct sim_matrix_file {
    uint64_t tries, limit;
    struct sim_matrix_row *rows;
    size_t count, capacity;
};

/* Whether a text is meant to be a matrix, and not lines of results. */
bool sim_matrix_file_is(struct hf_span text);

/* Each: false, it is no matrix; to be freed in every case. */

/* `json` says where it is wrong, and why if the text is no JSON at all. */
bool sim_matrix_file_parse(struct sim_matrix_file *matrix, struct hf_json *json,
                           struct hf_span text);
/* What is wrong is one line on stderr. */
bool sim_matrix_file_read(struct sim_matrix_file *matrix, const struct sim_result_file *file);
void sim_matrix_file_free(struct sim_matrix_file *matrix);

/* NULL: it has none. */
const struct sim_matrix_row *sim_matrix_file_find(const struct sim_matrix_file *matrix,
                                                  unsigned plant);

#endif
