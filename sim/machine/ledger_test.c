/*
 * ledger_test.c - what damage explains: nothing, where the other of two copies is whole; and
 * what a verify has to find.
 *
 * Method: a book with a file of a few bytes, and every pair of ranges in it as damage; whether
 * a copy is left is counted byte by byte.
 */
#include "sim/machine/ledger.h"

#include "base/tap.h"
#include "format/table_format.h"

#define SIZE 12u

static struct sim_book book;

struct range {
    uint64_t from, to;
};

static void
add(const struct sim_inode *inode, enum sim_damage damage, struct range range, bool is_plain)
{
    struct sim_entry *entry = sim_book_add(&book, damage, inode, range.from, range.to);

    entry->is_read = true;
    entry->is_plain = is_plain;
}

/* Whether none of the bytes [from, to) is in either range. */
static bool
is_whole(struct range copy, struct range a, struct range b)
{
    for (uint64_t at = copy.from; at < copy.to; at++) {
        if ((at >= a.from && at < a.to) || (at >= b.from && at < b.to))
            return false;
    }
    return true;
}

static void
test_manifest(void)
{
    struct sim_inode inode = { .links = 1,
                               .class = SIM_FILE_MANIFEST,
                               .mem = { .size = SIZE } };
    struct range first = { 0, SIZE / 2 }, second = { SIZE / 2, SIZE }, a, b;
    unsigned wrong = 0, spared = 0;

    for (a.from = 0; a.from < SIZE; a.from++) {
        for (a.to = a.from + 1; a.to <= SIZE; a.to++) {
            for (b.from = 0; b.from < SIZE; b.from++) {
                for (b.to = b.from + 1; b.to <= SIZE; b.to++) {
                    sim_book_reset(&book);
                    add(&inode, SIM_DAMAGE_BYTES, a, true);
                    add(&inode, SIM_DAMAGE_BYTES, b, true);
                    bool is_spared = sim_book_is_spared(&book);
                    wrong += is_spared != (is_whole(first, a, b) || is_whole(second, a, b));
                    spared += is_spared;
                }
            }
        }
    }
    TAP_OK(wrong == 0 && spared > 0, "a manifest is spared exactly if one half is whole");
}

static void
test_cut(void)
{
    struct sim_inode inode = { .links = 1, .class = SIM_FILE_MANIFEST };
    unsigned wrong = 0;

    for (uint64_t size = 0; size < SIZE; size++) {
        inode.mem.size = size;
        sim_book_reset(&book);
        add(&inode, SIM_DAMAGE_MISSING, (struct range){ size, SIZE }, true);
        wrong += sim_book_is_spared(&book) != (size >= SIZE / 2);
    }
    TAP_OK(wrong == 0, "one that lost its end is, as long as its first half is there");
}

static void
test_table(void)
{
    uint64_t meta = HF_TABLE_META_SIZE, size = 3 * meta;
    struct sim_inode inode = { .links = 1, .class = SIM_FILE_TABLE, .mem = { .size = size } };
    unsigned wrong = 0;

    for (uint64_t at = 0; at < size; at++) {
        sim_book_reset(&book);
        add(&inode, SIM_DAMAGE_BYTES, (struct range){ at, at + 1 }, true);
        wrong += sim_book_is_spared(&book) != (at < meta || at >= 2 * meta);
    }
    TAP_OK(wrong == 0, "a table is if only one meta is hit");
}

static void
test_others(void)
{
    struct sim_inode log = { .links = 1, .class = SIM_FILE_WAL, .mem = { .size = SIZE } };
    struct sim_inode manifest = { .links = 1,
                                  .class = SIM_FILE_MANIFEST,
                                  .mem = { .size = SIZE } };
    struct range first = { 0, 1 };

    sim_book_reset(&book);
    TAP_OK(!sim_book_is_spared(&book), "no damage spares nothing");
    add(&manifest, SIM_DAMAGE_BYTES, first, false);
    TAP_OK(!sim_book_is_spared(&book), "nor is a file where what came may be sound");
    sim_book_reset(&book);
    add(&manifest, SIM_DAMAGE_BYTES, first, true);
    add(&log, SIM_DAMAGE_BYTES, first, true);
    TAP_OK(!sim_book_is_spared(&book), "nor a database whose log is hit as well");
    book.at[1].is_read = false;
    TAP_OK(sim_book_is_spared(&book), "unless nobody has read that");
    book.at[1].is_read = true;
    log.links = 0;
    TAP_OK(sim_book_is_spared(&book), "or it is gone");
}

/* What a verify must find. */
static void
test_hit(void)
{
    struct sim_inode inode = { .links = 1, .class = SIM_FILE_TABLE, .mem = { .size = SIZE } };
    struct sim_inode other = inode;

    sim_book_reset(&book);
    TAP_OK(!sim_book_is_hit(&book, &inode), "a file without damage is not hit");
    add(&inode, SIM_DAMAGE_BYTES, (struct range){ 3, 4 }, true);
    TAP_OK(sim_book_is_hit(&book, &inode) && !sim_book_is_hit(&book, &other),
           "one with a flipped bit is, and no other");
    add(&inode, SIM_DAMAGE_BYTES, (struct range){ 5, 6 }, false);
    TAP_OK(sim_book_is_hit(&book, &inode), "and stays so, with more damage elsewhere");
    add(&inode, SIM_DAMAGE_BYTES, (struct range){ 3, 4 }, true);
    TAP_OK(!sim_book_is_hit(&book, &inode), "hit again in the same place it may be as it was");
}

/* What explains a finding of verify. */
static void
test_hurt(void)
{
    struct sim_inode log = { .links = 1, .seen = 1, .class = SIM_FILE_WAL };
    struct sim_inode other = log;
    struct range first = { 0, 1 };

    sim_book_reset(&book);
    add(&log, SIM_DAMAGE_BYTES, first, true);
    TAP_OK(sim_book_is_hurt(&book, &log) && !sim_book_is_hurt(&book, &other) &&
               sim_book_is_class_hurt(&book, SIM_FILE_WAL) &&
               !sim_book_is_class_hurt(&book, SIM_FILE_TABLE),
           "damage that was read hurts its file, and the class of that, and nothing else");
    book.at[0].is_read = false;
    TAP_OK(!sim_book_is_hurt(&book, &log), "nobody has read it: then not");
    book.at[0].is_read = true;
    log.seen = 0;
    TAP_OK(!sim_book_is_class_hurt(&book, SIM_FILE_WAL),
           "nor a file that is not seen any more");
    sim_book_reset(&book);
    add(&log, SIM_DAMAGE_MISSING, first, true);
    book.at[0].inode = NULL;
    bool was_gone = sim_book_is_gone(&book, SIM_FILE_WAL);
    sim_book_settle(&book);
    TAP_OK(was_gone && !sim_book_is_gone(&book, SIM_FILE_WAL),
           "a segment that is gone is missed until recovery has written anew");
}

int
main(void)
{
    test_manifest();
    test_cut();
    test_table();
    test_others();
    test_hit();
    test_hurt();
    sim_book_fini(&book);
    return tap_done();
}
