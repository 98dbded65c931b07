/*
 * dump_manifest.c - the bytes of a manifest, to lines: both copies, a line each table.
 *
 * A second copy that is the same is one line. A damaged one is shown as far as it can be read,
 * and said to be damaged: what it says may still help a person.
 */
#include "base/span.h"
#include "format/manifest_format.h"
#include "store/dump/dump.h"

#include <inttypes.h>

static void
say_head(const struct hf_dump *dump, const struct hf_manifest *manifest)
{
    struct hf_dump_text uuid;

    hf_dump_say(dump,
                "              manifest %u tables %u versions up to %" PRIu64 " time %" PRIu64
                " uuid %s",
                manifest->number, manifest->table_count, manifest->last, manifest->time_us,
                hf_dump_uuid(&uuid, manifest->uuid));
    hf_dump_say(dump,
                "              the log goes on in segment %u, witness %" PRIu64 ":%" PRIu64
                " floor %" PRIu64 " next number %u",
                manifest->log_first, manifest->witness >> 32, manifest->witness & UINT32_MAX,
                manifest->floor, manifest->number_next);
}

static void
say_tables(const struct hf_dump *dump, struct hf_span in, struct hf_manifest manifest)
{
    struct hf_table_info info;
    struct hf_dump_text min, max;
    enum hf_manifest_verdict verdict;
    uint64_t off = (uint64_t)((const uint8_t *)manifest.rest.at - (const uint8_t *)in.at);

    while ((verdict = hf_manifest_next(&manifest, &info)) == HF_MANIFEST_GOOD) {
        hf_dump_say_at(dump, off,
                       "table %u level %u size %" PRIu64 " entries %" PRIu64 " deletes %" PRIu64
                       " versions %" PRIu64 "..%" PRIu64 " keys %s %s %s",
                       info.number, info.level, info.size, info.entries, info.deletes,
                       info.version_min, info.version_max, hf_dump_escape(&min, info.key_min),
                       info.max_is_open ? "up to" : "..",
                       info.key_max.len == 0 ? "the end" : hf_dump_escape(&max, info.key_max));
        off = (uint64_t)((const uint8_t *)manifest.rest.at - (const uint8_t *)in.at);
    }
    if (verdict != HF_MANIFEST_END)
        hf_dump_say_at(dump, off, "no further table can be made out");
}

static void
dump_copy(const struct hf_dump *dump, struct hf_span in, uint32_t copy,
          enum hf_manifest_verdict verdict)
{
    struct hf_manifest manifest;
    uint64_t off;

    if (hf_manifest_peek(&manifest, &off, in, copy) != HF_MANIFEST_GOOD) {
        hf_dump_say_at(dump, off, "copy %u: no manifest", copy);
        return;
    }
    hf_dump_say_at(dump, off, "copy %u format %u%s", copy, manifest.format,
                   verdict == HF_MANIFEST_GOOD    ? ""
                   : verdict == HF_MANIFEST_NEWER ? ": a newer Holdfast wrote it"
                                                  : ", damaged; what it says may be wrong:");
    if (verdict == HF_MANIFEST_NEWER)
        return;
    say_head(dump, &manifest);
    say_tables(dump, in, manifest);
}

void
hf_dump_manifest(const struct hf_dump *dump, struct hf_span in)
{
    struct hf_manifest manifest;
    struct hf_manifest_copies copies;
    enum hf_manifest_verdict verdict = hf_manifest_decode(&manifest, &copies, in);
    uint64_t off;

    dump_copy(dump, in, 0, copies.copy[0]);
    bool are_same = verdict == HF_MANIFEST_GOOD && copies.copy[0] == HF_MANIFEST_GOOD &&
                    copies.copy[1] == HF_MANIFEST_GOOD;
    if (are_same && hf_manifest_peek(&manifest, &off, in, 1) == HF_MANIFEST_GOOD)
        hf_dump_say_at(dump, off, "copy 1, the same");
    else
        dump_copy(dump, in, 1, copies.copy[1]);
    if (verdict == HF_MANIFEST_BAD && copies.copy[0] == HF_MANIFEST_GOOD &&
        copies.copy[1] == HF_MANIFEST_GOOD)
        hf_dump_say(dump, "              the copies do not say the same: refused");
    if (copies.extra != 0)
        hf_dump_say_at(dump, in.len - copies.extra, "behind the manifest: %" PRIu64 " bytes",
                       copies.extra);
}
