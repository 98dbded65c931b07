/*
 * dump_test.c - the dump tells what is there, and damage hides nothing but what it hit.
 *
 * Method: the golden files of the formats must give the lines written down here. Then each byte
 * of each of them is damaged in two ways, and each is cut at every length: the dump says
 * something else than of the sound file, and of a table or a snapshot it still has the line of
 * every block that was not hit. Seeded random damage on top. Every line must be printable
 * ASCII. Last, directories of real databases, with files that are missing, left over, foreign,
 * unreadable, or go away while they are described.
 *
 * Catches a walk that is lost at the first damage, a checksum that is not looked at, and a file
 * that ends the account of all others.
 */
#define _GNU_SOURCE
#include "base/crc32c.h"
#include "base/span.h"
#include "base/tap.h"
#include "store/dump/dump.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEEDS 500u
#define LINES_MAX 512u
#define LINE_MAX 1024u

/* What a dump said. */
static struct lines {
    char text[LINES_MAX][LINE_MAX];
    uint32_t count;
    bool is_printable;
    const char *removes; /* a file that goes when the first line comes; NULL: none */
} said, sound;

static void
keep_line(void *context, const char *line)
{
    struct lines *lines = context;

    if (lines->removes != NULL)
        unlink(lines->removes);
    lines->removes = NULL;
    for (const char *at = line; *at != 0; at++)
        lines->is_printable = lines->is_printable && *at >= 0x20 && *at < 0x7f;
    if (lines->count < LINES_MAX)
        snprintf(lines->text[lines->count++], LINE_MAX, "%s", line);
}

static void
begin_lines(struct lines *lines)
{
    lines->count = 0;
    lines->is_printable = true;
    lines->removes = NULL;
}

static bool
has_line(const struct lines *lines, const char *line)
{
    for (uint32_t i = 0; i < lines->count; i++) {
        if (strcmp(lines->text[i], line) == 0)
            return true;
    }
    return false;
}

/* How many lines contain `part`. */
static uint32_t
count_with(const struct lines *lines, const char *part)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < lines->count; i++)
        count += strstr(lines->text[i], part) != NULL;
    return count;
}

static bool
are_same(const struct lines *a, const struct lines *b)
{
    bool same = a->count == b->count;

    for (uint32_t i = 0; same && i < a->count; i++)
        same = strcmp(a->text[i], b->text[i]) == 0;
    return same;
}

static void
show_lines(const struct lines *lines)
{
    for (uint32_t i = 0; i < lines->count; i++)
        printf("#   %s\n", lines->text[i]);
}

/* ---- golden files ------------------------------------------------------------------------ */

typedef void dump_fn(const struct hf_dump *dump, struct hf_span in);

static const struct golden {
    const char *path;
    dump_fn *dump;
    size_t void_off, void_limit; /* what stands here carries nothing */
    const char *lines[24];
} goldens[] = {
    { "engine/format/golden/wal-format-1.segment",
      hf_dump_log,
      60,
      512,
      {
          "           0  header format 1 sector 512 segment 7 prepared 3072 synced 0:0 uuid "
          "7369787465656e206279746573206964",
          "         512  group 0 first version 41 synced 0:77",
          "         544  link to segment 6, its end 1234, version 40",
          "         582  commit version 41 time 1000041 operations 2",
          "              put key = value (5 bytes)",
          "              delete gone",
          "         646  commit version 42 time 1000042 operations 2",
          "              put key = value (5 bytes)",
          "              delete gone",
          "        1024  group 1 first version 43 synced 7:710",
          "        1056  commit version 43 time 1000043 operations 2",
          "              put key = value (5 bytes)",
          "              delete gone",
          "        1536  group 2 first version 44 synced 7:1120",
          "        1568  seal after version 43, next segment 0",
          "        1590  end: nothing but zeros behind",
      } },
    { "engine/format/golden/table-format-1.table",
      hf_dump_table,
      0,
      0,
      {
          "           0  meta format 1 table 7 size 4584 entries 5 deletes 1 versions 41..43 "
          "uuid 7369787465656e206279746573206964",
          "              root 247+62 levels of index 1 filter 309 x 1 samples 4417+23",
          "              keys and values 34 bytes, largest block 62, expanded 160",
          "         144  data 54 bytes, entries 3: gone @42 delete .. key @41",
          "         198  data 49 bytes, entries 2: keys @42 .. zebra @41",
          "         247  index 62 bytes, the root, entries 2: key @41 at 144+54 .. zebra @41 "
          "at 198+49",
          "         309  filter 4108 bytes, bits set 24 of 32768",
          "        4417  samples 23 bytes, 2: version 41 time 1000041 .. version 43 time "
          "1002043",
          "        4440  meta again, the same",
      } },
    { "engine/format/golden/manifest-format-1.manifest",
      hf_dump_manifest,
      0,
      0,
      {
          "           0  copy 0 format 1",
          "              manifest 9 tables 3 versions up to 5000 time 1700000000000000 uuid "
          "7369787465656e206279746573206964",
          "              the log goes on in segment 4, witness 4:4096 floor 1200 next number "
          "12",
          "          88  table 11 level 0 size 8192 entries 30 deletes 4 versions 4801..5000 "
          "keys apple .. pear",
          "         149  table 3 level 1 size 65536 entries 700 deletes 0 versions 1..4000 "
          "keys a .. mango\\x00tree",
          "         212  table 10 level 1 size 40960 entries 350 deletes 350 versions 7..4800 "
          "keys plum .. plum",
          "        4096  copy 1, the same",
      } },
    { "engine/format/golden/snapshot-format-1.snapshot",
      hf_dump_snapshot,
      0,
      0,
      {
          "           0  header format 1 version 9 time 9000 base 0, full",
          "          48  identity uuid 75756964206f66207369787465656e2c lineage "
          "6c696e656167652061732077656c6c2e",
          "          92  samples 20 bytes, 2: version 1 time 100 .. version 3 time 150",
          "         112  samples 19 bytes, 1: version 9 time 150",
          "         168  data 52 bytes, entries 2: a @3 .. b @1",
          "         220  data 69 bytes, entries 3: c @9 .. e @2",
          "         354  end: all adds up",
      } },
};

