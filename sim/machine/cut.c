/*
 * cut.c - what a power cut leaves.
 *
 * Under posix_worst every part of what was pending is drawn apart from every other:
 *
 *   data     by unit of the device: the newest version, the durable one, any one in between, or
 *            a unit torn by the cut: its first bytes new, its last bytes new, or garbage all
 *            over, the bytes that were durable before included
 *   size     any of the values it went through, apart from the data; a size that got ahead of
 *            its data shows zeros or remains (garbage.h), data beyond the size is gone
 *   names    any subset of the operations, applied in order
 *
 * A file's cut is planned as a whole first, so that the outcomes that protocols trip over are
 * common: all kept, nothing kept, a clean prefix with its last write torn, a lost beginning
 * with everything behind it, and then any mixture. Under sequential, a prefix of all pending
 * operations in their order survives, whole.
 *
 * A file system is posix_worst with some outcomes taken away, by the table `admits`: its plan
 * is drawn in the same way, and what it does not admit is put right before it is carried out.
 */
#include "sim/machine/cut.h"

#include "base/assert.h"
#include "base/span.h"
#include "sim/grow.h"

#include <stdlib.h>
#include <string.h>

enum tear { TEAR_NONE, TEAR_FIRST, TEAR_LAST, TEAR_GARBAGE };

/* One unit of a file, in the making. */
struct unit {
    uint32_t count; /* versions pending */
    uint32_t keep;  /* versions that survive */
    uint32_t seen;  /* versions that the applying pass has met */
    uint32_t at;    /* FIRST, LAST: where in the unit the one after `keep` is torn */
    enum tear tear;
    /* in plan_each: from where to where some version differs from what is durable */
    uint32_t changed_from, changed_to;
};

/* What a unit that is new to its file may show where its data is lost. */
enum fresh {
    FRESH_REMAINS, /* zeros, or what some other file had there */
    FRESH_ZEROS,   /* zeros */
    FRESH_NEVER    /* such a size does not survive without its data */
};

/*
 * Sources: Linux, Documentation/filesystems/ext4.rst (data=ordered, writeback) and
 * xfs-delayed-logging-design.rst; Pillai et al., "All File Systems Are Not Created Equal",
 * OSDI 2014. A rename to a new name is ordered behind its data by none of them, and that a sync
 * of a file makes names before it durable, as some do, is not relied on. Where a journal or a
 * tree of generations orders the names, its numbers tell what comes late, and it is dropped.
 */
static const struct admits {
    bool orders_names; /* a prefix of the name operations survives, no other subset */
    bool late_names;   /* a name that a cut lost may still come */
    bool tears;        /* units may be torn: they are written in place */
    enum fresh fresh;
    uint32_t unit_min; /* data is replaced by no less */
} admits[SIM_PERSONALITY_COUNT] = {
    [SIM_POSIX_WORST] = { false, true, true, FRESH_REMAINS, SIM_SECTOR },
    [SIM_SEQUENTIAL] = { true, false, true, FRESH_REMAINS, SIM_SECTOR },
    [SIM_EXT4_ORDERED] = { true, false, true, FRESH_NEVER, SIM_SECTOR },
    [SIM_EXT4_WRITEBACK] = { true, false, true, FRESH_REMAINS, SIM_SECTOR },
    [SIM_XFS] = { true, false, true, FRESH_ZEROS, SIM_SECTOR },
    [SIM_BTRFS] = { false, false, false, FRESH_NEVER, 4096 },
};

bool
sim_cut_admits_late_names(enum sim_personality personality)
{
    return admits[personality].late_names;
}

bool
sim_cut_grows_with_data(enum sim_personality personality)
{
    return admits[personality].fresh != FRESH_REMAINS;
}

enum plan { PLAN_ALL, PLAN_NONE, PLAN_PREFIX, PLAN_LATTER, PLAN_UNITS };

