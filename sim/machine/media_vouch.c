/*
 * media_vouch.c - what an occasion took of the log, and whether anything vouches for it.
 *
 * A log that loses its end where nothing that survived vouches for it has met a documented
 * limit. How much may be missing then is found out from the log as it was before and the bytes
 * that are left; of several faults of one occasion what they came to counts, not each of them.
 *
 *    before   |===== wal-3 =====|===== wal-4 =====|    its chain, log_copy.h
 *    after    |===   ===========|=====     =======|
 *                 ^          ^       ^
 *               told     witness   lost from here
 *
 *   told   damage below a position that something states to be durable: an open must refuse
 *   lost   the first damage above all such statements: the commits before it are still there
 *
 * What is outside the chain nobody needs, nor the zeros between a segment's header and its
 * first group, which no checksum covers.
 *
 * "Before" is the log that recovery made, or went on from, last: until it writes anew, one
 * occasion adds to another. A read that shows what is not there may hide a statement as well as
 * a commit; that is one life's affair.
 */
#include "sim/machine/media.h"

#include "format/wal_format.h"
#include "sim/machine/log_copy.h"

static bool
is_statement(const struct sim_name *name)
{
    return name->folder == SIM_FOLDER_MAIN && !sim_is_temporary(name->name);
}

/* The log of the database as reads see it now. */
static struct sim_log_copy *
copy_log(const struct sim_machine *machine)
{
    const struct sim_names *names = &machine->disk.visible;
    struct sim_log_copy *copy = sim_log_copy_new();

    for (size_t i = 0; i < names->count; i++) {
        if (is_statement(&names->at[i]))
            sim_log_copy_add(copy, names->at[i].name, sim_media_bytes(names->at[i].inode));
    }
    return copy;
}

void
sim_media_remember(struct sim_machine *machine, struct sim_log_copy *log)
{
    struct sim_log_copy *before = machine->log_before;

    if (before != NULL && sim_log_copy_newest(log) <= sim_log_copy_newest(before)) {
        sim_log_copy_free(log);
        return;
    }
    sim_log_copy_free(before);
    machine->log_before = log;
}

void
sim_media_remember_log(struct sim_machine *machine)
{
    sim_media_remember(machine, copy_log(machine));
}

/* The first byte at or behind `from` that means something and is another now; the length of
 * the part: there is none. */
static uint64_t
next_damage(const struct sim_log_part *part, struct hf_span now, uint64_t from)
{
    const uint8_t *was = part->bytes.at, *is = now.at;
    struct hf_wal_header header;
    uint64_t off = from, first_group = 0;

    if (hf_wal_header_decode(&header, part->bytes) == HF_WAL_GOOD)
        first_group = header.sector;
    while (off < part->bytes.len && off < now.len &&
           (was[off] == is[off] || (off >= HF_WAL_HEADER_SIZE && off < first_group)))
        off++;
    return off;
}

/* The log as it was, as it is, and as reads have shown it. */
struct look {
    struct sim_log_copy *before, *now, *seen;
    uint64_t witness; /* of what was seen */
};

/* Adds to the toll what of the part is seen to be another now. False: it is lost from there on.
 * What is wrong only in what was seen may be read again, and is no reason to refuse. */
static bool
judge_part(struct sim_toll *toll, const struct look *look, const struct sim_log_part *part)
{
    struct hf_span seen = sim_log_copy_bytes(look->seen, part->number);
    struct hf_span now = sim_log_copy_bytes(look->now, part->number);

    for (uint64_t off = next_damage(part, seen, 0); off < part->bytes.len;
         off = next_damage(part, seen, off + 1)) {
        if (hf_wal_position(part->number, off) >= look->witness) {
            toll->least = sim_log_copy_version(look->before, part->number, off);
            return false;
        }
        toll->is_told = toll->is_told || next_damage(part, now, off) == off;
    }
    return true;
}

/*
 * Where an older manifest is back in force, the log before knows nothing of what it held: then
 * what its own log shows now must be in what an open shows. No manifest, or no log that leads
 * to the one there is, has to be refused, and so excuses nothing.
 */
static uint64_t
left_of_older(struct sim_log_copy *seen, const struct sim_log_start *start)
{
    return start->manifest != 0 && sim_log_copy_chain(seen, start)
               ? sim_log_copy_version(seen, UINT32_MAX, 0)
               : UINT64_MAX;
}

static struct sim_toll
judge(struct look *look)
{
    struct sim_log_start start = sim_log_copy_start(look->seen);
    struct sim_toll toll = { .least = UINT64_MAX };

    look->witness = sim_log_copy_witness(look->seen);
    if (!sim_log_copy_chain(look->before, &start))
        toll.least = left_of_older(look->seen, &start);
    for (size_t i = 0; i < sim_log_copy_parts(look->before); i++) {
        struct sim_log_part part = sim_log_copy_part(look->before, i);
        if (!judge_part(&toll, look, &part))
            break;
    }
    return toll;
}

void
sim_media_vouch(struct sim_machine *machine)
{
    struct sim_log_copy *now = copy_log(machine);
    struct look look = { machine->log_before, now, now, 0 };

    machine->toll = judge(&look);
    sim_log_copy_free(now);
}

void
sim_media_misread(struct sim_machine *machine, const char *name, const struct sim_inode *inode,
                  uint64_t from, uint64_t to)
{
    sim_media_enter(machine, SIM_DAMAGE_ONCE, inode, from, to)->is_read = true;
    if (inode->class != SIM_FILE_WAL && inode->class != SIM_FILE_MANIFEST)
        return;
    struct look look = { machine->log_before, copy_log(machine), NULL, 0 };
    if (machine->log_seen == NULL)
        machine->log_seen = copy_log(machine);
    sim_log_copy_hide(machine->log_seen, name, from, to);
    look.seen = machine->log_seen;
    if (look.before == NULL)
        look.before = copy_log(machine);
    machine->misread_toll = judge(&look);
    if (machine->log_before == NULL)
        sim_log_copy_free(look.before);
    sim_log_copy_free(look.now);
}
