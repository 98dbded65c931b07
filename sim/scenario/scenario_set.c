/*
 * scenario_set.c - walks folders for scenarios, sorted by name so that every machine agrees.
 */
#define _GNU_SOURCE /* dirent's types and lstat */
#include "sim/scenario/scenario_set.h"

#include "sim/grow.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PATH_SIZE 1024u

static bool
add_file(struct sim_set *set, const char *path, struct sim_complaint *complaint)
{
    struct sim_scenario *scenario = sim_new(sizeof *scenario);

    if (!sim_scenario_read(scenario, path, complaint)) {
        free(scenario);
        return false;
    }
    sim_grow(&set->list, &set->capacity, set->count + 1, sizeof *set->list);
    set->list[set->count++] = scenario;
    for (size_t i = 0; i + 1 < set->count; i++) {
        if (strcmp(set->list[i]->name, scenario->name) == 0) {
            snprintf(complaint->text, sizeof complaint->text,
                     "%.300s and %.300s are both scenario %s", set->list[i]->text.path, path,
                     scenario->name);
            return false;
        }
    }
    return true;
}

static int
is_wanted(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);

    if (entry->d_name[0] == '.')
        return 0;
    return strchr(entry->d_name, '.') == NULL ||
           (len > 4 && strcmp(entry->d_name + len - 4, ".scn") == 0);
}

static int
by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static bool
add_folder(struct sim_set *set, const char *path, struct sim_complaint *complaint)
{
    struct dirent **entries;
    int count = scandir(path, &entries, is_wanted, by_bytes);
    size_t len = strlen(path);
    bool good = count >= 0;

    while (len > 1 && path[len - 1] == '/')
        len--;
    for (int i = 0; i < count; i++) {
        char below[PATH_SIZE];
        int size = snprintf(below, sizeof below, "%.*s/%s", (int)len, path, entries[i]->d_name);
        struct stat status;
        if (good && (size_t)size < sizeof below && stat(below, &status) == 0 &&
            (S_ISDIR(status.st_mode) || strstr(below, ".scn") != NULL))
            good = sim_set_add(set, below, complaint);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    else
        snprintf(complaint->text, sizeof complaint->text, "%.900s: cannot be read: %s", path,
                 strerror(errno));
    return good;
}

bool
sim_set_add(struct sim_set *set, const char *path, struct sim_complaint *complaint)
{
    struct stat status;

    if (strcmp(path, "-") != 0 && stat(path, &status) == 0 && S_ISDIR(status.st_mode))
        return add_folder(set, path, complaint);
    return add_file(set, path, complaint);
}

void
sim_set_fini(struct sim_set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        sim_scenario_fini(set->list[i]);
        free(set->list[i]);
    }
    free(set->list);
    *set = (struct sim_set){ 0 };
}