/* All that the steps below share. */
struct work {
    struct sim_disk *disk;
    struct sim_tape *tape;
    const struct sim_cut *cut;
    const struct admits *admits;
    bool tears;     /* it admits them, and the device does */
    uint32_t unit;  /* bytes */
    bool is_free;   /* neither everything nor nothing survives */
    bool keeps_all; /* if not free */
    uint64_t order; /* sequential: the last operation that survives */
    struct sim_inode *torn_inode;
    size_t torn_op;
    struct unit *units;
    size_t unit_capacity;
    size_t unit_count;
    size_t sizes_kept; /* of the inode at hand: so many SIZE operations survive */
    uint64_t names_to; /* where names are ordered: the last operation that survives */
};

static uint64_t
entity_of(const struct sim_inode *inode, uint64_t unit)
{
    return (uint64_t)inode->tag << 32 | unit;
}

static uint64_t
first_unit(const struct work *work, const struct sim_op *op)
{
    return op->off / work->unit;
}

static uint64_t
limit_unit(const struct work *work, const struct sim_op *op)
{
    return (op->off + op->len + work->unit - 1) / work->unit;
}

/* ---- how many versions of each unit survive ---------------------------------------------- */

static void
count_versions(struct work *work, const struct sim_inode *inode)
{
    work->unit_count = 0;
    for (size_t i = 0; i < inode->op_count; i++) {
        const struct sim_op *op = &inode->ops[i];
        if (op->kind == SIM_OP_DATA && limit_unit(work, op) > work->unit_count)
            work->unit_count = limit_unit(work, op);
    }
    sim_grow(&work->units, &work->unit_capacity, work->unit_count, sizeof *work->units);
    if (work->unit_count > 0)
        memset(work->units, 0, work->unit_count * sizeof *work->units);
    for (size_t i = 0; i < inode->op_count; i++) {
        const struct sim_op *op = &inode->ops[i];
        if (op->kind != SIM_OP_DATA)
            continue;
        for (uint64_t u = first_unit(work, op); u < limit_unit(work, op); u++)
            work->units[u].count++;
    }
}

/* A place inside a unit where a write that covers [from, limit) of it may be torn. */
static uint32_t
place_in_unit(struct work *work, const struct sim_inode *inode, uint64_t u)
{
    return 1 +
           (uint32_t)sim_draw(work->tape, "cut.tear_at", entity_of(inode, u), work->unit - 1);
}

static void
tear_unit(struct work *work, const struct sim_inode *inode, uint64_t u, enum tear tear)
{
    work->units[u].tear = tear;
    if (tear == TEAR_FIRST || tear == TEAR_LAST)
        work->units[u].at = place_in_unit(work, inode, u);
}

/* The unit is newest with chance survive/survive_of, else an older version or a torn one. */
static void
draw_unit(struct work *work, const struct sim_inode *inode, uint64_t u, uint64_t survive,
          uint64_t survive_of)
{
    struct unit *unit = &work->units[u];
    uint64_t entity = entity_of(inode, u);
    uint64_t choice;

    unit->keep = unit->count;
    if (unit->count == 0 || sim_draw(work->tape, "cut.unit", entity, survive_of) < survive)
        return;
    choice = sim_draw(work->tape, "cut.version", entity, (uint64_t)unit->count + 3);
    if (choice < unit->count) {
        unit->keep = (uint32_t)choice;
        return;
    }
    unit->keep = unit->count - 1;
    tear_unit(work, inode, u, (enum tear)(TEAR_FIRST + (choice - unit->count)));
}

static void
draw_units(struct work *work, const struct sim_inode *inode)
{
    uint64_t survive = work->cut->survive;
    uint64_t survive_of = work->cut->survive_of;

    if (survive_of == 0) {
        survive_of = 8;
        survive = 7 - sim_draw(work->tape, "cut.share", inode->tag, 7);
    }
    for (uint64_t u = 0; u < work->unit_count; u++)
        draw_unit(work, inode, u, survive, survive_of);
}

