/*
 * salvage_log.c - the commits of a log, whatever has become of other parts of it.
 *
 * Groups stand on sector boundaries, so behind what cannot be read every boundary is tried for
 * the next. A header that is lost takes nothing with it: a group tells by its checksum which
 * mask it was stored with, and a second thing that fits that mask, the frame behind it, proves
 * it.
 *
 * Which commits count is decided from the newest segment backward. A segment's link, or its
 * first group, says with which version it begins; what older segments hold from there on was
 * cut away when it was made.
 *
 *     wal-3   | 101 ... 140 | 141 (cut) |
 *     wal-4                 | 141 ... 180 |        its link: behind 140
 */
#include "store/backup/salvage.h"

#include "base/crc32c.h"
#include "base/span.h"
#include "format/wal_walk.h"

#include <inttypes.h>

/* ---- one segment ------------------------------------------------------------------------- */

static struct hf_span
from(const struct hf_salvage_segment *segment, uint64_t off)
{
    return hf_span(segment->bytes.at + off, segment->bytes.size - off);
}

static bool
is_group(const struct hf_salvage_segment *segment, uint64_t off, struct hf_wal_group *group)
{
    return hf_wal_group_decode(group, from(segment, off), segment->mask_base, off) ==
               HF_WAL_GOOD &&
           group->segment == segment->number;
}

/* Takes the mask from a group whose first frame fits it, too. */
static bool
guess_mask(struct hf_salvage_segment *segment)
{
    struct hf_wal_group group;
    struct hf_wal_frame frame;
    uint32_t crc_off = HF_WAL_GROUP_SIZE - 4;

    for (uint64_t off = HF_WAL_SECTOR_MIN; off + HF_WAL_GROUP_SIZE < segment->bytes.size;
         off += HF_WAL_SECTOR_MIN) {
        const uint8_t *at = segment->bytes.at + off;
        if (hf_load_u32(at) != HF_WAL_GROUP_KIND)
            continue;
        segment->mask_base =
            hf_load_u32(at + crc_off) ^ hf_crc32c(0, at, crc_off) ^ hf_wal_mask(0, off);
        if (is_group(segment, off, &group) &&
            hf_wal_frame_decode(&frame, from(segment, off + HF_WAL_GROUP_SIZE),
                                segment->mask_base, off + HF_WAL_GROUP_SIZE) == HF_WAL_GOOD)
            return true;
    }
    return false;
}

/* Reads the header, or does without. *is_readable: there is something to walk. VERSION. */
static enum hf_err
read_header(struct hf_salvage *s, struct hf_salvage_segment *segment, bool *is_readable)
{
    struct hf_span bytes = hf_span(segment->bytes.at, segment->bytes.size);
    struct hf_wal_header header;
    enum hf_wal_verdict verdict = hf_wal_header_decode(&header, bytes);

    *is_readable = false;
    if (verdict == HF_WAL_NEWER)
        return hf_detail_set(s->detail, HF_ERR_VERSION,
                             "wal-%010u was written by a newer Holdfast",
                             (unsigned)segment->number);
    if (verdict == HF_WAL_GOOD && header.number == segment->number) {
        segment->mask_base = hf_wal_mask_base(&header);
        segment->step = header.sector;
        if (header.synced > s->witness)
            s->witness = header.synced;
        *is_readable = true;
        return HF_OK;
    }
    segment->step = HF_WAL_SECTOR_MIN;
    *is_readable = guess_mask(segment);
    if (segment->data > 0)
        hf_salvage_say(s, "wal-%010u: the header is damaged%s", (unsigned)segment->number,
                       *is_readable ? "" : ", and no group was found");
    return HF_OK;
}

static void
note_first(struct hf_salvage_segment *segment, uint64_t version)
{
    if (segment->first == 0 || version < segment->first)
        segment->first = version;
}

static void note_gap(struct hf_salvage *s, uint64_t version);
static enum hf_err keep_commit(struct hf_salvage *s, const struct hf_wal_commit *commit);

/* Walks from a good group to where it cannot be read on. */
static enum hf_err
walk_run(struct hf_salvage *s, struct hf_salvage_segment *segment, struct hf_wal_walk *walk)
{
    enum hf_wal_step step;
    enum hf_err err = HF_OK;

    while (err == HF_OK && (step = hf_wal_walk_next(walk)) < HF_WAL_STEP_END) {
        if (step == HF_WAL_STEP_GROUP) {
            note_first(segment, walk->group.first);
            /* It says what came before it, though no commit may follow: a seal stands alone. */
            if (s->keeps_commits && walk->group.first <= s->cut)
                note_gap(s, walk->group.first);
        } else if (step == HF_WAL_STEP_LINK) {
            note_first(segment, hf_wal_link_decode(walk->frame.payload).last + 1);
        } else if (step == HF_WAL_STEP_COMMIT && s->keeps_commits) {
            err = keep_commit(s, &walk->commit);
        }
    }
    if (walk->witness > s->witness)
        s->witness = walk->witness;
    if (walk->end > segment->end)
        segment->end = walk->end;
    return err;
}

