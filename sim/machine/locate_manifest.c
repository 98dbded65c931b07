/*
 * locate_manifest.c - the structures of a manifest: two copies, and the tables in each.
 *
 * Offsets are those of the drawing in engine/format/manifest_format.c. Nothing is found in a
 * file of which no copy is sound.
 */
#include "base/bytes.h"
#include "base/span.h"
#include "format/manifest_format.h"
#include "sim/machine/locate_format.h"

#define SIZE_OFF 16u
#define TABLE_HEAD 52u

enum kind { KIND_FIRST, KIND_SECOND, KIND_TABLE };

#define BIT(kind) SIM_KIND_BIT(kind)
#define COPIES (BIT(KIND_FIRST) | BIT(KIND_SECOND))
#define TABLES BIT(KIND_TABLE)

static const struct sim_field fields[] = {
    { "first", BIT(KIND_FIRST), 0, 0 },
    { "second", BIT(KIND_SECOND), 0, 0 },
    { "head", COPIES, 0, 88 },
    { "head.magic", COPIES, 0, 8 },
    { "head.format", COPIES, 8, 12 },
    { "head.copy", COPIES, 12, 16 },
    { "head.size", COPIES, 16, 24 },
    { "head.uuid", COPIES, 24, 40 },
    { "head.number", COPIES, 40, 44 },
    { "head.tables", COPIES, 44, 48 },
    { "head.last", COPIES, 48, 56 },
    { "head.time", COPIES, 56, 64 },
    { "head.witness", COPIES, 64, 72 },
    { "head.floor", COPIES, 72, 80 },
    { "head.log_first", COPIES, 80, 84 },
    { "head.number_next", COPIES, 84, 88 },
    { "copy.crc", COPIES, -4, 0 },
    { "table", TABLES, 0, 0 },
    { "table.number", TABLES, 0, 4 },
    { "table.level", TABLES, 4, 8 },
    { "table.size", TABLES, 8, 16 },
    { "table.counts", TABLES, 16, 32 },
    { "table.versions", TABLES, 32, 48 },
    { "table.keys", TABLES, 52, 0 },
};

/* The size of either copy; 0: no copy is sound. */
static uint64_t
copy_size(struct hf_span file, struct hf_manifest *manifest)
{
    struct hf_manifest_copies copies;
    const uint8_t *at = file.at;

    if (hf_manifest_decode(manifest, &copies, file) != HF_MANIFEST_GOOD)
        return 0;
    if (copies.copy[0] == HF_MANIFEST_GOOD)
        return hf_load_u64(at + SIZE_OFF);
    return file.len / 2 / HF_MANIFEST_ALIGN * HF_MANIFEST_ALIGN;
}

static void
walk_manifest(struct hf_span file, sim_structure_fn *visit, void *context)
{
    struct hf_manifest manifest;
    struct hf_table_info table;
    uint64_t size = copy_size(file, &manifest);

    if (size == 0)
        return;
    visit(context, (struct sim_structure){ KIND_FIRST, 0, size });
    visit(context, (struct sim_structure){ KIND_SECOND, size, 2 * size });
    while (hf_manifest_next(&manifest, &table) == HF_MANIFEST_GOOD) {
        uint64_t key = (uint64_t)((const uint8_t *)table.key_min.at - (const uint8_t *)file.at);
        uint64_t len = TABLE_HEAD + table.key_min.len + table.key_max.len;
        uint64_t from = (key - TABLE_HEAD) % size;
        visit(context, (struct sim_structure){ KIND_TABLE, from, from + len });
        visit(context, (struct sim_structure){ KIND_TABLE, size + from, size + from + len });
    }
}

const struct sim_format sim_format_manifest = { fields, sizeof fields / sizeof *fields,
                                                walk_manifest };
