/*
 * locate.c - picks a field of what a walk over a file finds; the formats are in locate_*.c.
 */
#include "sim/machine/locate.h"

#include "base/span.h"
#include "format/manifest_format.h"
#include "format/wal_walk.h"
#include "sim/machine/locate_format.h"

static const struct sim_format *const formats[] = { &sim_format_wal, &sim_format_table,
                                                    &sim_format_manifest,
                                                    &sim_format_snapshot };

/* NULL: files of that class have no format. */
static const struct sim_format *format_of(enum sim_file_class class)
{
    switch (class) {
    case SIM_FILE_WAL:
    case SIM_FILE_TMP:
        return &sim_format_wal;
    case SIM_FILE_TABLE:
        return &sim_format_table;
    case SIM_FILE_MANIFEST:
        return &sim_format_manifest;
    case SIM_FILE_SNAPSHOT:
        return &sim_format_snapshot;
    default:
        return NULL;
    }
}

/* ---- names ------------------------------------------------------------------------------- */

const char *
sim_locate_field(unsigned index)
{
    for (unsigned i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (index < formats[i]->field_count)
            return formats[i]->fields[index].name;
        index -= formats[i]->field_count;
    }
    return NULL;
}

static const struct sim_field *
find_field(const struct sim_format *format, const char *name)
{
    for (unsigned i = 0; i < format->field_count; i++) {
        if (strcmp(format->fields[i].name, name) == 0)
            return &format->fields[i];
    }
    return NULL;
}

bool
sim_locate_knows(enum sim_file_class class, const char *field)
{
    const struct sim_format *format = format_of(class);

    return format != NULL && find_field(format, field) != NULL;
}

/* ---- choosing ---------------------------------------------------------------------------- */

/* The `index`th structure that has the field, and how many have it. */
struct search {
    const struct sim_field *field;
    uint64_t index, count;
    struct sim_extent found;
};

static struct sim_extent
range_of(const struct sim_field *field, struct sim_structure structure)
{
    uint64_t from = field->from >= 0 ? structure.from + (uint64_t)field->from
                                     : structure.to - (uint64_t)-field->from;
    uint64_t to = field->to > 0 ? structure.from + (uint64_t)field->to
                                : structure.to - (uint64_t)-field->to;
    return (struct sim_extent){ from, to, field->name };
}

static void
consider(void *context, struct sim_structure structure)
{
    struct search *search = context;

    if ((search->field->kinds & SIM_KIND_BIT(structure.kind)) == 0)
        return;
    if (search->count++ == search->index)
        search->found = range_of(search->field, structure);
}

bool
sim_locate(struct sim_extent *out, struct hf_span file, enum sim_file_class class,
           const char *name, struct sim_tape *tape, uint64_t entity)
{
    const struct sim_format *format = format_of(class);
    struct search search = { .index = 0 };

    *out = (struct sim_extent){ 0 };
    if (format == NULL)
        return false;
    search.field =
        name[0] == '\0'
            ? &format->fields[sim_draw(tape, "locate.field", entity, format->field_count)]
            : find_field(format, name);
    if (search.field == NULL)
        return false;
    format->walk(file, consider, &search);
    if (search.count > 1) {
        search.index = sim_draw(tape, "locate.index", entity, search.count);
        search.count = 0;
        format->walk(file, consider, &search);
    }
    *out = search.found;
    return search.count > 0 && out->from < out->to && out->to <= file.len;
}

/* ---- what vouches for the log ------------------------------------------------------------ */

static uint64_t
witness_of_segment(struct hf_span file)
{
    struct hf_wal_header header;
    struct hf_wal_walk walk;
    enum hf_wal_step step;
    uint64_t witness;

    if (hf_wal_header_decode(&header, file) != HF_WAL_GOOD)
        return 0;
    hf_wal_walk_init(&walk, file, &header, 0);
    witness = hf_wal_walk_probe(&walk, 0).witness;
    if (header.synced > witness)
        witness = header.synced;
    do {
        step = hf_wal_walk_next(&walk);
        if (step == HF_WAL_STEP_LINK) {
            struct hf_wal_link link = hf_wal_link_decode(walk.frame.payload);
            if (link.synced > witness)
                witness = link.synced;
        }
    } while (step == HF_WAL_STEP_GROUP || step == HF_WAL_STEP_COMMIT ||
             step == HF_WAL_STEP_LINK);
    return witness;
}

uint64_t
sim_locate_witness(struct hf_span file, enum sim_file_class class)
{
    struct hf_manifest manifest;
    struct hf_manifest_copies copies;

    if (class == SIM_FILE_WAL)
        return witness_of_segment(file);
    if (class == SIM_FILE_MANIFEST &&
        hf_manifest_decode(&manifest, &copies, file) == HF_MANIFEST_GOOD)
        return manifest.witness;
    return 0;
}

void
sim_locate_log_start(struct hf_span file, struct sim_log_start *start)
{
    struct hf_manifest manifest;
    struct hf_manifest_copies copies;

    if (hf_manifest_decode(&manifest, &copies, file) == HF_MANIFEST_GOOD &&
        manifest.number > start->manifest)
        *start = (struct sim_log_start){ manifest.number, manifest.log_first, manifest.last };
}

bool
sim_locate_link(struct hf_span file, struct hf_wal_link *link)
{
    struct hf_wal_header header;
    struct hf_wal_walk walk;

    if (hf_wal_header_decode(&header, file) != HF_WAL_GOOD)
        return false;
    hf_wal_walk_init(&walk, file, &header, 0);
    if (hf_wal_walk_next(&walk) != HF_WAL_STEP_GROUP ||
        hf_wal_walk_next(&walk) != HF_WAL_STEP_LINK)
        return false;
    *link = hf_wal_link_decode(walk.frame.payload);
    return true;
}
