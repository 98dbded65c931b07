/*
 * ledger.c - see ledger.h. Few entries at a time, so every question walks all of them.
 */
#include "sim/machine/ledger.h"

#include "format/table_format.h"
#include "sim/grow.h"

#include <stdlib.h>

void
sim_book_fini(struct sim_book *book)
{
    free(book->at);
    *book = (struct sim_book){ 0 };
}

void
sim_book_reset(struct sim_book *book)
{
    book->count = 0;
}

struct sim_entry *
sim_book_add(struct sim_book *book, enum sim_damage damage, const struct sim_inode *inode,
             uint64_t from, uint64_t to)
{
    struct sim_entry *entry;

    sim_grow(&book->at, &book->capacity, book->count + 1, sizeof *book->at);
    entry = &book->at[book->count++];
    *entry = (struct sim_entry){
        .damage = damage,
        .class = inode == NULL ? SIM_FILE_ANY : inode->class,
        .inode = inode,
        .serial = inode == NULL ? 0 : inode->serial,
        .from = from,
        .to = to,
    };
    return entry;
}

/* The bytes are still there, as the fault left them. */
static bool
is_live(const struct sim_entry *entry)
{
    return !entry->is_gone && (entry->inode == NULL || (entry->inode->links > 0 &&
                                                        entry->inode->serial == entry->serial));
}

static bool
touches(const struct sim_entry *entry, const struct sim_inode *inode, uint64_t from,
        uint64_t to)
{
    return entry->inode == inode && is_live(entry) && entry->from < to && from < entry->to;
}

bool
sim_book_read(struct sim_book *book, const struct sim_inode *inode, uint64_t from, uint64_t to)
{
    bool is_bad = false;

    for (size_t i = 0; i < book->count; i++) {
        struct sim_entry *entry = &book->at[i];
        if (!touches(entry, inode, from, to))
            continue;
        entry->is_read = true;
        is_bad = is_bad || entry->damage == SIM_DAMAGE_BAD;
    }
    return is_bad;
}

void
sim_book_look(struct sim_book *book, const struct sim_inode *inode)
{
    for (size_t i = 0; i < book->count; i++) {
        struct sim_entry *entry = &book->at[i];
        if (entry->damage == SIM_DAMAGE_MISSING && entry->inode == inode && is_live(entry))
            entry->is_read = true;
    }
}

void
sim_book_overwrite(struct sim_book *book, const struct sim_inode *inode, uint64_t from,
                   uint64_t to)
{
    for (size_t i = 0; i < book->count; i++) {
        struct sim_entry *entry = &book->at[i];
        if (touches(entry, inode, from, to) && from <= entry->from && entry->to <= to)
            entry->is_gone = true;
    }
}

bool
sim_book_explains(struct sim_book *book, bool of_snapshots)
{
    bool explains = false;

    for (size_t i = 0; i < book->count; i++) {
        struct sim_entry *entry = &book->at[i];
        if (!entry->is_read || !is_live(entry) ||
            (entry->class == SIM_FILE_SNAPSHOT) != of_snapshots)
            continue;
        entry->is_reported = true;
        entry->is_gone = entry->damage == SIM_DAMAGE_ONCE; /* it excuses one refusal */
        explains = true;
    }
    return explains;
}

/* ---- what stands twice ------------------------------------------------------------------- */

enum twin { TWIN_FIRST = 1, TWIN_SECOND = 2, TWIN_BOTH = 3 };

/* Which copies of what stands twice in a file of `size` bytes the damage touches, or more. */
static enum twin
touched_twins(const struct sim_entry *entry, uint64_t size)
{
    uint64_t first = size / 2, second = size / 2;

    if (entry->class == SIM_FILE_TABLE) {
        first = HF_TABLE_META_SIZE;
        second = size - HF_TABLE_META_SIZE;
    }
    if (!entry->is_plain ||
        (entry->class != SIM_FILE_TABLE && entry->class != SIM_FILE_MANIFEST))
        return TWIN_BOTH;
    if (entry->to <= first)
        return TWIN_FIRST;
    return entry->from >= second ? TWIN_SECOND : TWIN_BOTH;
}

