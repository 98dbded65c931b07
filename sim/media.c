/*
 * media.c - faults at rest: what a medium, or a person, does to files that nobody has open.
 *
 * Cache and disk change alike: by the time damage is met, the cache is a new one. Whatever was
 * pending about the file has reached the disk before. Each damaged range goes into the ledger,
 * and it is judged at once whether anything that survived vouches for it, because a recovery
 * will write new witnesses.
 */
#include "base/span.h"
#include "sim/locate.h"
#include "sim/machine_state.h"

#include <stdlib.h>

static struct hf_span
bytes_of(const struct sim_inode *inode)
{
    return hf_span(inode->mem.at, inode->mem.size);
}

/* A file that the rule may strike, drawn; NULL: there is none. Empty ones have nothing to
 * lose. */
static const struct sim_name *
choose_file(struct sim_machine *machine, const struct sim_rule *rule)
{
    const struct sim_names *names = &machine->disk.visible;
    const struct sim_name *chosen = NULL;
    uint64_t seen = 0;

    for (int pass = 0; pass < 2; pass++) {
        uint64_t index =
            pass == 0 ? UINT64_MAX : sim_draw(machine->tape, "media.file", rule->line, seen);
        seen = 0;
        for (size_t i = 0; i < names->count; i++) {
            const struct sim_inode *inode = names->at[i].inode;
            bool is_meant = rule->file == SIM_FILE_ANY ? inode->class != SIM_FILE_LOCK
                                                       : inode->class == rule->file;
            if (is_meant && inode->mem.size > 0 && seen++ == index)
                chosen = &names->at[i];
        }
        if (seen == 0)
            return NULL;
    }
    return chosen;
}

/* Everything that was pending about the file is on the disk. */
static void
settle(struct sim_machine *machine, struct sim_inode *inode)
{
    sim_disk_sync_names(&machine->disk, machine->disk.order);
    sim_inode_sync(&machine->disk, inode, machine->disk.order);
    sim_inode_evict(inode);
}

static struct sim_entry *
enter(struct sim_machine *machine, enum sim_damage damage, const struct sim_inode *inode,
      uint64_t from, uint64_t to)
{
    struct sim_entry *entry = sim_book_add(&machine->book, damage, inode, from, to);
    entry->batch = machine->book.batch + 1;
    return entry;
}

/* ---- the faults -------------------------------------------------------------------------- */

static bool
flip_bits(struct sim_machine *machine, const struct sim_rule *rule, const struct sim_name *name)
{
    struct sim_inode *inode = name->inode;
    uint64_t bits = rule->bits == 0 ? 1 : rule->bits;
    struct sim_extent range;

    if (!sim_locate(&range, bytes_of(inode), rule->field, machine->tape, rule->line))
        return false;
    settle(machine, inode);
    for (uint64_t i = 0; i < bits; i++) {
        uint64_t bit =
            sim_draw(machine->tape, "bit_flip.bit", rule->line, (range.to - range.from) * 8);
        uint64_t off = range.from + bit / 8;
        uint8_t byte = inode->mem.at[off] ^ (uint8_t)(1u << bit % 8);
        sim_inode_damage(inode, off, hf_span(&byte, 1));
        enter(machine, SIM_DAMAGE_BYTES, inode, off, off + 1);
        sim_note(machine, "  ! bit %u of byte %llu of %s", (unsigned)(bit % 8),
                 (unsigned long long)off, name->name);
    }
    return true;
}

/* Of the sectors that are not zero already; aimed, those that the field begins in. */
static bool
choose_sector(struct sim_machine *machine, const struct sim_rule *rule,
              const struct sim_inode *inode, uint64_t *sector)
{
    static const uint8_t zeros[SIM_SECTOR];
    uint64_t count = (inode->mem.size + SIM_SECTOR - 1) / SIM_SECTOR;
    uint64_t first = sim_draw(machine->tape, "zero_sector.first", rule->line, count);
    struct sim_extent range;

    if (rule->field[0] != '\0' &&
        sim_locate(&range, bytes_of(inode), rule->field, machine->tape, rule->line))
        first = range.from / SIM_SECTOR;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t off = (first + i) % count * SIM_SECTOR;
        uint64_t len = inode->mem.size - off < SIM_SECTOR ? inode->mem.size - off : SIM_SECTOR;
        if (memcmp(inode->mem.at + off, zeros, len) == 0)
            continue;
        *sector = off / SIM_SECTOR;
        return true;
    }
    return false;
}

