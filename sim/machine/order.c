/*
 * order.c - rules about the order of calls that need no crash to be seen broken.
 *
 * A log file *holds data* if a byte that is not zero stands behind its first sector: header and
 * prepared zeros are none. A file is *settled* if its name is durable and no other is pending.
 * The *newest durable manifest* is the one of the highest number with a durable name; one whose
 * name is pending under a higher number *may become* the newest.
 *
 *   rename    a file that holds data has nothing pending under its old name: else the new name
 *             may become durable before what it names. A manifest gets its name only when each
 *             table that it names is settled, with all its bytes durable, and the log has
 *             durably begun where it says that the log goes on. A log file that has begun gets
 *             its name only when its links lead over settled files to where the newest durable
 *             manifest takes over: else a power cut may keep the name and lose what it goes on
 *             from
 *   write     data goes into a log file only when its name is durable and its first sector is:
 *             else a sync of the file alone would make commits durable that nobody finds
 *   remove    a log file goes only when a newer one is durable, and the links from the newest
 *             down to where the newest durable manifest takes over do not lead through it; a
 *             table when no manifest names it that is the newest durable one, or may become it;
 *             a manifest when a newer one is durable. Else a power cut may keep the removal and
 *             lose what made it right
 *
 * In a folder that is durably marked to be no database before it has a manifest, the manifest
 * may go, and then anything.
 *
 * The first breach is kept. The rules know no engine's calls; what a manifest or a link says is
 * read with the engine's codecs.
 */
#include "base/span.h"
#include "format/manifest_format.h"
#include "sim/machine/locate.h"
#include "sim/machine/machine_state.h"
#include "store/backup/fresh.h"
#include "store/file_name.h"

static bool
holds_data(const struct sim_image *image)
{
    return image->size > SIM_SECTOR &&
           !hf_span_is_zero(hf_span(image->at + SIM_SECTOR, image->size - SIM_SECTOR));
}

static void
breach(struct sim_machine *machine, const char *what)
{
    if (machine->config.device == SIM_LIAR)
        return; /* what is durable there is not what the engine was told */
    if (machine->order_breach == NULL)
        machine->order_breach = what;
    sim_note(machine, "  ! %s", what);
}

/* The number in "wal-0000000007" and its like. */
static uint32_t
number_of(const char *name)
{
    const char *at = strchr(name, '-');
    uint32_t number = 0;

    for (; at != NULL && at[1] >= '0' && at[1] <= '9'; at++)
        number = number * 10 + (uint32_t)(at[1] - '0');
    return number;
}

/* ---- the log ----------------------------------------------------------------------------- */

static bool
has_durably_begun(const struct sim_disk *disk, unsigned folder, const struct sim_inode *inode)
{
    return sim_disk_is_settled(disk, folder, inode) && holds_data(&inode->disk);
}

/* Where the log goes on in segment `first`, or, that one being swallowed by a recovery, in a
 * later one. */
static bool
goes_on_at(const struct sim_disk *disk, unsigned folder, uint32_t first)
{
    bool any = false;

    for (size_t i = 0; i < disk->visible.count; i++) {
        const struct sim_name *name = &disk->visible.at[i];
        if (name->folder != folder || name->inode->class != SIM_FILE_WAL)
            continue;
        uint32_t number = number_of(name->name);
        if (number < first)
            continue;
        if (number == first)
            return has_durably_begun(disk, folder, name->inode);
        any = any || has_durably_begun(disk, folder, name->inode);
    }
    return any;
}

/* The link that stands on the disk at the beginning of a segment. */
static bool
read_link(const struct sim_inode *inode, struct hf_wal_link *link)
{
    return sim_locate_link(hf_span(inode->disk.at, inode->disk.size), link);
}

/* The newest segment that has durably begun; 0: none. */
static uint32_t
newest_segment(const struct sim_disk *disk, unsigned folder, const struct sim_inode **out)
{
    uint32_t newest = 0;

    for (size_t i = 0; i < disk->visible.count; i++) {
        const struct sim_name *name = &disk->visible.at[i];
        if (name->folder != folder || name->inode->class != SIM_FILE_WAL)
            continue;
        uint32_t number = number_of(name->name);
        if (number <= newest || !has_durably_begun(disk, folder, name->inode))
            continue;
        newest = number;
        *out = name->inode;
    }
    return newest;
}

/* ---- manifests --------------------------------------------------------------------------- */

/* The same one is asked for again and again: what it said is kept until it changes. */
static bool
read_manifest(struct sim_machine *machine, const struct sim_inode *inode,
              struct hf_manifest *manifest)
{
    struct sim_manifest_read *last = &machine->manifest_read;
    struct hf_manifest_copies copies;

