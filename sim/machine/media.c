/*
 * media.c - faults at rest: what a medium, or a person, does to files that nobody has open.
 *
 * Cache and disk change alike: by the time damage is met, the cache is a new one. Whatever was
 * pending about the file has reached the disk before. Each damaged range goes into the ledger.
 * What all of it came to for the log is judged at once (media_vouch.c), because a recovery will
 * write new witnesses.
 */
#include "sim/machine/media.h"
#include "base/span.h"
#include "format/wal_format.h"
#include "sim/machine/locate.h"

bool
sim_media_is_meant(const struct sim_rule *rule, const struct sim_name *name)
{
    const struct sim_inode *inode = name->inode;
    bool is_snapshot = rule->file == SIM_FILE_SNAPSHOT;

    if (inode->mem.size == 0 || sim_is_temporary(name->name) ||
        name->folder != (is_snapshot ? SIM_FOLDER_ROOT : SIM_FOLDER_MAIN))
        return false; /* it has nothing to lose, or nobody would miss it */
    return rule->file == SIM_FILE_ANY ? inode->class != SIM_FILE_LOCK
                                      : inode->class == rule->file;
}

/* A file that the rule may strike, drawn; NULL: there is none. */
static const struct sim_name *
choose_file(struct sim_machine *machine, const struct sim_rule *rule)
{
    const struct sim_names *names = &machine->disk.visible;
    const struct sim_name *chosen = NULL;
    uint64_t seen = 0;

    for (int pass = 0; pass < 2; pass++) {
        uint64_t index =
            pass == 0 ? UINT64_MAX : sim_draw(machine->tape, "media.file", rule->entity, seen);
        seen = 0;
        for (size_t i = 0; i < names->count; i++) {
            if (sim_media_is_meant(rule, &names->at[i]) && seen++ == index)
                chosen = &names->at[i];
        }
        if (seen == 0)
            return NULL;
    }
    return chosen;
}

void
sim_media_settle(struct sim_machine *machine, struct sim_inode *inode)
{
    sim_disk_sync_names(&machine->disk, SIM_FOLDER_ANY, machine->disk.order);
    sim_inode_sync(&machine->disk, inode, machine->disk.order);
    sim_inode_evict(inode);
}

struct sim_entry *
sim_media_enter(struct sim_machine *machine, enum sim_damage damage,
                const struct sim_inode *inode, uint64_t from, uint64_t to)
{
    struct sim_entry *entry = sim_book_add(&machine->book, damage, inode, from, to);
    machine->faults.file = inode->class;
    return entry;
}

/* ---- the faults -------------------------------------------------------------------------- */

static bool
flip_bits(struct sim_machine *machine, const struct sim_rule *rule, const struct sim_name *name)
{
    struct sim_inode *inode = name->inode;
    uint64_t bits = rule->bits == 0 ? 1 : rule->bits;
    struct sim_extent range;

    if (!sim_locate(&range, sim_media_bytes(inode), inode->class, rule->field, machine->tape,
                    rule->entity))
        return false;
    sim_media_settle(machine, inode);
    machine->faults.field = range.field;
    for (uint64_t i = 0; i < bits; i++) {
        uint64_t bit =
            sim_draw(machine->tape, "bit_flip.bit", rule->entity, (range.to - range.from) * 8);
        uint64_t off = range.from + bit / 8;
        uint8_t byte = inode->mem.at[off] ^ (uint8_t)(1u << bit % 8);
        sim_inode_damage(inode, off, hf_span(&byte, 1));
        sim_media_enter(machine, SIM_DAMAGE_BYTES, inode, off, off + 1)->is_plain = true;
        sim_note(machine, "  ! bit %u of byte %llu of %s", (unsigned)(bit % 8),
                 (unsigned long long)off, name->name);
    }
    return true;
}

/* Of the sectors that are not zero already; aimed, those that the field begins in. */
bool
sim_media_choose_sector(struct sim_machine *machine, const struct sim_rule *rule,
                        const struct sim_inode *inode, uint64_t *sector)
{
    static const uint8_t zeros[SIM_SECTOR];
    uint64_t count = (inode->mem.size + SIM_SECTOR - 1) / SIM_SECTOR;
    uint64_t first = sim_draw(machine->tape, "zero_sector.first", rule->entity, count);
    struct sim_extent range;

    if (rule->field[0] != '\0' && sim_locate(&range, sim_media_bytes(inode), inode->class,
                                             rule->field, machine->tape, rule->entity))
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

    if (!sim_media_choose_sector(machine, rule, name->inode, &sector))
        return false;
    sim_media_settle(machine, name->inode);
    from = sector * SIM_SECTOR;
    sim_inode_damage(name->inode, from, hf_span(zeros, SIM_SECTOR));
    sim_media_enter(machine, SIM_DAMAGE_BYTES, name->inode, from, from + SIM_SECTOR)->is_plain =
        true;
    sim_note(machine, "  ! sector at %llu of %s is zero now", (unsigned long long)from,
             name->name);
    return true;
}

/* A structure at whose end a cut is hard to see. */
static const char *last_kept(enum sim_file_class class)
{
    switch (class) {
    case SIM_FILE_TABLE:
        return "block";
    case SIM_FILE_SNAPSHOT:
        return "part";
    case SIM_FILE_MANIFEST:
        return "first";
    default:
        return "frame";
    }
}