/* Everything before a drawn unit is lost, everything from there on is there. */
static void
keep_latter(struct work *work, const struct sim_inode *inode)
{
    uint64_t from = sim_draw(work->tape, "cut.latter", inode->tag, work->unit_count + 1);

    for (uint64_t u = from; u < work->unit_count; u++)
        work->units[u].keep = work->units[u].count;
}

static void
keep_ops(struct work *work, const struct sim_inode *inode, size_t op_limit)
{
    for (size_t i = 0; i < op_limit; i++) {
        const struct sim_op *op = &inode->ops[i];
        if (op->kind != SIM_OP_DATA)
            continue;
        for (uint64_t u = first_unit(work, op); u < limit_unit(work, op); u++)
            work->units[u].keep++;
    }
}

/* ---- one torn write: all before it in its file survive, it does in part ------------------ */

/* Its first bytes survive, up to any byte. */
static void
tear_prefix(struct work *work, const struct sim_inode *inode, const struct sim_op *op)
{
    uint64_t end = op->off + sim_draw(work->tape, "cut.prefix", inode->tag, op->len);
    uint64_t u = first_unit(work, op);

    for (; (u + 1) * work->unit <= end; u++)
        work->units[u].keep++;
    work->units[u].tear = TEAR_FIRST;
    work->units[u].at = (uint32_t)(end - u * work->unit);
}

/* Its first unit is lost while others survive. */
static void
tear_hole(struct work *work, const struct sim_inode *inode, const struct sim_op *op)
{
    uint64_t first = first_unit(work, op), limit = limit_unit(work, op);

    if (limit - first == 1) {
        tear_unit(work, inode, first, TEAR_LAST);
        return;
    }
    for (uint64_t u = first + 1; u + 1 < limit; u++)
        work->units[u].keep += sim_draw(work->tape, "cut.hole", entity_of(inode, u), 2) == 0;
    work->units[limit - 1].keep++;
}

/* All of it survives but one unit, and that is torn inside. */
static void
tear_subsector(struct work *work, const struct sim_inode *inode, const struct sim_op *op)
{
    uint64_t first = first_unit(work, op), limit = limit_unit(work, op);
    uint64_t torn =
        limit - 1 - sim_draw(work->tape, "cut.subsector", inode->tag, limit - first);

    for (uint64_t u = first; u < limit; u++)
        work->units[u].keep += u != torn;
    tear_unit(work, inode, torn,
              (enum tear)(TEAR_FIRST + sim_draw(work->tape, "cut.damage", inode->tag, 3)));
}

static void
tear_op(struct work *work, const struct sim_inode *inode, size_t index, enum sim_flavour how)
{
    const struct sim_op *op = &inode->ops[index];

    keep_ops(work, inode, index);
    if (op->kind != SIM_OP_DATA)
        return;
    if (how == SIM_FLAVOUR_ANY)
        how =
            SIM_PREFIX + (enum sim_flavour)sim_draw(work->tape, "cut.tear_how", inode->tag, 3);
    if (how == SIM_PREFIX)
        tear_prefix(work, inode, op);
    else if (how == SIM_HOLE)
        tear_hole(work, inode, op);
    else
        tear_subsector(work, inode, op);
}

/* ---- sizes ------------------------------------------------------------------------------- */

static size_t
count_sizes(const struct sim_inode *inode, size_t op_limit)
{
    size_t count = 0;

    for (size_t i = 0; i < op_limit; i++)
        count += inode->ops[i].kind == SIM_OP_SIZE;
    return count;
}

/* As many as go with the first `op_limit` operations, or any number of them. */
static void
draw_sizes(struct work *work, const struct sim_inode *inode, size_t op_limit)
{
    size_t all = count_sizes(inode, inode->op_count);

    work->sizes_kept = count_sizes(inode, op_limit);
    if (all > 0 && sim_draw(work->tape, "cut.size", inode->tag, 4) == 3)
        work->sizes_kept = all - sim_draw(work->tape, "cut.size_version", inode->tag, all + 1);
}

/* ---- the plan of one file ---------------------------------------------------------------- */