static bool
zero_sector(struct sim_machine *machine, const struct sim_rule *rule,
            const struct sim_name *name)
{
    static const uint8_t zeros[SIM_SECTOR];
    uint64_t sector, from;

    if (!choose_sector(machine, rule, name->inode, &sector))
        return false;
    settle(machine, name->inode);
    from = sector * SIM_SECTOR;
    sim_inode_damage(name->inode, from, hf_span(zeros, SIM_SECTOR));
    enter(machine, SIM_DAMAGE_BYTES, name->inode, from, from + SIM_SECTOR);
    sim_note(machine, "  ! sector at %llu of %s is zero now", (unsigned long long)from,
             name->name);
    return true;
}

/* Where a file is cut: at the end of a structure of the format, or anywhere. */
static uint64_t
choose_cut(struct sim_machine *machine, const struct sim_rule *rule,
           const struct sim_inode *inode)
{
    struct sim_extent range;

    if (sim_draw(machine->tape, "file_loss.anywhere", rule->line, 2) == 0 &&
        sim_locate(&range, bytes_of(inode), rule->field[0] == '\0' ? "frame" : rule->field,
                   machine->tape, rule->line))
        return range.to;
    return sim_draw(machine->tape, "file_loss.cut", rule->line, inode->mem.size);
}

/* The segment that a log file's name says, 0 for another name. */
static uint32_t
segment_of(const char *name)
{
    return sim_class_of(name) == SIM_FILE_WAL ? (uint32_t)strtoul(name + 4, NULL, 10) : 0;
}

static bool
lose_file(struct sim_machine *machine, const struct sim_rule *rule, const struct sim_name *name)
{
    struct sim_inode *inode = name->inode;
    enum sim_flavour how = rule->flavour;
    char lost[HF_NAME_SIZE_MAX];
    uint64_t size;

    if (how == SIM_FLAVOUR_ANY)
        how = SIM_GONE +
              (enum sim_flavour)sim_draw(machine->tape, "file_loss.how", rule->line, 3);
    if (how == SIM_GONE) {
        memcpy(lost, name->name, sizeof lost);
        /* With the inode gone, the entry keeps the segment's number in `serial`. */
        enter(machine, SIM_DAMAGE_MISSING, NULL, 0, inode->mem.size)->serial = segment_of(lost);
        sim_disk_lose(&machine->disk, lost);
        sim_note(machine, "  ! %s is gone", lost);
        return true;
    }
    size = how == SIM_EMPTY ? 0 : choose_cut(machine, rule, inode);
    settle(machine, inode);
    enter(machine, SIM_DAMAGE_MISSING, inode, size, inode->mem.size);
    sim_inode_cut_short(&machine->disk, inode, size);
    sim_note(machine, "  ! %s has %llu bytes now", name->name, (unsigned long long)size);
    return true;
}

static bool
strike(struct sim_machine *machine, const struct sim_rule *rule)
{
    const struct sim_name *name = choose_file(machine, rule);

    if (name == NULL)
        return false;
    switch (rule->fault) {
    case SIM_BIT_FLIP:
        return flip_bits(machine, rule, name);
    case SIM_ZERO_SECTOR:
        return zero_sector(machine, rule, name);
    default:
        return lose_file(machine, rule, name);
    }
}

/* ---- who vouches for what was hit -------------------------------------------------------- */

static uint32_t
segment_of_entry(const struct sim_machine *machine, const struct sim_entry *entry)
{
    const struct sim_names *names = &machine->disk.visible;

    if (entry->inode == NULL)
        return (uint32_t)entry->serial;
    for (size_t i = 0; i < names->count; i++) {
        if (names->at[i].inode == entry->inode)
            return segment_of(names->at[i].name);
    }
    return 0;
}

static void
find_witnesses(struct sim_machine *machine)
{
    const struct sim_names *names = &machine->disk.visible;
    uint64_t witness = 0;

    for (size_t i = 0; i < names->count; i++) {
        uint64_t said = names->at[i].inode->class != SIM_FILE_WAL
                            ? 0
                            : sim_locate_witness(bytes_of(names->at[i].inode));
        if (said > witness)
            witness = said;
    }
    for (size_t i = 0; i < machine->book.count; i++) {
        struct sim_entry *entry = &machine->book.at[i];
        if (entry->batch == machine->book.batch)
            entry->is_witnessed =
                ((uint64_t)segment_of_entry(machine, entry) << 32 | entry->from) < witness;
    }
}

unsigned
sim_media_strike(struct sim_machine *machine)
{
    unsigned count = 0;

    for (unsigned i = 0; i < machine->faults.rule_count; i++) {
        struct sim_rule *rule = &machine->faults.rules[i];
        bool is_at_rest = rule->fault == SIM_BIT_FLIP || rule->fault == SIM_ZERO_SECTOR ||
                          rule->fault == SIM_FILE_LOSS;
        if (!is_at_rest || !sim_faults_at_crash(machine, rule) || !strike(machine, rule))
            continue;
        sim_faults_fired(machine, rule);
        count++;
    }
    if (count > 0) {
        machine->book.batch++;
        find_witnesses(machine);
    }
    return count;
}
