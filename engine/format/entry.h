/*
 * entry.h - one version of one key, as memtables, tables and iterators hand it around.
 *
 * Entries have one order everywhere: keys ascend in byte order; of one key the newest version
 * comes first. So (key, version) names a place in that order, and (key, UINT64_MAX) is the
 * place before all versions of a key.
 */
#ifndef HF_FORMAT_ENTRY_H
#define HF_FORMAT_ENTRY_H

#include "base/span.h"

struct hf_entry {
    struct hf_span key;
    struct hf_span value; /* empty for a delete */
    uint64_t version;     /* of the commit that wrote it */
    uint64_t time_us;     /* of that commit */
    bool is_delete;
};

/* The order of entries: < 0 if (key, version) comes before (other, other_version). */
static inline int
hf_entry_compare(struct hf_span key, uint64_t version, struct hf_span other,
                 uint64_t other_version)
{
    int order = hf_span_compare(key, other);

    return order != 0 ? order : (version < other_version) - (version > other_version);
}

#endif
