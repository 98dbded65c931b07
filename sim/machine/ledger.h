/*
 * ledger.h - each range of bytes that a fault changed or made unreadable, and its fate.
 *
 *      placed --- read ---> seen by the engine --- it refused ---> reported
 *        |                    |
 *        |                    +-- written over, durably ---> repaired
 *        +-- written over, durably, before anyone read it -> overwritten
 *
 * What ends as read and nothing more was harmless; what was never read says so.
 */
#ifndef SIM_LEDGER_H
#define SIM_LEDGER_H

#include "sim/machine/disk.h"

enum sim_damage {
    SIM_DAMAGE_BYTES,   /* changed at rest */
    SIM_DAMAGE_MISSING, /* a file, or its end, that is gone, or another is in its place */
    SIM_DAMAGE_NEWER,   /* sound, and of a format to come */
    SIM_DAMAGE_BAD,     /* unreadable until it is written over */
    SIM_DAMAGE_ONCE,    /* was unreadable for one call */
};

struct sim_entry {
    enum sim_damage damage;
    enum sim_file_class class;
    const struct sim_inode *inode; /* NULL: the whole file is gone */
    uint64_t serial;               /* of the inode, which may be used again */
    uint64_t from, to;
    bool is_read, is_reported, is_gone;
    bool is_plain; /* no sound structure can have come of it */
};

struct sim_book {
    struct sim_entry *at;
    size_t count, capacity;
};

void sim_book_fini(struct sim_book *book);
void sim_book_reset(struct sim_book *book);
/* The entry stays valid until the next one is added. */
struct sim_entry *sim_book_add(struct sim_book *book, enum sim_damage damage,
                               const struct sim_inode *inode, uint64_t from, uint64_t to);
/* The engine reads [from, to) of the file. True: part of it is unreadable. */
bool sim_book_read(struct sim_book *book, const struct sim_inode *inode, uint64_t from,
                   uint64_t to);
/* The engine looks at names, or at the size of `inode` if that is not NULL. */
void sim_book_look(struct sim_book *book, const struct sim_inode *inode);
/* What was written is durable now: [from, to) of the file. */
void sim_book_overwrite(struct sim_book *book, const struct sim_inode *inode, uint64_t from,
                        uint64_t to);
/* True, and it counts as reported, if there is damage that was read and is still there: to
 * snapshot files, or to the database. */
bool sim_book_explains(struct sim_book *book, bool of_snapshots);
/*
 * Whether of each file that has damage which was read one of two copies is whole: of a manifest
 * either half, of a table either meta. Then nothing of the database explains a refusal.
 */
bool sim_book_is_spared(const struct sim_book *book);
/* Whether damage that was read is still in the file; in any file of that class that can be
 * seen, or in place of one; in place of one alone. */
bool sim_book_is_hurt(const struct sim_book *book, const struct sim_inode *inode);
bool sim_book_is_class_hurt(const struct sim_book *book, enum sim_file_class class);
bool sim_book_is_gone(const struct sim_book *book, enum sim_file_class class);
/* Recovery has written anew: nobody misses the segments that are gone any more. */
void sim_book_settle(struct sim_book *book);
/* Whether bits or zeros changed bytes of the file, and nothing else since. */
bool sim_book_is_hit(const struct sim_book *book, const struct sim_inode *inode);
/* Whether all that explains a refusal of the database are files of a format to come. */
bool sim_book_is_newer(const struct sim_book *book);
struct sim_ledger sim_book_sum(const struct sim_book *book);

#endif