    if (last->inode != inode || last->serial != inode->serial ||
        last->changed != inode->changed || inode->changed == 0) {
        last->inode = inode;
        last->serial = inode->serial;
        last->changed = inode->changed;
        last->is_good =
            hf_manifest_decode(&last->manifest, &copies,
                               hf_span(inode->mem.at, inode->mem.size)) == HF_MANIFEST_GOOD;
    }
    *manifest = last->manifest;
    return last->is_good;
}

static bool
is_manifest(const char *name)
{
    return name[0] == 'm' && sim_class_of(name) == SIM_FILE_MANIFEST && !sim_is_temporary(name);
}

/* The newest of these names; 0: there is none. */
static uint32_t
newest_manifest(const struct sim_names *names, unsigned folder, const struct sim_inode **out)
{
    uint32_t newest = 0;

    for (size_t i = 0; i < names->count; i++) {
        const struct sim_name *name = &names->at[i];
        if (name->folder != folder || !is_manifest(name->name))
            continue;
        uint32_t number = number_of(name->name);
        if (number <= newest)
            continue;
        newest = number;
        *out = name->inode;
    }
    return newest;
}

/* The newest manifest of a durable name; false: that one cannot be read, so nobody can tell. */
static bool
durable_manifest(struct sim_machine *machine, unsigned folder, struct hf_manifest *manifest)
{
    const struct sim_inode *newest = NULL;

    *manifest = (struct hf_manifest){ .number = 0 };
    return newest_manifest(&machine->disk.durable, folder, &newest) == 0 ||
           read_manifest(machine, newest, manifest);
}

static bool
names_table(struct sim_machine *machine, const struct sim_inode *inode, uint32_t number)
{
    struct hf_manifest manifest;
    struct hf_table_info table;

    if (!read_manifest(machine, inode, &manifest))
        return false;
    while (hf_manifest_next(&manifest, &table) == HF_MANIFEST_GOOD) {
        if (table.number == number)
            return true;
    }
    return false;
}

bool
sim_order_is_newest(const struct sim_machine *machine, unsigned folder, const char *manifest)
{
    const struct sim_inode *inode = NULL;

    return newest_manifest(&machine->disk.visible, folder, &inode) == number_of(manifest);
}

bool
sim_order_is_current(struct sim_machine *machine, unsigned folder, const char *table)
{
    const struct sim_inode *inode = NULL;

    return newest_manifest(&machine->disk.visible, folder, &inode) != 0 &&
           names_table(machine, inode, number_of(table));
}

/* Whether a manifest that is, or may become, the newest durable one names the table. */
static bool
is_table_needed(struct sim_machine *machine, unsigned folder, uint32_t number)
{
    const struct sim_disk *disk = &machine->disk;
    const struct sim_inode *inode = NULL;
    uint32_t newest = newest_manifest(&disk->durable, folder, &inode);

    if (newest != 0 && names_table(machine, inode, number))
        return true;
    for (size_t i = 0; i < disk->name_op_count; i++) {
        const struct sim_name_op *op = &disk->name_ops[i];
        if (op->folder == folder && op->kind == SIM_NAME_RENAME && is_manifest(op->to) &&
            number_of(op->to) > newest && names_table(machine, op->inode, number))
            return true;
    }
    return false;
}

/* Whether the links lead from the newest segment to `inode`, before the tables take over. */
static bool
is_segment_needed(struct sim_machine *machine, unsigned folder, const struct sim_inode *inode)
{
    const struct sim_disk *disk = &machine->disk;
    const struct sim_inode *at = NULL;
    uint32_t number = newest_segment(disk, folder, &at);
    struct hf_manifest manifest;
    struct hf_wal_link link;
    char name[HF_NAME_SIZE_MAX];

    if (!durable_manifest(machine, folder, &manifest))
        return false;
    if (number == 0)
        return true;
    while (at != NULL && at != inode && read_link(at, &link)) {
        if (link.prev == 0 || link.prev >= number ||
            (manifest.number != 0 && link.last <= manifest.last))
            return false;
        number = link.prev;
        hf_file_name(name, "wal-", number, "");
        at = sim_disk_find(disk, folder, name);
    }
    return at == inode;
}

/* Whether a power cut may keep the log file in `inode` under a new name, and lose a name that
 * it goes on from. */
static bool
goes_on_from_nothing(struct sim_machine *machine, unsigned folder,
                     const struct sim_inode *inode)
{
    const struct sim_disk *disk = &machine->disk;
    struct hf_manifest manifest;
    struct hf_wal_link link;
    char name[HF_NAME_SIZE_MAX];

    if (!durable_manifest(machine, folder, &manifest))
        return false;
    while (inode != NULL && read_link(inode, &link)) {
        if (link.last == manifest.last)
            return false;
        hf_file_name(name, "wal-", link.prev, "");
        inode = link.prev == 0 ? NULL : sim_disk_find(disk, folder, name);
        if (inode != NULL && !sim_disk_is_settled(disk, folder, inode))
            return true;
    }
    return inode == NULL; /* or what stands there is damaged */
}