#define GOLDENS (sizeof goldens / sizeof goldens[0])

static uint8_t *
read_whole(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = malloc(1u << 16);

    *size = file == NULL || bytes == NULL ? 0 : fread(bytes, 1, 1u << 16, file);
    if (file != NULL)
        fclose(file);
    return bytes;
}

/* The lines of bytes that stand in memory of exactly their length. */
static void
dump_copy(struct lines *lines, dump_fn *dump, const uint8_t *bytes, size_t size)
{
    struct hf_dump to = { keep_line, lines };
    uint8_t *copy = malloc(size + (size == 0));

    begin_lines(lines);
    if (size > 0)
        memcpy(copy, bytes, size);
    dump(&to, hf_span(copy, size));
    free(copy);
}

static void
test_golden(const struct golden *golden, const uint8_t *bytes, size_t size)
{
    uint32_t count = 0;
    bool held = true;

    dump_copy(&sound, golden->dump, bytes, size);
    for (; count < 24 && golden->lines[count] != NULL; count++)
        held =
            held && count < sound.count && strcmp(sound.text[count], golden->lines[count]) == 0;
    TAP_OK(held && count == sound.count && sound.is_printable, "%s: its %u lines", golden->path,
           count);
    if (!held)
        show_lines(&sound);
}

/* ---- damage ------------------------------------------------------------------------------ */

/* The offset in the column of a line; UINT64_MAX: there is none. */
static uint64_t
off_of(const char *line)
{
    char *end;
    unsigned long long off = strtoull(line, &end, 10);

    return end == line || end - line != 12 ? UINT64_MAX : off;
}

static bool
is_block(const char *line)
{
    static const char *const words[] = { "data ", "index ", "filter ", "samples " };

    for (size_t i = 0; strlen(line) > 14 && i < sizeof words / sizeof words[0]; i++) {
        if (strncmp(line + 14, words[i], strlen(words[i])) == 0)
            return true;
    }
    return false;
}

/* Whether every line of the sound file about a block without the byte at `hit` is there. */
static bool
others_are_there(size_t hit)
{
    for (uint32_t i = 0; i + 1 < sound.count; i++) {
        const char *line = sound.text[i];
        if (!is_block(line) || (off_of(line) <= hit && hit < off_of(sound.text[i + 1])))
            continue;
        if (!has_line(&said, line))
            return false;
    }
    return true;
}

