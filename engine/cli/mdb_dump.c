/*
 * mdb_dump.c - a header, then a line for each key and each value, in turn:
 *
 *   VERSION=3
 *   format=bytevalue          or print
 *   type=btree                and more lines NAME=VALUE, most of no interest here
 *   HEADER=END
 *    6b6579                   a space, then hexadecimal digits (bytevalue), or characters with
 *    76616c7565               \HH for those that do not print and \\ for a backslash (print)
 *   DATA=END
 *
 * What has no one value for each key is refused: duplicates, and data without keys.
 */
#include "cli/mdb_dump.h"

#include "cli/escape.h"

#include <string.h>

void
hf_mdb_dump_init(struct hf_mdb_dump *dump)
{
    *dump = (struct hf_mdb_dump){ .state = HF_MDB_DUMP_HEADER };
}

static bool
is_text(struct hf_span line, const char *text)
{
    return line.len == strlen(text) && memcmp(line.at, text, line.len) == 0;
}

static bool
begins_with(struct hf_span line, const char *text)
{
    return line.len >= strlen(text) && memcmp(line.at, text, strlen(text)) == 0;
}

static enum hf_parsed
header_end(struct hf_mdb_dump *dump, struct hf_record *record)
{
    if (!dump->has_version)
        return hf_record_bad(record, "the header has no line VERSION=3");
    if (dump->format == HF_MDB_DUMP_UNKNOWN)
        return hf_record_bad(record, "the header has no line format=bytevalue or format=print");
    dump->state = HF_MDB_DUMP_KEY;
    return HF_PARSED_MORE;
}

static enum hf_parsed
header_line(struct hf_mdb_dump *dump, struct hf_record *record, struct hf_span line)
{
    if (is_text(line, "HEADER=END"))
        return header_end(dump, record);
    if (line.len == 0 || memchr(line.at, '=', line.len) == NULL)
        return hf_record_bad(record, "the header has a line that is not NAME=VALUE");
    if (is_text(line, "duplicates=1") || is_text(line, "dupsort=1"))
        return hf_record_bad(record, "a database with several values a key is not supported");
    if (is_text(line, "keys=0"))
        return hf_record_bad(record, "the dump has no keys; make it with them (db_dump -k)");

    if (is_text(line, "VERSION=3"))
        dump->has_version = true;
    else if (begins_with(line, "VERSION="))
        return hf_record_bad(record, "only VERSION=3 of this format is known");
    if (is_text(line, "format=bytevalue"))
        dump->format = HF_MDB_DUMP_BYTEVALUE;
    else if (is_text(line, "format=print"))
        dump->format = HF_MDB_DUMP_PRINT;
    else if (begins_with(line, "format="))
        return hf_record_bad(record, "the format is neither bytevalue nor print");
    return HF_PARSED_MORE;
}

/* Two hexadecimal digits at in[0]; -1 if they are none. */
static int
hex_pair(const char *in, size_t len)
{
    if (len < 2)
        return -1;
    int high = hf_hex_digit(in[0]);
    int low = hf_hex_digit(in[1]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/* The bytes of one field go to `to`, which has room; false if it is malformed. */
static bool
decode(struct hf_text *to, enum hf_mdb_dump_format format, const char *in, size_t len)
{
    for (size_t i = 0; i < len;) {
        int byte = (unsigned char)in[i];
        if (format == HF_MDB_DUMP_BYTEVALUE) {
            byte = hex_pair(in + i, len - i);
            i += 2;
        } else if (byte != '\\') {
            i += 1;
        } else if (i + 1 < len && in[i + 1] == '\\') {
            i += 2;
        } else {
            byte = hex_pair(in + i + 1, len - i - 1);
            i += 3;
        }
        if (byte < 0)
            return false;
        to->at[to->len++] = (char)byte;
    }
    return true;
}

static enum hf_parsed
field(struct hf_mdb_dump *dump, struct hf_record *record, struct hf_text *to,
      struct hf_span line)
{
    const char *at = line.at;

    if (line.len == 0 || at[0] != ' ')
        return hf_record_bad(record, "a line of data does not begin with a space");
    if (!hf_text_reserve(to, line.len))
        return HF_PARSED_NO_MEMORY;
    if (!decode(to, dump->format, at + 1, line.len - 1))
        return hf_record_bad(record, dump->format == HF_MDB_DUMP_PRINT
                                         ? "a backslash is not followed by two hex digits"
                                         : "not pairs of hex digits");
    return HF_PARSED_MORE;
}

static enum hf_parsed
key_line(struct hf_mdb_dump *dump, struct hf_record *record, struct hf_span line)
{
    hf_record_clear(record);
    if (is_text(line, "DATA=END")) {
        dump->state = HF_MDB_DUMP_END;
        return HF_PARSED_MORE;
    }
    dump->state = HF_MDB_DUMP_VALUE;
    return field(dump, record, &record->key, line);
}

static enum hf_parsed
value_line(struct hf_mdb_dump *dump, struct hf_record *record, struct hf_span line)
{
    if (is_text(line, "DATA=END"))
        return hf_record_bad(record, "the last key has no value");
    dump->state = HF_MDB_DUMP_KEY;
    enum hf_parsed parsed = field(dump, record, &record->value, line);
    return parsed == HF_PARSED_MORE ? hf_record_check(record) : parsed;
}

enum hf_parsed
hf_mdb_dump_line(struct hf_mdb_dump *dump, struct hf_record *record, struct hf_span line)
{
    switch (dump->state) {
    case HF_MDB_DUMP_HEADER:
        return header_line(dump, record, line);
    case HF_MDB_DUMP_KEY:
        return key_line(dump, record, line);
    case HF_MDB_DUMP_VALUE:
        return value_line(dump, record, line);
    case HF_MDB_DUMP_END:
        break;
    }
    return hf_record_bad(record, "something follows DATA=END; dump one database at a time");
}

enum hf_parsed
hf_mdb_dump_end(const struct hf_mdb_dump *dump, struct hf_record *record)
{
    if (dump->state != HF_MDB_DUMP_END)
        return hf_record_bad(record, "the input ends before DATA=END: it was cut short");
    return HF_PARSED_MORE;
}