/* Where a file is cut: at the end of a structure of the format, or anywhere. */
static uint64_t
choose_cut(struct sim_machine *machine, const struct sim_rule *rule,
           const struct sim_inode *inode)
{
    struct sim_extent range;

    if (sim_draw(machine->tape, "file_loss.anywhere", rule->entity, 2) == 0 &&
        sim_locate(&range, sim_media_bytes(inode), inode->class, last_kept(inode->class),
                   machine->tape, rule->entity))
        return range.to;
    return sim_draw(machine->tape, "file_loss.cut", rule->entity, inode->mem.size);
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
              (enum sim_flavour)sim_draw(machine->tape, "file_loss.how", rule->entity, 3);
    if (how == SIM_GONE) {
        memcpy(lost, name->name, sizeof lost);
        sim_media_enter(machine, SIM_DAMAGE_MISSING, inode, 0, inode->mem.size)->inode = NULL;
        sim_disk_lose(&machine->disk, name->folder, lost);
        sim_note(machine, "  ! %s is gone", lost);
        return true;
    }
    size = how == SIM_EMPTY ? 0 : choose_cut(machine, rule, inode);
    sim_media_settle(machine, inode);
    sim_media_enter(machine, SIM_DAMAGE_MISSING, inode, size, inode->mem.size)->is_plain =
        inode->class == SIM_FILE_MANIFEST;
    sim_inode_cut_short(&machine->disk, inode, size);
    sim_note(machine, "  ! %s has %llu bytes now", name->name, (unsigned long long)size);
    return true;
}

/* Of the files that look like `name` from outside, or else of all of its class, the `index`th;
 * *count: how many there are. */
static const struct sim_name *
find_twin(const struct sim_names *names, const struct sim_name *name, bool alike,
          uint64_t index, uint64_t *count)
{
    const struct sim_name *found = NULL;

    *count = 0;
    for (size_t i = 0; i < names->count; i++) {
        const struct sim_name *other = &names->at[i];
        if (other == name || other->folder != name->folder ||
            other->inode->class != name->inode->class || sim_is_temporary(other->name) ||
            (alike && other->inode->mem.size != name->inode->mem.size))
            continue;
        if ((*count)++ == index)
            found = other;
    }
    return found;
}

/* From `name` on, in a circle, the first file that the rule may strike and that has a twin. */
static const struct sim_name *
find_with_twin(const struct sim_names *names, const struct sim_rule *rule,
               const struct sim_name *name)
{
    size_t start = (size_t)(name - names->at);
    uint64_t count;

    for (size_t i = 0; i < names->count; i++) {
        const struct sim_name *at = &names->at[(start + i) % names->count];
        if (sim_media_is_meant(rule, at) && find_twin(names, at, true, 0, &count) != NULL)
            return at;
    }
    return NULL;
}

static bool
swap_files(struct sim_machine *machine, const struct sim_rule *rule,
           const struct sim_name *name)
{
    const struct sim_names *names = &machine->disk.visible;
    const struct sim_name *alike = find_with_twin(names, rule, name), *other;
    uint64_t count;

    if (alike != NULL)
        name = alike;
    if (find_twin(names, name, alike != NULL, 0, &count) == NULL)
        return false;
    other = find_twin(names, name, alike != NULL,
                      sim_draw(machine->tape, "file_swap.other", rule->entity, count), &count);
    sim_media_settle(machine, name->inode);
    sim_media_settle(machine, other->inode);
    sim_media_enter(machine, SIM_DAMAGE_MISSING, name->inode, 0, name->inode->mem.size);
    sim_media_enter(machine, SIM_DAMAGE_MISSING, other->inode, 0, other->inode->mem.size);
    sim_disk_swap(&machine->disk, name->folder, name->name, other->name);
    sim_note(machine, "  ! %s and %s have changed places", name->name, other->name);
    return true;
}

static bool
strike(struct sim_machine *machine, const struct sim_rule *rule)
{
    const struct sim_name *name;

    if (rule->fault == SIM_STALE_FILE)
        return sim_media_go_back(machine, rule);
    name = choose_file(machine, rule);
    if (name == NULL)
        return false;
    switch (rule->fault) {
    case SIM_FILE_SWAP:
        return swap_files(machine, rule, name);
    case SIM_BIT_FLIP:
        return flip_bits(machine, rule, name);
    case SIM_ZERO_SECTOR:
        return zero_sector(machine, rule, name);
    case SIM_LOST_WRITE:
        return sim_media_lose_write(machine, rule, name);
    case SIM_MISDIRECTED_WRITE:
        return sim_media_misdirect(machine, rule, name);
    case SIM_EXTRA_BYTES:
        return sim_media_append(machine, rule, name);
    case SIM_NEWER_FORMAT:
        return sim_media_make_newer(machine, name);
    default:
        return lose_file(machine, rule, name);
    }
}

unsigned
sim_media_strike(struct sim_machine *machine)
{
    unsigned count = 0;

    sim_media_shelve(machine);
    for (unsigned i = 0; i < machine->faults.rule_count; i++) {
        struct sim_rule *rule = &machine->faults.rules[i];
        if (!sim_is_at_rest(rule->fault) || !sim_faults_at_crash(machine, rule))
            continue;
        sim_media_remember_log(machine);
        if (!strike(machine, rule))
            continue;
        sim_faults_fired(machine, rule);
        count++;
    }
    if (count > 0)
        sim_media_vouch(machine);
    return count;
}