/* Every group from the first boundary to the last, each commit once. */
static enum hf_err
walk_segment(struct hf_salvage *s, struct hf_salvage_segment *segment)
{
    struct hf_wal_header header = { .number = segment->number, .sector = segment->step };
    struct hf_wal_group group;
    uint64_t step = segment->step, off = step;
    enum hf_err err = HF_OK;

    while (err == HF_OK && off + HF_WAL_GROUP_SIZE <= segment->bytes.size) {
        struct hf_wal_walk walk;
        if (!is_group(segment, off, &group)) {
            off += step;
            continue;
        }
        hf_wal_walk_init(&walk, hf_span(segment->bytes.at, segment->bytes.size), &header, 0);
        walk.base = segment->mask_base;
        walk.off = walk.end = off;
        walk.next_group = group.number;
        err = walk_run(s, segment, &walk);
        uint64_t behind = walk.end > off ? walk.end : off + 1;
        off = (behind + step - 1) / step * step;
    }
    return err;
}

/* ---- which commits count ----------------------------------------------------------------- */

/* Where the segments behind the one at `index` take over: the first version of any of them. */
static uint64_t
cut_of(const struct hf_salvage *s, size_t index)
{
    uint64_t cut = UINT64_MAX;

    for (size_t i = index + 1; i < s->log_count; i++) {
        if (s->logs[i].first != 0 && s->logs[i].first < cut)
            cut = s->logs[i].first;
    }
    return cut;
}

/* The next commit that is left has `version`: what should have come before is lost; unless it
 * is in tables, of which without a manifest nobody knows whether they are all. */
static void
note_gap(struct hf_salvage *s, uint64_t version)
{
    uint64_t first = s->next > s->in_tables + 1 ? s->next : s->in_tables + 1;
    bool is_in_tables = !s->has_manifest && s->next == 0 && s->tables.count > 0;

    if (first < version && is_in_tables)
        hf_salvage_lose(s,
                        "no manifest: of commits 1 to %" PRIu64
                        " there is what the tables hold that were found",
                        version - 1);
    else if (first < version)
        hf_salvage_lose(s, "commits %" PRIu64 " to %" PRIu64 " of the log are lost", first,
                        version - 1);
    if (s->next < version)
        s->next = version;
}

static enum hf_err
keep_op(struct hf_salvage *s, const uint8_t *op)
{
    struct hf_entry entry = hf_wal_op_entry(op);

    if (op[0] == HF_WAL_DELETE_RANGE)
        return hf_salvage_keep_range(s, &entry);
    const uint8_t **ops = hf_salvage_grow(s, s->ops, s->op_count, &s->op_capacity, sizeof *ops);

    if (ops == NULL)
        return hf_detail_set(s->detail, HF_ERR_NO_MEMORY, "no memory to list the commits");
    s->ops = ops;
    ops[s->op_count++] = op;
    return HF_OK;
}

static enum hf_err
keep_commit(struct hf_salvage *s, const struct hf_wal_commit *commit)
{
    const uint8_t *at = commit->ops.at;
    enum hf_err err = HF_OK;

    if (commit->version >= s->cut || commit->version < s->next)
        return HF_OK;
    note_gap(s, commit->version);
    s->next = commit->version + 1;
    if (commit->version <= s->above)
        return HF_OK;
    s->kept_commits++;
    for (uint32_t i = 0; err == HF_OK && i < commit->count; i++) {
        err = keep_op(s, at);
        at += hf_wal_op_decode(at).size;
    }
    return err;
}

static enum hf_err
collect(struct hf_salvage *s, size_t index)
{
    struct hf_salvage_segment *segment = &s->logs[index];
    enum hf_err err;

    s->cut = cut_of(s, index);
    if (segment->first == 0 || segment->first >= s->cut)
        return HF_OK;
    note_gap(s, segment->first);
    s->kept_commits = 0;
    s->keeps_commits = true;
    err = walk_segment(s, segment);
    s->keeps_commits = false;
    hf_salvage_say(s, "wal-%010u: %" PRIu64 " commits", (unsigned)segment->number,
                   s->kept_commits);
    return err;
}

/* The last segment with something behind its header; NULL: there is none. A later one was made
 * ahead, and never begun. */
static const struct hf_salvage_segment *
last_begun(const struct hf_salvage *s)
{
    for (size_t i = s->log_count; i > 0; i--) {
        if (s->logs[i - 1].data > s->logs[i - 1].step)
            return &s->logs[i - 1];
    }
    return NULL;
}