static enum plan
draw_plan(struct work *work, const struct sim_inode *inode)
{
    static const enum plan plans[8] = { PLAN_ALL,    PLAN_NONE,  PLAN_PREFIX, PLAN_PREFIX,
                                        PLAN_LATTER, PLAN_UNITS, PLAN_UNITS,  PLAN_UNITS };
    const struct sim_rule *names = work->cut->names;

    if (!work->is_free)
        return work->keeps_all ? PLAN_ALL : PLAN_NONE;
    if (names != NULL && names->flavour == SIM_KEEP &&
        (names->file == SIM_FILE_ANY || names->file == inode->class))
        return PLAN_NONE;
    if (work->cut->survive_of != 0)
        return PLAN_UNITS;
    return plans[sim_draw(work->tape, "cut.plan", inode->tag, 8)];
}

static void
plan_sequential(struct work *work, const struct sim_inode *inode)
{
    size_t limit = 0;

    while (limit < inode->op_count && inode->ops[limit].order <= work->order)
        limit++;
    keep_ops(work, inode, limit);
    work->sizes_kept = count_sizes(inode, limit);
}

/* Whether byte `off` of the file is `byte` on the disk, or would be if the file were longer. */
static bool
is_on_disk(const struct sim_inode *inode, uint64_t off, uint8_t byte)
{
    return off < inode->disk.size ? inode->disk.at[off] == byte : byte == 0;
}

/* Finds what of each unit some pending write changes; zeros change none where there was
 * nothing. */
static void
find_changes(struct work *work, const struct sim_inode *inode)
{
    for (size_t i = 0; i < inode->op_count; i++) {
        const struct sim_op *op = &inode->ops[i];
        const uint8_t *bytes;
        if (op->kind != SIM_OP_DATA)
            continue;
        bytes = sim_inode_op_bytes(inode, op);
        for (uint64_t at = 0; at < op->len; at++) {
            uint32_t place = (uint32_t)((op->off + at) % work->unit);
            struct unit *unit = &work->units[(op->off + at) / work->unit];
            if (is_on_disk(inode, op->off + at, bytes[at]))
                continue;
            if (unit->changed_to == 0 || place < unit->changed_from)
                unit->changed_from = place;
            if (place >= unit->changed_to)
                unit->changed_to = place + 1;
        }
    }
}

/*
 * One draw for each unit and one for the size, of which every value is another outcome: of a
 * unit the newest version, an older one, or a torn one. So all outcomes can be counted. A unit
 * that no version changes has one outcome, and so has the lock file, whose bytes and name say
 * nothing that a recovery goes by.
 */
static void
plan_each(struct work *work, const struct sim_inode *inode)
{
    size_t sizes = count_sizes(inode, inode->op_count);

    find_changes(work, inode);
    for (uint64_t u = 0; u < work->unit_count; u++) {
        struct unit *unit = &work->units[u];
        uint64_t choices = (uint64_t)unit->count + 1 + work->tears;
        uint64_t older;
        unit->keep = unit->count;
        if (unit->changed_to == 0 || inode->class == SIM_FILE_LOCK)
            continue;
        older = sim_draw(work->tape, SIM_CUT_EACH_UNIT, entity_of(inode, u), choices);
        unit->keep = unit->count - (uint32_t)(older <= unit->count ? older : 1);
        if (older > unit->count) {
            unit->tear = TEAR_FIRST;
            unit->at = (unit->changed_from + unit->changed_to + 1) / 2;
        }
    }
    work->sizes_kept = sizes;
    if (sizes > 0 && inode->class != SIM_FILE_LOCK)
        work->sizes_kept -= sim_draw(work->tape, SIM_CUT_EACH_SIZE, inode->tag, sizes + 1);
}

