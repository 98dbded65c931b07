/*
 * media_vouch.c - what of the damage at rest matters: who needs it, and who vouches for it.
 *
 * A log that loses its end where nothing that survived vouches for it has met a documented
 * limit. So of each damaged range of the log it is found out, from the bytes that are left and
 * as docs/formats.md says under "Reading the log":
 *
 *   needed      it is in the chain of segments that leads from the newest that is begun back to
 *               where the log begins, and not behind the end that the next link states; or it
 *               is newer than that chain. Else it neither excuses a loss nor forbids to excuse
 *               one: a seal behind which a link stands, a segment that a recovery swallowed and
 *               whose removal was undone.
 *   witnessed   a position that anything states to be durable is above it.
 *
 * What stands under a temporary name is no statement: nobody reads it.
 */
#include "sim/machine/media.h"

#include "format/wal_format.h"
#include "sim/grow.h"
#include "sim/machine/locate.h"

#include <stdlib.h>

/* A segment of the chain, and where the next one says that it ends. */
struct part {
    uint32_t number;
    uint64_t end;
};

struct log {
    struct sim_log_start start;
    uint64_t witness;
    struct part *parts; /* the newest first */
    size_t count, capacity;
};

/* ---- which log there is ------------------------------------------------------------------ */

static bool
is_statement(const struct sim_name *name)
{
    return name->folder == SIM_FOLDER_MAIN && !sim_is_temporary(name->name);
}

/* What anything that stands under its name says, of where the log begins and is durable. */
static void
hear(const struct sim_machine *machine, struct log *log)
{
    const struct sim_names *names = &machine->disk.visible;

    for (size_t i = 0; i < names->count; i++) {
        const struct sim_inode *inode = names->at[i].inode;
        if (!is_statement(&names->at[i]))
            continue;
        uint64_t said = sim_locate_witness(sim_media_bytes(inode), inode->class);
        if (said > log->witness)
            log->witness = said;
        if (inode->class == SIM_FILE_MANIFEST)
            sim_locate_log_start(sim_media_bytes(inode), &log->start);
    }
}

static const struct sim_inode *
segment(const struct sim_machine *machine, uint32_t number)
{
    const struct sim_names *names = &machine->disk.visible;

    for (size_t i = 0; i < names->count; i++) {
        if (is_statement(&names->at[i]) && sim_media_segment(names->at[i].name) == number)
            return names->at[i].inode;
    }
    return NULL;
}

/* The number of the newest segment in [from, limit) that is begun; 0: there is none. */
static uint32_t
newest_begun(const struct sim_machine *machine, uint32_t from, uint32_t limit)
{
    const struct sim_names *names = &machine->disk.visible;
    struct hf_wal_link link;
    uint32_t newest = 0;

    for (size_t i = 0; i < names->count; i++) {
        uint32_t number = sim_media_segment(names->at[i].name);
        if (is_statement(&names->at[i]) && number >= from && number < limit &&
            number > newest && sim_locate_link(sim_media_bytes(names->at[i].inode), &link))
            newest = number;
    }
    return newest;
}

/*
 * Goes back along the links from segment `number`. False: they do not lead to where the log
 * begins. Then *limit, if not 0, is the number below which another newest one is to be tried.
 */
static bool
follow(const struct sim_machine *machine, struct log *log, uint32_t number, uint32_t *limit)
{
    uint64_t end = UINT64_MAX;

    log->count = *limit = 0;
    for (;;) {
        const struct sim_inode *inode = segment(machine, number);
        struct hf_wal_link link;
        if (inode == NULL)
            return false;
        if (!sim_locate_link(sim_media_bytes(inode), &link)) {
            *limit = number;
            return false;
        }
        sim_grow(&log->parts, &log->capacity, log->count + 1, sizeof *log->parts);
        log->parts[log->count++] = (struct part){ number, end };
        if (log->start.manifest != 0 ? link.last == log->start.last : link.prev == 0)
            return true;
        if (link.prev == 0 || link.prev >= number)
            return false;
        number = link.prev;
        end = link.prev_end;
    }
}

/* Where no chain leads to the beginning there are no parts: the log is to be refused. */
static void
find_chain(const struct sim_machine *machine, struct log *log)
{
    uint32_t limit = UINT32_MAX;
    bool is_whole = false;

    while (!is_whole && limit > 0) {
        uint32_t number = newest_begun(machine, log->start.log_first, limit);
        limit = 0;
        if (number > 0)
            is_whole = follow(machine, log, number, &limit);
    }
    if (!is_whole)
        log->count = 0;
}

/* ---- what was hit ------------------------------------------------------------------------ */

static uint32_t
segment_of_entry(const struct sim_machine *machine, const struct sim_entry *entry)
{
    const struct sim_names *names = &machine->disk.visible;

    if (entry->inode == NULL)
        return (uint32_t)entry->serial;
    for (size_t i = 0; i < names->count; i++) {
        if (names->at[i].inode == entry->inode && names->at[i].folder == SIM_FOLDER_MAIN)
            return sim_media_segment(names->at[i].name);
    }
    return 0;
}

/* Between a segment's header and its first group no checksum reaches, and nobody reads. */
static bool
is_padding(const struct sim_entry *entry)
{
    struct hf_wal_header header;

    return entry->inode != NULL && entry->from >= HF_WAL_HEADER_SIZE &&
           hf_wal_header_decode(&header, sim_media_bytes(entry->inode)) == HF_WAL_GOOD &&
           entry->to <= header.sector;
}

static bool
is_needed(const struct log *log, const struct sim_entry *entry, uint32_t number)
{
    if (number < log->start.log_first || is_padding(entry))
        return false;
    if (log->count == 0 || number > log->parts[0].number)
        return true;
    for (size_t i = 0; i < log->count; i++) {
        if (log->parts[i].number == number)
            return entry->from < log->parts[i].end;
    }
    return false;
}

void
sim_media_vouch(struct sim_machine *machine)
{
    struct log log = { .witness = 0 };

    hear(machine, &log);
    find_chain(machine, &log);
    for (size_t i = 0; i < machine->book.count; i++) {
        struct sim_entry *entry = &machine->book.at[i];
        uint32_t number = segment_of_entry(machine, entry);
        if (entry->batch != machine->book.batch)
            continue;
        if (entry->class == SIM_FILE_WAL && !is_needed(&log, entry, number))
            entry->batch = 0;
        else if (!entry->is_witnessed)
            entry->is_witnessed = ((uint64_t)number << 32 | entry->from) < log.witness;
    }
    free(log.parts);
}