static void
test_every_byte(const struct golden *golden, uint8_t *bytes, size_t size)
{
    bool held = true;
    size_t off = 0;

    dump_copy(&sound, golden->dump, bytes, size);
    for (; held && off < 2 * size; off++) {
        size_t hit = off / 2;
        uint8_t bits = off % 2 == 0 ? (uint8_t)(1u << hit % 8) : 0xff;
        bytes[hit] ^= bits;
        dump_copy(&said, golden->dump, bytes, size);
        bytes[hit] ^= bits;
        bool matters = hit < golden->void_off || hit >= golden->void_limit;
        held = said.is_printable && are_same(&said, &sound) != matters && others_are_there(hit);
    }
    TAP_OK(held, "%s: each byte damaged: said, and the blocks beside it are still there",
           golden->path);
    if (!held) {
        printf("# at %zu\n", (off - 1) / 2);
        show_lines(&said);
    }
}

static void
test_every_length(const struct golden *golden, uint8_t *bytes, size_t size)
{
    size_t length = 0, meaning = size;
    bool held = true;

    while (meaning > 0 && bytes[meaning - 1] == 0)
        meaning--;
    dump_copy(&sound, golden->dump, bytes, size);
    for (; held && length < meaning; length++) {
        dump_copy(&said, golden->dump, bytes, length);
        held = said.is_printable && said.count > 0 && !are_same(&said, &sound);
    }
    TAP_OK(held, "%s: each shorter length is said to be short", golden->path);
    if (!held) {
        printf("# %zu of %zu bytes\n", length - 1, size);
        show_lines(&said);
    }
}

static uint64_t random_state;

static uint64_t
random_below(uint64_t bound)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state % bound;
}

/* Runs of small numbers, which lengths and kinds are, and of anything. */
static void
test_random_damage(const struct golden *golden, const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size);
    bool held = true;

    for (uint64_t seed = 1; held && seed <= SEEDS; seed++) {
        random_state = seed * UINT64_C(0x9E3779B97F4A7C15);
        memcpy(copy, bytes, size);
        for (uint64_t left = 1 + random_below(8); left > 0; left--) {
            uint64_t at = random_below(size), run = 1 + random_below(64);
            uint64_t bound = random_below(2) == 0 ? 8 : 256;
            for (uint64_t i = at; i < at + run && i < size; i++)
                copy[i] = (uint8_t)random_below(bound);
        }
        for (size_t i = 0; held && i < GOLDENS; i++) {
            dump_copy(&said, goldens[i].dump, copy, size);
            held = said.is_printable && said.count > 0 && said.count < LINES_MAX;
        }
    }
    TAP_OK(held, "%s: %u random damages, taken for each kind of file, are described",
           golden->path, SEEDS);
    free(copy);
}

/* The golden files that are damaged or newer: `part` is in so many of their lines. */
static void
test_refused(void)
{
    static const struct {
        const char *path, *part;
        dump_fn *dump;
        uint32_t count;
    } files[] = {
        { "wal-format-1-damaged.segment", "1008 bytes of data, 2 valid group headers",
          hf_dump_log, 1 },
        { "wal-format-2-header.segment", "format 2: newer", hf_dump_log, 1 },
        { "table-format-1-damaged.table", "its checksum does not hold", hf_dump_table, 1 },
        { "table-format-2-meta.table", "format 2: newer", hf_dump_table, 1 },
        { "manifest-format-1-damaged.manifest", "damaged; ", hf_dump_manifest, 1 },
        { "manifest-format-1-refused.manifest", "damaged; ", hf_dump_manifest, 2 },
        { "manifest-format-2.manifest", "a newer Holdfast", hf_dump_manifest, 2 },
        { "snapshot-format-1-damaged.snapshot", "damaged: a restore", hf_dump_snapshot, 1 },
        { "snapshot-format-2.snapshot", "a newer Holdfast", hf_dump_snapshot, 1 },
    };
    char name[128];
    size_t size;

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(name, sizeof name, "engine/format/golden/%s", files[i].path);
        uint8_t *bytes = read_whole(name, &size);
        dump_copy(&said, files[i].dump, bytes, size);
        TAP_OK(size > 0 && count_with(&said, files[i].part) == files[i].count, "%s: \"%s\"",
               name, files[i].part);
        free(bytes);
    }
}

/* The last byte of the second copy's floor is another one, and its checksum holds. */
static void
test_copies_disagree(uint8_t *bytes, size_t size)
{
    uint8_t *copy = bytes + size / 2;

    copy[79] ^= 1;
    hf_store_u32(copy + size / 2 - 4, hf_crc32c(0, copy, size / 2 - 4));
    dump_copy(&said, hf_dump_manifest, bytes, size);
    TAP_OK(count_with(&said, "the copies do not say the same") == 1 &&
               count_with(&said, "table 11 ") == 2 && count_with(&said, "damaged") == 0,
           "a manifest whose sound copies disagree: both are shown");
}