/* The size that the file had before its end was lost. */
static uint64_t
size_before(const struct sim_book *book, const struct sim_inode *inode)
{
    uint64_t size = inode->mem.size;

    for (size_t i = 0; i < book->count; i++) {
        if (book->at[i].inode == inode && is_live(&book->at[i]) && book->at[i].to > size)
            size = book->at[i].to;
    }
    return size;
}

static bool
has_whole_twin(const struct sim_book *book, const struct sim_inode *inode)
{
    uint64_t size = size_before(book, inode);
    unsigned touched = 0;

    for (size_t i = 0; i < book->count; i++) {
        if (book->at[i].inode == inode && is_live(&book->at[i]))
            touched |= touched_twins(&book->at[i], size);
    }
    return touched != TWIN_BOTH;
}

bool
sim_book_is_spared(const struct sim_book *book)
{
    bool is_damaged = false;

    for (size_t i = 0; i < book->count; i++) {
        const struct sim_entry *entry = &book->at[i];
        if (!entry->is_read || !is_live(entry) || entry->class == SIM_FILE_SNAPSHOT)
            continue;
        if (entry->inode == NULL || !has_whole_twin(book, entry->inode))
            return false;
        is_damaged = true;
    }
    return is_damaged;
}

bool
sim_book_is_hurt(const struct sim_book *book, const struct sim_inode *inode)
{
    for (size_t i = 0; i < book->count; i++) {
        const struct sim_entry *entry = &book->at[i];
        if (entry->inode == inode && entry->is_read && is_live(entry))
            return true;
    }
    return false;
}

bool
sim_book_is_class_hurt(const struct sim_book *book, enum sim_file_class class)
{
    for (size_t i = 0; i < book->count; i++) {
        const struct sim_entry *entry = &book->at[i];
        if (entry->class == class && entry->is_read && is_live(entry) &&
            (entry->inode == NULL || entry->inode->seen > 0))
            return true;
    }
    return false;
}

bool
sim_book_is_gone(const struct sim_book *book, enum sim_file_class class)
{
    for (size_t i = 0; i < book->count; i++) {
        const struct sim_entry *entry = &book->at[i];
        if (entry->inode == NULL && entry->class == class && is_live(entry))
            return true;
    }
    return false;
}

void
sim_book_settle(struct sim_book *book)
{
    for (size_t i = 0; i < book->count; i++) {
        struct sim_entry *entry = &book->at[i];
        if (entry->inode == NULL && entry->class == SIM_FILE_WAL)
            entry->is_gone = true;
    }
}

/* What is hit twice in the same place may be as it was. */
bool
sim_book_is_hit(const struct sim_book *book, const struct sim_inode *inode)
{
    bool is_hit = false;

    for (size_t i = 0; i < book->count; i++) {
        const struct sim_entry *entry = &book->at[i];
        if (entry->inode != inode || !is_live(entry))
            continue;
        for (size_t j = 0; j < i; j++) {
            if (touches(&book->at[j], inode, entry->from, entry->to))
                return false;
        }
        is_hit = is_hit || (entry->is_plain && entry->damage == SIM_DAMAGE_BYTES);
    }
    return is_hit;
}

/* ---- what is to be said of all of it ----------------------------------------------------- */

bool
sim_book_is_newer(const struct sim_book *book)
{
    bool is_newer = false;

    for (size_t i = 0; i < book->count; i++) {
        const struct sim_entry *entry = &book->at[i];
        if (!entry->is_read || !is_live(entry) || entry->class == SIM_FILE_SNAPSHOT)
            continue;
        if (entry->damage != SIM_DAMAGE_NEWER)
            return false;
        is_newer = true;
    }
    return is_newer;
}

struct sim_ledger
sim_book_sum(const struct sim_book *book)
{
    struct sim_ledger sum = { .damaged = book->count };

    for (size_t i = 0; i < book->count; i++) {
        const struct sim_entry *entry = &book->at[i];
        if (entry->is_reported)
            sum.reported++;
        else if (!is_live(entry) && entry->is_read)
            sum.repaired++;
        else if (!is_live(entry))
            sum.overwritten++;
        else if (entry->is_read)
            sum.harmless++;
        else
            sum.never_read++;
    }
    return sum;
}
