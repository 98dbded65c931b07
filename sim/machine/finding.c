/*
 * finding.c - what a verify of the database must find, and what it may.
 *
 *   must   the newest manifest, or a table that it names, if bits or zeros have changed it
 *   may    a file in which damage was read that is still there; one that is gone; and of the
 *          log, and of names, what a failed sync made the system forget
 *
 * A file that was replaced, or removed, is no part of the database any more: what it had
 * explains nothing. So each line of verify is held against the file that it names, and those
 * of the log against all of it.
 */
#include "sim/machine/machine_state.h"

#include <string.h>

#define NUMBER_DIGITS 10u

/* ---- what it may ------------------------------------------------------------------------- */

/* The name of a file in the line, by the word that such names begin with; false: none. */
static bool
find_name(char name[HF_NAME_SIZE_MAX], const char *line)
{
    static const char *const words[] = { "wal-", "table-", "manifest-" };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t size = strlen(words[i]) + NUMBER_DIGITS;
        const char *at = strstr(line, words[i]);
        if (at == NULL || strlen(at) < size)
            continue;
        memcpy(name, at, size);
        name[size] = '\0';
        return true;
    }
    return false;
}

bool
sim_machine_explains_finding(const struct sim_machine *machine, const char *line,
                             bool may_be_forgotten)
{
    char name[HF_NAME_SIZE_MAX];

    if (!find_name(name, line))
        return may_be_forgotten || sim_book_is_class_hurt(&machine->book, SIM_FILE_WAL);
    const struct sim_inode *inode = sim_disk_find(&machine->disk, SIM_FOLDER_MAIN, name);
    if (inode == NULL)
        return may_be_forgotten || sim_book_is_gone(&machine->book, sim_class_of(name));
    /* One segment is read behind another: what is wrong in one is so in those behind it. */
    if (inode->class == SIM_FILE_WAL)
        return may_be_forgotten || sim_book_is_class_hurt(&machine->book, SIM_FILE_WAL);
    return sim_book_is_hurt(&machine->book, inode);
}

/* ---- what it must ------------------------------------------------------------------------ */

/* The newest manifest, or a table that it names. A table that was merged stays while a view is
 * open that reads it, and a manifest whose removal failed; neither is of the database. */
static bool
is_of_database(struct sim_machine *machine, const struct sim_name *name)
{
    if (name->folder != SIM_FOLDER_MAIN || sim_is_temporary(name->name))
        return false;
    if (name->inode->class == SIM_FILE_MANIFEST)
        return sim_order_is_newest(machine, name->folder, name->name);
    return name->inode->class == SIM_FILE_TABLE &&
           sim_order_is_current(machine, name->folder, name->name);
}

const char *
sim_machine_damaged_file(struct sim_machine *machine)
{
    const struct sim_names *names = &machine->disk.visible;

    for (size_t i = 0; i < names->count; i++) {
        if (sim_book_is_hit(&machine->book, names->at[i].inode) &&
            is_of_database(machine, &names->at[i]))
            return names->at[i].name;
    }
    return NULL;
}