/* Without a meta there is no checksum to be had; what adds up is shown all the same. */
static void
test_no_meta(uint8_t *bytes, size_t size)
{
    dump_copy(&sound, hf_dump_table, bytes, size);
    memset(bytes, 0, HF_TABLE_META_SIZE);
    memset(bytes + size - HF_TABLE_META_SIZE, 0, HF_TABLE_META_SIZE);
    dump_copy(&said, hf_dump_table, bytes, size);
    TAP_OK(count_with(&said, "no valid meta") == 2 && has_line(&said, sound.text[3]) &&
               has_line(&said, sound.text[4]) && count_with(&said, "filter 4108") == 1,
           "a table without a meta: its blocks are shown");
}

/* Heads of large blocks, one in each eight bytes: the worst that a search can meet. */
static void
test_search_is_bounded(void)
{
    enum { SIZE = 1 << 20 };
    struct hf_dump_memory memory = { .at = NULL };
    uint8_t *bytes = calloc(1, SIZE);
    struct hf_dump_walk walk = {
        .in = hf_span(bytes, SIZE),
        .limit = SIZE,
        .is_checked = true,
        .memory = &memory,
    };
    uint32_t steps = 0;

    for (size_t i = 0; i + 8 <= SIZE; i += 8) {
        bytes[i] = HF_BLOCK_DATA;
        bytes[i + 6] = 4;
    }
    while (hf_dump_walk_next(&walk) != HF_DUMP_LIMIT)
        steps++;
    TAP_OK(walk.searched > SIZE && walk.searched < UINT64_C(32) * SIZE && steps > 0,
           "a search looks at no more than a multiple of the file");
    hf_dump_memory_fini(&memory);
    free(bytes);
}

/* ---- directories ------------------------------------------------------------------------- */

static char root[256], path[320];

static char *
in_path(const char *name)
{
    static char text[2][420];
    static int turn;

    snprintf(text[turn ^= 1], sizeof text[0], "%s/%s", path, name);
    return text[turn];
}

static void
write_file(const char *name, const char *content)
{
    FILE *file = fopen(in_path(name), "wb");

    if (file == NULL || fputs(content, file) < 0 || fclose(file) != 0)
        printf("# cannot write %s\n", name);
}

/* A new database with three tables. */
static bool
make_database(void)
{
    static int number;
    struct hf_options options = HF_OPTIONS_INIT;
    struct hf_error error = { HF_OK, "" };
    struct hf_db *db = NULL;

    options.flags |= HF_BACKGROUND_CALLER;
    options.segment_size = 64u << 10;
    snprintf(path, sizeof path, "%s/db%d", root, number++);
    enum hf_err err = hf_open(&db, path, &options, &error);
    for (int i = 0; err == HF_OK && i < 3; i++) {
        err = hf_put(db, hf_span("kelp", 4), hf_span("brown", 5), 0, NULL);
        if (err == HF_OK)
            err = hf_flush(db);
    }
    if (db != NULL && hf_close(db) != HF_OK)
        err = HF_ERR_IO;
    if (err != HF_OK)
        printf("# %s %s\n", hf_err_name(err), error.text);
    return err == HF_OK;
}

/* The name of the first file, in their order, that begins with `word`. */
static const char *
first_file(const char *word)
{
    static char name[256];
    struct dirent **list;
    int count = scandir(path, &list, NULL, alphasort);

    name[0] = 0;
    if (count < 0)
        return name;
    for (int i = 0; i < count; i++) {
        if (name[0] == 0 && strncmp(list[i]->d_name, word, strlen(word)) == 0)
            snprintf(name, sizeof name, "%s", list[i]->d_name);
        free(list[i]);
    }
    free(list);
    return name;
}

static enum hf_err
dump_path(const char *what, struct hf_error *error)
{
    begin_lines(&said);
    return hf_dump(what, keep_line, &said, error);
}

static void
test_directory(void)
{
    struct hf_error error = { HF_OK, "" };
    bool held = make_database() && dump_path(path, &error) == HF_OK && said.is_printable;

    TAP_OK(held && strncmp(said.text[0], "manifest-", 9) == 0 &&
               count_with(&said, "table-") == 3 && count_with(&said, "kelp @") >= 3,
           "a directory: the manifest comes first, then each table");
    TAP_OK(count_with(&said, "LOCK") == 0 && count_with(&said, "not named") == 0 &&
               count_with(&said, "missing") == 0,
           "of a whole database nothing is missing, and nothing too much");
    if (!held)
        show_lines(&said);
}