static void
plan_inode(struct work *work, const struct sim_inode *inode)
{
    enum plan plan;
    size_t limit = 0;

    if (work->cut->personality == SIM_SEQUENTIAL) {
        plan_sequential(work, inode);
        return;
    }
    if (work->cut->each) {
        plan_each(work, inode);
        return;
    }
    if (inode == work->torn_inode) {
        tear_op(work, inode, work->torn_op, work->cut->torn->flavour);
        draw_sizes(work, inode, work->torn_op + 1);
        return;
    }
    plan = draw_plan(work, inode);
    switch (plan) {
    case PLAN_NONE:
        break;
    case PLAN_ALL:
        limit = inode->op_count;
        keep_ops(work, inode, limit);
        break;
    case PLAN_PREFIX:
        limit =
            inode->op_count - 1 - sim_draw(work->tape, "cut.ops", inode->tag, inode->op_count);
        tear_op(work, inode, limit, SIM_FLAVOUR_ANY);
        limit++;
        break;
    case PLAN_LATTER:
        keep_latter(work, inode);
        limit = inode->op_count;
        break;
    case PLAN_UNITS:
        draw_units(work, inode);
        limit = inode->op_count;
        break;
    }
    if (work->is_free)
        draw_sizes(work, inode, limit);
    else
        work->sizes_kept = count_sizes(inode, limit);
}

/* ---- what the file system does not admit ------------------------------------------------- */

static uint64_t
surviving_size(const struct work *work, const struct sim_inode *inode)
{
    uint64_t size = inode->disk.size;
    size_t sizes = 0;

    for (size_t i = 0; i < inode->op_count && sizes < work->sizes_kept; i++) {
        if (inode->ops[i].kind != SIM_OP_SIZE)
            continue;
        size = inode->ops[i].off;
        sizes++;
    }
    return size;
}

/* A unit that the durable size ends in: what was appended to it is as new as all behind it. */
static void
put_right_last(struct work *work, struct unit *unit, uint64_t size, uint64_t durable)
{
    if (work->admits->fresh != FRESH_NEVER || size <= durable)
        return;
    unit->keep = unit->count;
    unit->tear = TEAR_NONE;
}

static void
put_right(struct work *work, const struct sim_inode *inode)
{
    uint64_t size = surviving_size(work, inode);

    for (uint64_t u = 0; u < work->unit_count; u++) {
        struct unit *unit = &work->units[u];
        uint64_t from = u * work->unit;
        if (!work->tears)
            unit->tear = TEAR_NONE;
        if (from < inode->disk.size && inode->disk.size < from + work->unit)
            put_right_last(work, unit, size, inode->disk.size);
        if (from < inode->disk.size || work->admits->fresh == FRESH_REMAINS)
            continue;
        if (work->admits->fresh == FRESH_NEVER && from < size)
            unit->keep = unit->count;
        else if (unit->keep < unit->count)
            unit->keep = 0;
        unit->tear = TEAR_NONE;
    }
}

/* ---- carrying it out --------------------------------------------------------------------- */

/*
 * Units that were never on the disk and of which nothing survives hold what was there before:
 * zeros in all of them, or something else in each.
 */
static void
fill_fresh(struct work *work, struct sim_inode *inode)
{
    uint32_t size = work->unit;
    uint64_t u = (inode->disk.size + size - 1) / size;
    uint64_t extent = work->unit_count * size;

    if (extent > inode->disk.size)
        sim_image_resize(&inode->disk, extent);
    if (u >= work->unit_count || work->admits->fresh != FRESH_REMAINS || work->cut->each ||
        sim_draw(work->tape, "cut.fresh", inode->tag, 2) == 0)
        return;
    for (; u < work->unit_count; u++) {
        if (work->units[u].count > 0 && work->units[u].keep == 0)
            sim_garbage_fill(&work->disk->garbage, work->tape, entity_of(inode, u),
                             inode->disk.at + u * size, size);
    }
}

