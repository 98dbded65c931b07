/*
 * media_stale.c - contents that were right once, or elsewhere: a write that never reached the
 * medium, one that went to another place, a file as it was before, foreign bytes behind an end.
 *
 * They are the damage that checksums alone do not find: each sector is sound in itself.
 *
 * What stood in a sector before it was written is not kept. The engine writes no sector twice,
 * so that was zeros, of a file that is prepared or new, or what other files had left there.
 */
#include "sim/machine/media.h"

#include "sim/grow.h"
#include "sim/mix.h"

#include <stdlib.h>

#define EXTRA_MAX 1024u

/* ---- sectors ----------------------------------------------------------------------------- */

static uint64_t
length_of(const struct sim_inode *inode, uint64_t off)
{
    return inode->mem.size - off < SIM_SECTOR ? inode->mem.size - off : SIM_SECTOR;
}

/* Puts other bytes into a sector, and into the ledger; false: they are the same. */
static bool
replace(struct sim_machine *machine, struct sim_inode *inode, uint64_t off,
        const uint8_t *bytes)
{
    uint64_t len = length_of(inode, off);

    if (memcmp(inode->mem.at + off, bytes, len) == 0)
        return false;
    sim_media_settle(machine, inode);
    sim_inode_damage(inode, off, hf_span(bytes, len));
    sim_media_enter(machine, SIM_DAMAGE_BYTES, inode, off, off + len);
    return true;
}

bool
sim_media_lose_write(struct sim_machine *machine, const struct sim_rule *rule,
                     const struct sim_name *name)
{
    uint8_t before[SIM_SECTOR];
    uint64_t sector;

    if (!sim_media_choose_sector(machine, rule, name->inode, &sector))
        return false;
    sim_garbage_fill(&machine->disk.garbage, machine->tape, rule->entity, before,
                     sizeof before);
    if (!replace(machine, name->inode, sector * SIM_SECTOR, before))
        return false;
    sim_note(machine, "  ! what was written to %s at %llu never reached the disk", name->name,
             (unsigned long long)sector * SIM_SECTOR);
    return true;
}

/* The file that a write went to instead. */
static const struct sim_name *
choose_victim(struct sim_machine *machine, const struct sim_rule *rule,
              const struct sim_name *name)
{
    static const struct sim_rule anything = { .file = SIM_FILE_ANY };
    const struct sim_names *names = &machine->disk.visible;
    enum sim_flavour how = rule->flavour;
    uint64_t first;

    if (how == SIM_FLAVOUR_ANY)
        how = SIM_OWN +
              (enum sim_flavour)sim_draw(machine->tape, "misdirected.how", rule->entity, 2);
    if (how == SIM_OWN)
        return name;
    first = sim_draw(machine->tape, "misdirected.file", rule->entity, names->count);
    for (size_t i = 0; i < names->count; i++) {
        const struct sim_name *at = &names->at[(first + i) % names->count];
        if (at->inode != name->inode && at->folder == name->folder &&
            sim_media_is_meant(&anything, at))
            return at;
    }
    return name;
}

bool
sim_media_misdirect(struct sim_machine *machine, const struct sim_rule *rule,
                    const struct sim_name *name)
{
    const struct sim_name *victim = choose_victim(machine, rule, name);
    uint8_t before[SIM_SECTOR], written[SIM_SECTOR] = { 0 };
    uint64_t sector, count = (victim->inode->mem.size + SIM_SECTOR - 1) / SIM_SECTOR, to;

    if (!sim_media_choose_sector(machine, rule, name->inode, &sector))
        return false;
    to = sim_draw(machine->tape, "misdirected.to", rule->entity, count);
    if (victim == name && to == sector)
        return false;
    memcpy(written, name->inode->mem.at + sector * SIM_SECTOR,
           length_of(name->inode, sector * SIM_SECTOR));
    sim_garbage_fill(&machine->disk.garbage, machine->tape, rule->entity, before,
                     sizeof before);
    bool is_lost = replace(machine, name->inode, sector * SIM_SECTOR, before);
    bool is_hit = replace(machine, victim->inode, to * SIM_SECTOR, written);
    sim_note(machine, "  ! what was written to %s at %llu went to %s at %llu", name->name,
             (unsigned long long)sector * SIM_SECTOR, victim->name,
             (unsigned long long)to * SIM_SECTOR);
    return is_lost || is_hit;
}

bool
sim_media_append(struct sim_machine *machine, const struct sim_rule *rule,
                 const struct sim_name *name)
{
    struct sim_inode *inode = name->inode;
    uint64_t off = inode->mem.size;
    uint64_t len = 1 + sim_draw(machine->tape, "extra.len", rule->entity, EXTRA_MAX);
    uint8_t bytes[EXTRA_MAX];

    sim_media_settle(machine, inode);
    sim_garbage_fill(&machine->disk.garbage, machine->tape, rule->entity, bytes, len);
    sim_image_resize(&inode->mem, off + len);
    sim_image_resize(&inode->disk, off + len);
    sim_inode_allocate(&machine->disk, inode, off + len);
    sim_inode_damage(inode, off, hf_span(bytes, len));
    sim_media_enter(machine, SIM_DAMAGE_MISSING, inode, off, off + len);
    sim_note(machine, "  ! %llu bytes more stand at the end of %s", (unsigned long long)len,
             name->name);
    return true;
}