static void
test_missing_and_left_over(void)
{
    struct hf_error error = { HF_OK, "" };
    char line[400], named[300];
    bool held = make_database();

    snprintf(named, sizeof named, "%s", first_file("table-"));
    held = held && rename(in_path(named), in_path("table-0000000077")) == 0;
    write_file("notes.txt", "of a person\n");
    held = held && dump_path(path, &error) == HF_OK;
    snprintf(line, sizeof line, "%s: missing, though manifest-", named);
    TAP_OK(held && count_with(&said, line) == 1, "a table that is named and not there");
    TAP_OK(count_with(&said, "table-0000000077: ") == 1 &&
               count_with(&said, "bytes, not named by manifest-") == 1,
           "a table that is there and not named");
    TAP_OK(has_line(&said, "notes.txt: 12 bytes, no file of a database"), "a foreign file");
    if (!held)
        show_lines(&said);
}

static void
test_unreadable(void)
{
    struct hf_error error = { HF_OK, "" };
    bool held = make_database() && mkdir(in_path("table-0000000000"), 0700) == 0 &&
                mkdir(in_path("table-0000000001.tmp"), 0700) == 0;
    enum hf_err err = dump_path(path, &error);

    TAP_OK(held && err == HF_ERR_IO && strstr(error.text, "table-0000000001.tmp") != NULL,
           "what cannot be read is the result: %s", error.text);
    TAP_OK(count_with(&said, "table-0000000001.tmp: cannot be read: ") == 1 &&
               count_with(&said, "wal-") >= 1 && count_with(&said, "kelp @") >= 3,
           "and has a line, and all others are described");
}

static void
test_gone_meanwhile(void)
{
    struct hf_error error = { HF_OK, "" };
    bool held = make_database();
    char line[300];

    begin_lines(&said);
    snprintf(line, sizeof line, "%s: gone meanwhile", first_file("wal-"));
    said.removes = in_path(first_file("wal-"));
    TAP_OK(held && hf_dump(path, keep_line, &said, &error) == HF_OK && has_line(&said, line),
           "a file that goes while a database is at work is no failure");
}

static void
test_one_file(void)
{
    struct hf_error error = { HF_OK, "" };
    bool held = make_database();
    const char *segment = in_path(first_file("wal-"));

    held = held && truncate(segment, 100) == 0;
    TAP_OK(held && dump_path(segment, &error) == HF_OK && said.count == 3 &&
               strcmp(said.text[2],
                      "         100  the file ends here, inside the sector of its header") == 0,
           "a segment that was cut in its first sector is not said to end in order");
    held = rename(segment, in_path("table-0000000055")) == 0;
    TAP_OK(held && dump_path(in_path("table-0000000055"), &error) == HF_OK &&
               strstr(said.text[0], ": 100 bytes, and not what its name says") != NULL &&
               count_with(&said, "header format") == 1,
           "a file is taken for what its first bytes say");
    TAP_OK(dump_path(in_path("nowhere"), &error) == HF_ERR_NOT_FOUND && said.count == 0,
           "a file that is not there is an error: %s", error.text);
}

int
main(void)
{
    const char *scratch = getenv("TMPDIR");
    char command[320];

    snprintf(root, sizeof root, "%.200s/holdfast-dump-XXXXXX", scratch != NULL ? scratch : ".");
    if (mkdtemp(root) == NULL)
        return 1;
    printf("# random damage has the seeds 1 to %u\n", SEEDS);
    for (size_t i = 0; i < GOLDENS; i++) {
        size_t size;
        uint8_t *bytes = read_whole(goldens[i].path, &size);
        test_golden(&goldens[i], bytes, size);
        test_every_byte(&goldens[i], bytes, size);
        test_every_length(&goldens[i], bytes, size);
        test_random_damage(&goldens[i], bytes, size);
        if (goldens[i].dump == hf_dump_table)
            test_no_meta(bytes, size);
        if (goldens[i].dump == hf_dump_manifest)
            test_copies_disagree(bytes, size);
        free(bytes);
    }
    test_refused();
    test_search_is_bounded();
    test_directory();
    test_missing_and_left_over();
    test_unreadable();
    test_gone_meanwhile();
    test_one_file();
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    if (system(command) != 0)
        printf("# %s is left\n", root);
    return tap_done();
}