/* The part of a write that lies in unit `u`, if it survives. */
static void
apply_piece(struct work *work, struct sim_inode *inode, const struct sim_op *op, uint64_t u)
{
    struct unit *unit = &work->units[u];
    uint64_t start = u * work->unit, limit = start + work->unit;
    uint64_t from = op->off > start ? op->off : start;
    uint64_t to = op->off + op->len < limit ? op->off + op->len : limit;
    bool is_torn = unit->seen == unit->keep;

    if (unit->seen++ > unit->keep || (is_torn && unit->tear == TEAR_NONE))
        return;
    if (is_torn && unit->tear == TEAR_FIRST && to > start + unit->at)
        to = start + unit->at;
    if (is_torn && unit->tear == TEAR_LAST && from < start + unit->at)
        from = start + unit->at;
    if (from < to)
        memcpy(inode->disk.at + from, sim_inode_op_bytes(inode, op) + (from - op->off),
               to - from);
}

/* Applies what survives, in order; returns the size that does. */
static uint64_t
apply_ops(struct work *work, struct sim_inode *inode, uint64_t size)
{
    size_t sizes = 0;

    for (size_t i = 0; i < inode->op_count; i++) {
        const struct sim_op *op = &inode->ops[i];
        if (op->kind == SIM_OP_DATA) {
            for (uint64_t u = first_unit(work, op); u < limit_unit(work, op); u++)
                apply_piece(work, inode, op, u);
        } else if (sizes++ < work->sizes_kept) {
            if (op->off < size && op->off < inode->disk.size)
                memset(inode->disk.at + op->off, 0, inode->disk.size - op->off);
            size = op->off;
        }
    }
    return size;
}

static void
wreck_units(struct work *work, struct sim_inode *inode)
{
    uint32_t size = work->unit;

    for (uint64_t u = 0; u < work->unit_count; u++) {
        if (work->units[u].tear == TEAR_GARBAGE)
            sim_garbage_fill(&work->disk->garbage, work->tape, entity_of(inode, u),
                             inode->disk.at + u * size, size);
    }
}

static void
cut_inode(struct work *work, struct sim_inode *inode)
{
    uint64_t size = inode->disk.size;

    if (inode->op_count > 0) {
        count_versions(work, inode);
        plan_inode(work, inode);
        put_right(work, inode);
        fill_fresh(work, inode);
        size = apply_ops(work, inode, size);
        wreck_units(work, inode);
        sim_image_resize(&inode->disk, size);
        sim_inode_drop_ops(inode, inode->op_count);
    } else if (!inode->lossy) {
        return;
    }
    sim_image_resize(&inode->mem, inode->disk.size);
    if (inode->disk.size > 0)
        memcpy(inode->mem.at, inode->disk.at, inode->disk.size);
    inode->lossy = inode->evict_due = false;
}

/* ---- names ------------------------------------------------------------------------------- */

static bool
name_is_kept(struct work *work, const struct sim_name_op *op)
{
    const struct sim_rule *rule = work->cut->names;
    uint64_t survive = work->cut->survive_of != 0 ? work->cut->survive : 1;
    uint64_t survive_of = work->cut->survive_of != 0 ? work->cut->survive_of : 2;

    if (work->admits->orders_names)
        return op->order <= work->names_to;
    if (!work->is_free)
        return work->keeps_all;
    if (work->cut->each)
        return op->inode->class == SIM_FILE_LOCK ||
               sim_draw(work->tape, SIM_CUT_EACH_NAME, op->inode->tag, 2) == 0;
    if (rule != NULL && rule->flavour != SIM_FLAVOUR_ANY &&
        (rule->file == SIM_FILE_ANY || rule->file == op->inode->class))
        return rule->flavour == SIM_KEEP;
    return sim_draw(work->tape, "cut.name", op->inode->tag, survive_of) < survive;
}

/* Where names are ordered: how far they survive. */
static uint64_t
draw_names_to(struct work *work)
{
    const struct sim_disk *disk = work->disk;
    const struct sim_rule *rule = work->cut->names;
    size_t count = disk->name_op_count;

    if (work->cut->personality == SIM_SEQUENTIAL)
        return work->order;
    if (rule != NULL && rule->flavour != SIM_FLAVOUR_ANY)
        return rule->flavour == SIM_KEEP ? disk->order : 0;
    if (work->is_free)
        count -= sim_draw(work->tape, SIM_CUT_NAMES, 0, count + 1);
    else if (!work->keeps_all)
        count = 0;
    return count == 0 ? 0 : disk->name_ops[count - 1].order;
}