/* What keeps the manifest in `inode` from getting its name; NULL: nothing. */
static const char *
judge_manifest(struct sim_machine *machine, unsigned folder, const struct sim_inode *inode)
{
    const struct sim_disk *disk = &machine->disk;
    struct hf_manifest manifest;
    struct hf_table_info info;
    char name[HF_NAME_SIZE_MAX];

    if (!read_manifest(machine, inode, &manifest))
        return "a manifest was named that cannot be read";
    if (!goes_on_at(disk, folder, manifest.log_first))
        return "a manifest was named before the log behind it had durably begun";
    while (hf_manifest_next(&manifest, &info) == HF_MANIFEST_GOOD) {
        hf_file_name(name, "table-", info.number, "");
        const struct sim_inode *table = sim_disk_find(disk, folder, name);
        if (table == NULL)
            return "a manifest was named, and a table that it names is missing";
        if (!sim_disk_is_settled(disk, folder, table))
            return "a manifest was named before a table's name was durable";
        if (table->op_count > 0 || table->lossy || table->disk.size != info.size)
            return "a manifest was named before a table's bytes were durable";
    }
    return NULL;
}

/* The folder durably says to be no database before it has a manifest. */
static bool
is_marked(const struct sim_disk *disk, unsigned folder)
{
    return sim_names_inode(&disk->durable, folder, HF_FRESH_MARK) != NULL;
}

/* A folder that durably says to be no database yet, and that nothing pending makes one. */
static bool
is_in_the_making(const struct sim_disk *disk, unsigned folder)
{
    const struct sim_inode *manifest;

    if (!is_marked(disk, folder))
        return false;
    for (size_t i = 0; i < disk->name_op_count; i++) {
        const struct sim_name_op *op = &disk->name_ops[i];
        if (op->folder == folder && (is_manifest(op->name) || is_manifest(op->to)))
            return false;
    }
    return newest_manifest(&disk->durable, folder, &manifest) == 0;
}

/* ---- the calls --------------------------------------------------------------------------- */

void
sim_order_rename(struct sim_machine *machine, unsigned folder, const struct sim_inode *inode,
                 const char *to)
{
    bool is_whole = inode->class == SIM_FILE_TABLE || inode->class == SIM_FILE_MANIFEST;

    if ((is_whole || holds_data(&inode->mem)) && inode->op_count > 0)
        breach(machine, "a file was renamed before its bytes and size were synced");
    if (sim_class_of(to) == SIM_FILE_WAL && holds_data(&inode->disk) &&
        !is_in_the_making(&machine->disk, folder) &&
        goes_on_from_nothing(machine, folder, inode))
        breach(machine, "a log file was named before what it goes on from was durable");
    if (is_manifest(to)) {
        const char *wrong = judge_manifest(machine, folder, inode);
        if (wrong != NULL)
            breach(machine, wrong);
    }
}

void
sim_order_write(struct sim_machine *machine, unsigned folder, const struct sim_inode *inode,
                uint64_t off, struct hf_span from)
{
    uint64_t skip = off < SIM_SECTOR ? SIM_SECTOR - off : 0;

    if (inode->class != SIM_FILE_WAL || skip >= from.len ||
        hf_span_is_zero(hf_span((const uint8_t *)from.at + skip, from.len - skip)))
        return;
    if (!sim_disk_is_settled(&machine->disk, folder, inode))
        breach(machine, "data was written to a log file whose name was not durable");
    else if (sim_inode_is_pending(inode, 0, SIM_SECTOR))
        breach(machine, "data was written to a log file whose header was not durable");
}

void
sim_order_remove(struct sim_machine *machine, unsigned folder, const char *name)
{
    const struct sim_disk *disk = &machine->disk;
    const struct sim_inode *inode = sim_disk_find(disk, folder, name), *newest = NULL;

    if (inode == NULL || sim_is_temporary(name) || is_in_the_making(disk, folder))
        return;
    switch (inode->class) {
    case SIM_FILE_WAL:
        if (holds_data(&inode->mem) && is_segment_needed(machine, folder, inode))
            breach(machine, "a log file was removed that recovery may still need");
        break;
    case SIM_FILE_TABLE:
        if (is_table_needed(machine, folder, number_of(name)))
            breach(machine, "a table was removed that a manifest names");
        break;
    case SIM_FILE_MANIFEST:
        if (newest_manifest(&disk->durable, folder, &newest) <= number_of(name) &&
            newest != NULL && !is_marked(disk, folder))
            breach(machine, "a manifest was removed before a newer one was durable");
        break;
    default:
        break;
    }
}
