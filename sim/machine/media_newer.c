/*
 * media_newer.c - a file as a Holdfast to come would have written it.
 *
 * The format's number is one higher, and every checksum that vouches for it holds: so it is no
 * damage. A program that knows only the formats of today must refuse it as VERSION, and touch
 * nothing. Where the number stands is the same in all formats (docs/formats.md).
 */
#include "sim/machine/media.h"

#include "base/bytes.h"
#include "base/crc32c.h"
#include "format/manifest_format.h"
#include "format/snapshot_format.h"
#include "format/table_format.h"
#include "format/wal_format.h"

#define FORMAT_OFF 8u
#define COPY_SIZE_OFF 16u

/* Raises the number in [off, off + size), whose last four bytes are the crc of all the rest. */
static void
raise_format(struct sim_inode *inode, uint64_t off, uint64_t size)
{
    uint8_t *at = inode->mem.at + off;

    hf_store_u32(at + FORMAT_OFF, hf_load_u32(at + FORMAT_OFF) + 1);
    hf_store_u32(at + size - 4, hf_crc32c(0, at, size - 4));
    memcpy(inode->disk.at + off, at, size);
}

static bool
raise_log(struct sim_inode *inode)
{
    struct hf_wal_header header;

    if (hf_wal_header_decode(&header, sim_media_bytes(inode)) != HF_WAL_GOOD)
        return false;
    raise_format(inode, 0, HF_WAL_HEADER_SIZE);
    return true;
}

static bool
raise_table(struct sim_inode *inode)
{
    struct hf_table_meta meta;
    struct hf_span first = { inode->mem.at, HF_TABLE_META_SIZE };
    uint64_t last = inode->mem.size - HF_TABLE_META_SIZE;

    if (inode->mem.size < 2 * HF_TABLE_META_SIZE ||
        hf_table_meta_decode(&meta, first) != HF_TABLE_GOOD)
        return false;
    raise_format(inode, 0, HF_TABLE_META_SIZE);
    raise_format(inode, last, HF_TABLE_META_SIZE);
    return true;
}

static bool
raise_manifest(struct sim_inode *inode)
{
    struct hf_manifest manifest;
    struct hf_manifest_copies copies;

    if (hf_manifest_decode(&manifest, &copies, sim_media_bytes(inode)) != HF_MANIFEST_GOOD ||
        copies.copy[0] != HF_MANIFEST_GOOD)
        return false;
    uint64_t size = hf_load_u64(inode->mem.at + COPY_SIZE_OFF);
    if (inode->mem.size != 2 * size)
        return false;
    raise_format(inode, 0, size);
    raise_format(inode, size, size);
    return true;
}

/* Header and identity alone: they say enough for a reader to give up. */
static bool
raise_snapshot(struct sim_inode *inode)
{
    struct hf_snapshot_writer writer;
    struct hf_snapshot_reader reader;
    uint8_t last_key[1], bytes[HF_SNAPSHOT_BEGIN_SIZE];
    struct hf_span in = sim_media_bytes(inode);
    size_t used;

    hf_snapshot_reader_init(&reader, last_key);
    if (hf_snapshot_next(&reader, in, &used) != HF_SNAPSHOT_IDENTITY)
        return false;
    reader.header.format++;
    hf_snapshot_begin(&writer, bytes, &reader.header, &reader.identity);
    sim_inode_damage(inode, 0, hf_span(bytes, sizeof bytes));
    return true;
}

bool
sim_media_make_newer(struct sim_machine *machine, const struct sim_name *name)
{
    struct sim_inode *inode = name->inode;
    bool is_raised = false;

    sim_media_settle(machine, inode);
    switch (inode->class) {
    case SIM_FILE_WAL:
        is_raised = raise_log(inode);
        break;
    case SIM_FILE_TABLE:
        is_raised = raise_table(inode);
        break;
    case SIM_FILE_MANIFEST:
        is_raised = raise_manifest(inode);
        break;
    case SIM_FILE_SNAPSHOT:
        is_raised = raise_snapshot(inode);
        break;
    default:
        break;
    }
    if (!is_raised)
        return false;
    sim_media_enter(machine, SIM_DAMAGE_NEWER, inode, 0, inode->mem.size);
    sim_note(machine, "  ! %s was written by a newer program", name->name);
    return true;
}