static void
cut_names(struct work *work)
{
    bool *keep = NULL;
    size_t capacity = 0;

    if (work->disk->name_op_count > 0)
        sim_grow(&keep, &capacity, work->disk->name_op_count, sizeof *keep);
    work->names_to = draw_names_to(work);
    for (size_t i = 0; i < work->disk->name_op_count; i++)
        keep[i] = name_is_kept(work, &work->disk->name_ops[i]);
    if (keep != NULL && work->cut->names_survive != NULL)
        memcpy(work->cut->names_survive, keep, work->disk->name_op_count * sizeof *keep);
    sim_disk_settle_names(work->disk, keep);
    free(keep);
}

/* ---- the whole --------------------------------------------------------------------------- */

/* Which pending write the rule is about: of those at hand, counted from the newest. */
static void
choose_torn(struct work *work)
{
    uint64_t below = UINT64_MAX, skip;

    if (work->cut->torn == NULL || !work->tears)
        return;
    skip = sim_draw(work->tape, "cut.torn_write", 0, 3);
    for (uint64_t round = 0; round <= skip; round++) {
        uint64_t best = 0;
        for (size_t i = 0; i < work->disk->inode_count; i++) {
            struct sim_inode *inode = work->disk->inodes[i];
            if (inode->links == 0 || (work->cut->torn->file != SIM_FILE_ANY &&
                                      work->cut->torn->file != inode->class))
                continue;
            for (size_t j = inode->op_count; j > 0; j--) {
                const struct sim_op *op = &inode->ops[j - 1];
                if (op->kind != SIM_OP_DATA || op->order >= below || op->order < best)
                    continue;
                best = op->order;
                work->torn_inode = inode;
                work->torn_op = j - 1;
            }
        }
        if (best == 0)
            return;
        below = best;
    }
}

static uint64_t
oldest_pending(const struct sim_disk *disk)
{
    uint64_t oldest = disk->name_op_count > 0 ? disk->name_ops[0].order : disk->order + 1;

    for (size_t i = 0; i < disk->inode_count; i++) {
        const struct sim_inode *inode = disk->inodes[i];
        if (inode->links > 0 && inode->op_count > 0 && inode->ops[0].order < oldest)
            oldest = inode->ops[0].order;
    }
    return oldest;
}

static void
choose_regime(struct work *work)
{
    uint64_t choice;

    if (work->cut->personality == SIM_SEQUENTIAL) {
        uint64_t pending = work->disk->order + 1 - oldest_pending(work->disk);
        work->order =
            work->disk->order - sim_draw(work->tape, SIM_CUT_SEQUENTIAL, 0, pending + 1);
        return;
    }
    if (work->cut->each || work->cut->survive_of != 0 || work->torn_inode != NULL ||
        work->cut->names != NULL) {
        work->is_free = true;
        return;
    }
    choice = sim_draw(work->tape, "cut.regime", 0, 8);
    work->is_free = choice >= 2;
    work->keeps_all = choice == 0;
}

void
sim_cut_power(struct sim_disk *disk, struct sim_tape *tape, const struct sim_cut *cut)
{
    struct work work = {
        .disk = disk, .tape = tape, .cut = cut, .admits = &admits[cut->personality]
    };

    HF_ASSERT(cut->unit >= SIM_SECTOR && cut->unit % SIM_SECTOR == 0);
    work.tears = work.admits->tears && !cut->is_atomic;
    work.unit = cut->unit > work.admits->unit_min ? cut->unit : work.admits->unit_min;
    choose_torn(&work);
    choose_regime(&work);
    for (size_t i = 0; i < disk->inode_count; i++) {
        if (disk->inodes[i]->links > 0)
            cut_inode(&work, disk->inodes[i]);
    }
    cut_names(&work);
    free(work.units);
}