/* ---- files as they were ------------------------------------------------------------------ */

void
sim_shelf_fini(struct sim_shelf *shelf)
{
    for (size_t i = 0; i < shelf->capacity; i++)
        free(shelf->at[i].bytes);
    free(shelf->at);
    *shelf = (struct sim_shelf){ 0 };
}

static struct sim_shelved *
find_shelved(struct sim_shelf *shelf, const struct sim_name *name)
{
    for (size_t i = 0; i < shelf->count; i++) {
        if (shelf->at[i].folder == name->folder && strcmp(shelf->at[i].name, name->name) == 0)
            return &shelf->at[i];
    }
    return NULL;
}

static struct sim_shelved *
add_shelved(struct sim_shelf *shelf, const struct sim_name *name)
{
    size_t before = shelf->capacity;
    struct sim_shelved *shelved;

    sim_grow(&shelf->at, &shelf->capacity, shelf->count + 1, sizeof *shelf->at);
    if (shelf->capacity > before)
        memset(shelf->at + before, 0, (shelf->capacity - before) * sizeof *shelf->at);
    shelved = &shelf->at[shelf->count++];
    shelved->folder = name->folder;
    memcpy(shelved->name, name->name, sizeof shelved->name);
    return shelved;
}

static bool
may_go_back(const struct sim_machine *machine)
{
    for (unsigned i = 0; i < machine->faults.rule_count; i++) {
        if (machine->faults.rules[i].fault == SIM_STALE_FILE)
            return true;
    }
    return false;
}

void
sim_media_shelve(struct sim_machine *machine)
{
    const struct sim_names *names = &machine->disk.visible;

    if (!may_go_back(machine))
        return;
    for (size_t i = 0; i < names->count; i++) {
        const struct sim_name *name = &names->at[i];
        const struct sim_image *image = &name->inode->mem;
        struct sim_shelved *shelved = find_shelved(&machine->shelf, name);
        bool is_kept =
            shelved != NULL && sim_draw(machine->tape, "shelf.keep", name->inode->tag, 2) == 0;
        if (is_kept || name->folder > SIM_FOLDER_MAIN || sim_is_temporary(name->name))
            continue;
        if (shelved == NULL)
            shelved = add_shelved(&machine->shelf, name);
        sim_grow(&shelved->bytes, &shelved->capacity, image->size, 1);
        if (image->size > 0)
            memcpy(shelved->bytes, image->at, image->size);
        shelved->size = image->size;
    }
}

/* The first byte in which a file differs from how it was; its size: in none. */
static uint64_t
first_difference(const struct sim_inode *inode, const struct sim_shelved *shelved)
{
    uint64_t i = 0;

    while (i < inode->mem.size && i < shelved->size && inode->mem.at[i] == shelved->bytes[i])
        i++;
    return i < inode->mem.size || i < shelved->size ? i : UINT64_MAX;
}

static bool
go_back(struct sim_machine *machine, struct sim_inode *inode, const struct sim_shelved *shelved)
{
    uint64_t from = first_difference(inode, shelved);
    uint64_t to = inode->mem.size > shelved->size ? inode->mem.size : shelved->size;

    if (from == UINT64_MAX)
        return false;
    sim_media_settle(machine, inode);
    sim_media_enter(machine, SIM_DAMAGE_MISSING, inode, from, to);
    sim_image_resize(&inode->mem, shelved->size);
    sim_image_resize(&inode->disk, shelved->size);
    sim_inode_allocate(&machine->disk, inode, shelved->size);
    sim_inode_damage(inode, 0, hf_span(shelved->bytes, shelved->size));
    sim_note(machine, "  ! %s is as it was before", shelved->name);
    return true;
}

static bool
come_back(struct sim_machine *machine, const struct sim_shelved *shelved)
{
    struct sim_disk *disk = &machine->disk;
    struct sim_inode *inode = sim_disk_create(disk, shelved->folder, shelved->name);

    sim_inode_write(disk, inode, 0, hf_span(shelved->bytes, shelved->size));
    sim_media_settle(machine, inode);
    sim_media_enter(machine, SIM_DAMAGE_MISSING, inode, 0, shelved->size);
    sim_note(machine, "  ! %s is back", shelved->name);
    return true;
}

bool
sim_media_go_back(struct sim_machine *machine, const struct sim_rule *rule)
{
    struct sim_shelf *shelf = &machine->shelf;
    uint64_t first = shelf->count == 0 ? 0
                                       : sim_draw(machine->tape, "stale_file.which",
                                                  rule->entity, shelf->count);

    for (size_t i = 0; i < shelf->count; i++) {
        const struct sim_shelved *shelved = &shelf->at[(first + i) % shelf->count];
        enum sim_file_class class = sim_class_of(shelved->name);
        struct sim_inode *inode = sim_disk_find(&machine->disk, shelved->folder, shelved->name);
        bool is_meant = rule->file == SIM_FILE_ANY
                            ? class != SIM_FILE_LOCK && class != SIM_FILE_SNAPSHOT
                            : class == rule->file;
        if (!is_meant || (inode == NULL && rule->flavour == SIM_OLDER) ||
            (inode != NULL && rule->flavour == SIM_BACK))
            continue;
        if (inode == NULL ? come_back(machine, shelved) : go_back(machine, inode, shelved))
            return true;
    }
    return false;
}