/* What stands behind the last commit of all and cannot be read: nobody knows what it was. */
static void
judge_end(struct hf_salvage *s)
{
    const struct hf_salvage_segment *last = last_begun(s);
    uint64_t end = last == NULL ? 0 : hf_wal_position(last->number, last->end);

    if (s->next == 0 && !s->has_manifest)
        hf_salvage_lose(s, "neither a manifest nor a beginning of the log was found");
    if (end < s->witness)
        hf_salvage_lose(s,
                        "the log was durable up to %" PRIu64 " of segment %" PRIu64
                        ", and can be read up to %" PRIu64 " of segment %" PRIu64,
                        s->witness & UINT32_MAX, s->witness >> 32, end & UINT32_MAX, end >> 32);
    else if (last != NULL && last->data > last->end)
        hf_salvage_lose(s,
                        "wal-%010u: %" PRIu64 " bytes behind %" PRIu64
                        " cannot be read: lost commits, or what a crash left of one",
                        (unsigned)last->number, last->data - last->end, last->end);
}

/* ---- order ------------------------------------------------------------------------------- */

/* The order of entries. Of one commit's operations on one key the last one counts. */
static int
compare(const uint8_t *a, const uint8_t *b)
{
    struct hf_wal_op x = hf_wal_op_decode(a), y = hf_wal_op_decode(b);
    int order = hf_entry_compare(x.key, hf_wal_op_version(a), y.key, hf_wal_op_version(b));

    return order != 0 ? order : ((uintptr_t)a < (uintptr_t)b) - ((uintptr_t)a > (uintptr_t)b);
}

/* Moves the operation at `root` down to where it belongs in the heap of `count`. */
static void
sift_down(const uint8_t **ops, size_t root, size_t count)
{
    const uint8_t *op = ops[root];

    for (size_t child = 2 * root + 1; child < count; child = 2 * root + 1) {
        if (child + 1 < count && compare(ops[child], ops[child + 1]) < 0)
            child++;
        if (compare(op, ops[child]) >= 0)
            break;
        ops[root] = ops[child];
        root = child;
    }
    ops[root] = op;
}

/* A heapsort: in place, and no order of the input makes it slow. */
static void
sort_ops(struct hf_salvage *s)
{
    for (size_t root = s->op_count / 2; root > 0; root--)
        sift_down(s->ops, root - 1, s->op_count);
    for (size_t limit = s->op_count; limit > 1; limit--) {
        const uint8_t *largest = s->ops[0];
        s->ops[0] = s->ops[limit - 1];
        s->ops[limit - 1] = largest;
        sift_down(s->ops, 0, limit - 1);
    }
}

/* ---- all segments ------------------------------------------------------------------------ */

/* Reads a segment and finds out which versions it begins with. */
static enum hf_err
read_segment(struct hf_salvage *s, uint32_t number)
{
    struct hf_salvage_segment *segment = &s->logs[s->log_count];
    char name[HF_NAME_SIZE_MAX];
    bool is_readable = false;
    enum hf_err err;

    *segment = (struct hf_salvage_segment){ .number = number };
    hf_log_name(name, number, "");
    err = hf_salvage_read(s, name, &segment->bytes);
    if (err != HF_OK || segment->bytes.at == NULL)
        return err;
    s->log_count++;
    s->report.segments++;
    segment->data = hf_span_data_size(hf_span(segment->bytes.at, segment->bytes.size));
    err = read_header(s, segment, &is_readable);
    return err == HF_OK && is_readable ? walk_segment(s, segment) : err;
}

static enum hf_err
add_source(struct hf_salvage *s)
{
    struct hf_salvage_source *sources =
        hf_salvage_grow(s, s->sources, s->source_count, &s->source_capacity, sizeof *sources);

    if (sources == NULL)
        return hf_detail_set(s->detail, HF_ERR_NO_MEMORY, "no memory to read the log");
    s->sources = sources;
    sources[s->source_count++] = (struct hf_salvage_source){ .is_log = true };
    return HF_OK;
}

enum hf_err
hf_salvage_log(struct hf_salvage *s)
{
    size_t size = (s->segments.count + 1) * sizeof *s->logs;
    enum hf_err err = HF_OK;

    s->logs = hf_budget_alloc(&s->budget, size);
    if (s->logs == NULL)
        return hf_detail_set(s->detail, HF_ERR_NO_MEMORY, "no memory to read the log");
    for (size_t i = 0; err == HF_OK && i < s->segments.count; i++)
        err = read_segment(s, s->segments.list[i].number);
    for (size_t i = 0; err == HF_OK && i < s->log_count; i++)
        err = collect(s, i);
    if (err != HF_OK)
        return err;
    judge_end(s);
    sort_ops(s);
    return add_source(s);
}

void
hf_salvage_log_next(struct hf_salvage *s, struct hf_salvage_source *source)
{
    source->at_end = source->op_next == s->op_count;
    if (!source->at_end)
        source->entry = hf_wal_op_entry(s->ops[source->op_next++]);
}

void
hf_salvage_log_forget(struct hf_salvage *s)
{
    for (size_t i = 0; i < s->log_count; i++)
        hf_salvage_forget(s, &s->logs[i].bytes);
    hf_budget_free(&s->budget, s->logs, (s->segments.count + 1) * sizeof *s->logs);
    hf_budget_free(&s->budget, s->ops, s->op_capacity * sizeof *s->ops);
    s->logs = NULL;
    s->ops = NULL;
    s->log_count = s->op_count = s->op_capacity = 0;
}
