/*
 * dump_fuzz.c - any bytes at all, described: each of the four dumps over every input.
 *
 * A dump judges nothing and refuses nothing. What must hold: it comes to an end, every line has
 * something in it that a terminal prints and does not obey, and the same bytes give the same
 * lines. `holdfast dump` chooses by the first bytes which of the four it is; here all are made.
 */
#include "base/crc32c.h"
#include "fuzz/dir_doors.h"
#include "fuzz/fuzz.h"
#include "fuzz/take.h"
#include "store/dump/dump.h"

struct told {
    uint64_t lines;
    uint32_t crc;
};

static void
add_line(void *context, const char *line)
{
    struct told *told = context;

    fuzz_doors_line(&told->lines, line);
    told->crc = hf_crc32c(told->crc, line, strlen(line));
}

typedef void dump_fn(const struct hf_dump *dump, struct hf_span in);

static struct told
tell(dump_fn *describe, const uint8_t *data, size_t size)
{
    struct told told = { 0 };
    struct hf_dump dump = { .line = add_line, .context = &told };
    void *copy = fuzz_copy(hf_span(data, size));

    describe(&dump, hf_span(copy, size));
    free(copy);
    return told;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static dump_fn *const dumps[] = { hf_dump_log, hf_dump_table, hf_dump_manifest,
                                      hf_dump_snapshot };

    for (size_t i = 0; i < sizeof dumps / sizeof *dumps; i++) {
        struct told told = tell(dumps[i], data, size), again = tell(dumps[i], data, size);
        HF_ASSERT(told.lines > 0);
        HF_ASSERT(told.lines == again.lines && told.crc == again.crc);
    }
    return 0;
}
