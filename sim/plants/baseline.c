/*
 * baseline.c - a matrix of plants as it once was (plants --matrix --json), and what became
 * worse.
 *
 * A plant is worse if the median of its tries is more than twice the 95th percentile that the
 * baseline has for the same contract. Few runs say little: up to RUNS_FREE nothing is worse.
 */
#include "cli/json.h"
#include "sim/campaign/result_file.h"
#include "sim/plants/garden.h"
#include "sim/run/sim_probe.h"

#include <inttypes.h>
#include <string.h>

#define RUNS_FREE 10u

/* The p95 of every plant of this build, under one contract; 0: it has none. */
struct baseline {
    const char *contract;
    uint64_t p95[HF_PLANT_COUNT + 1];
};

/* {"tries":..,"p95":N,..} */
static bool
read_square(struct hf_json *json, uint64_t *p95)
{
    if (json->kind != HF_JSON_OBJECT)
        return false;
    while (hf_json_next(json) == HF_JSON_NAME) {
        bool is_p95 = hf_json_is(json, "p95");
        hf_json_next(json);
        if (is_p95 ? !hf_json_u64(json, p95) : !hf_json_skip(json))
            return false;
    }
    return json->kind == HF_JSON_OBJECT_END;
}

/* {"CONTRACT":{..},..}: the one that is wanted. */
static bool
read_contracts(const struct baseline *baseline, struct hf_json *json, uint64_t *p95)
{
    if (json->kind != HF_JSON_OBJECT)
        return false;
    while (hf_json_next(json) == HF_JSON_NAME) {
        bool is_wanted = hf_json_is(json, baseline->contract);
        hf_json_next(json);
        if (is_wanted ? !read_square(json, p95) : !hf_json_skip(json))
            return false;
    }
    return json->kind == HF_JSON_OBJECT_END;
}

/* {"plant":NAME,"contracts":{..}} */
static bool
read_plant(struct baseline *baseline, struct hf_json *json)
{
    char name[SIM_NAME_SIZE] = "";
    uint64_t p95 = 0;

    if (json->kind != HF_JSON_OBJECT)
        return false;
    while (hf_json_next(json) == HF_JSON_NAME) {
        bool is_name = hf_json_is(json, "plant");
        bool is_contracts = hf_json_is(json, "contracts");
        hf_json_next(json);
        if (is_name)
            (void)hf_json_text(json, name, sizeof name);
        if (is_contracts ? !read_contracts(baseline, json, &p95) : !hf_json_skip(json))
            return false;
    }
    int plant = sim_word_find(sim_plant_name, name);
    if (plant >= 0)
        baseline->p95[plant] = p95;
    return json->kind == HF_JSON_OBJECT_END;
}

static bool
read_baseline(struct baseline *baseline, struct hf_json *json)
{
    if (hf_json_next(json) != HF_JSON_OBJECT)
        return false;
    while (hf_json_next(json) == HF_JSON_NAME) {
        bool is_plants = hf_json_is(json, "plants");
        hf_json_next(json);
        if (!is_plants) {
            if (!hf_json_skip(json))
                return false;
            continue;
        }
        if (json->kind != HF_JSON_ARRAY)
            return false;
        while (hf_json_next(json) == HF_JSON_OBJECT) {
            if (!read_plant(baseline, json))
                return false;
        }
        if (json->kind != HF_JSON_ARRAY_END)
            return false;
    }
    return json->kind == HF_JSON_OBJECT_END && hf_json_finish(json);
}

bool
sim_baseline_compare(const struct sim_garden *garden, const struct sim_matrix *matrix,
                     const char *path, FILE *to, unsigned *worse)
{
    struct baseline baseline = { .contract = sim_personality_name(
                                     (enum sim_personality)matrix->contracts[0]) };
    struct sim_result_file file;
    struct hf_json json;

    if (!sim_result_file_open(&file, path))
        return false;
    hf_json_open(&json, file.text);
    bool good = read_baseline(&baseline, &json);
    if (!good)
        fprintf(stderr, "holdfast-sim: %s: byte %zu: %s\n", path, json.off,
                json.wrong != NULL ? json.wrong : "this is no matrix of plants");
    sim_result_file_close(&file);
    for (unsigned i = 0; good && i < garden->count; i++) {
        const char *name = sim_plant_name(garden->plants[i]);
        uint64_t p95 = baseline.p95[garden->plants[i]];
        uint64_t median = sim_matrix_at(matrix, i, 0)->median;
        if (p95 == 0) {
            fprintf(to, "%s: has no row in %s yet\n", name, path);
        } else if (median > 2 * p95 && median > RUNS_FREE) {
            fprintf(to, "%s: %" PRIu64 " runs, more than twice the %" PRIu64 " of %s\n", name,
                    median, p95, path);
            ++*worse;
        }
    }
    return good;
}
