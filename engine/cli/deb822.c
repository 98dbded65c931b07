/*
 * deb822.c - stanzas of fields, as Debian's policy manual describes them (chapter 5.1):
 *
 *   Package: tar           FIELD COLON VALUE; names know no case
 *   Version: 1.34          spaces around a value are none of it
 *    continued             a line that begins with a space or tab belongs to the field before
 *   # remark               left out
 *                          a line with nothing but spaces ends the stanza
 */
#include "cli/deb822.h"

#include <string.h>
#include <strings.h>

static const char *const part_names[HF_DEB822_PARTS] = { "Package", "Version", "Architecture" };

void
hf_deb822_init(struct hf_deb822 *deb)
{
    *deb = (struct hf_deb822){ 0 };
}

void
hf_deb822_fini(struct hf_deb822 *deb)
{
    for (int i = 0; i < HF_DEB822_PARTS; i++)
        hf_text_free(&deb->parts[i]);
}

static bool
is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct hf_span
trimmed(struct hf_span text)
{
    const char *at = text.at;

    while (text.len > 0 && is_space(at[0])) {
        at++;
        text.len--;
    }
    while (text.len > 0 && is_space(at[text.len - 1]))
        text.len--;
    return (struct hf_span){ at, text.len };
}

/* Which part of the key a field is; HF_DEB822_PARTS if none. */
static int
part_of(const char *name, size_t len)
{
    for (int i = 0; i < HF_DEB822_PARTS; i++)
        if (strlen(part_names[i]) == len && strncasecmp(part_names[i], name, len) == 0)
            return i;
    return HF_DEB822_PARTS;
}

static enum hf_parsed
field(struct hf_deb822 *deb, struct hf_record *record, struct hf_span line)
{
    const char *at = line.at;
    const char *colon = memchr(at, ':', line.len);

    if (colon == NULL || colon == at)
        return hf_record_bad(record, "neither a field (NAME: VALUE) nor its continuation");
    size_t name_size = (size_t)(colon - at);
    int part = part_of(at, name_size);
    if (part == HF_DEB822_PARTS)
        return HF_PARSED_MORE;
    if (deb->has_part[part])
        return hf_record_bad(record, "a second %s in one stanza", part_names[part]);

    struct hf_span value = { colon + 1, line.len - name_size - 1 };
    deb->has_part[part] = true;
    deb->parts[part].len = 0;
    return hf_text_append(&deb->parts[part], trimmed(value)) ? HF_PARSED_MORE
                                                             : HF_PARSED_NO_MEMORY;
}

/* The stanza is whole: puts its key together. */
static enum hf_parsed
finish(struct hf_deb822 *deb, struct hf_record *record)
{
    for (int i = 0; i < HF_DEB822_PARTS; i++) {
        if (!deb->has_part[i] || deb->parts[i].len == 0)
            return hf_record_bad(record, "the stanza that ends here has no %s", part_names[i]);
        if (i > 0 && !hf_text_append_char(&record->key, '/'))
            return HF_PARSED_NO_MEMORY;
        if (!hf_text_append(&record->key, hf_text_span(&deb->parts[i])))
            return HF_PARSED_NO_MEMORY;
        deb->has_part[i] = false;
    }
    deb->is_open = false;
    deb->is_done = true;
    return hf_record_check(record);
}

enum hf_parsed
hf_deb822_line(struct hf_deb822 *deb, struct hf_record *record, struct hf_span line)
{
    const char *at = line.at;

    if (deb->is_done) {
        deb->is_done = false;
        hf_record_clear(record);
    }
    if (trimmed(line).len == 0)
        return deb->is_open ? finish(deb, record) : HF_PARSED_MORE;
    if (at[0] == '#')
        return HF_PARSED_MORE;

    enum hf_parsed parsed = HF_PARSED_MORE;
    if (!is_space(at[0]))
        parsed = field(deb, record, line);
    else if (!deb->is_open)
        parsed = hf_record_bad(record, "a continuation with no field before it");
    if (parsed != HF_PARSED_MORE)
        return parsed;
    if (line.len >= HF_VALUE_SIZE_MAX - record->value.len)
        return hf_record_bad(record, "the stanza is above the limit of %u bytes",
                             HF_VALUE_SIZE_MAX);
    deb->is_open = true;
    if (!hf_text_append(&record->value, line) || !hf_text_append_char(&record->value, '\n'))
        return HF_PARSED_NO_MEMORY;
    return HF_PARSED_MORE;
}

enum hf_parsed
hf_deb822_end(struct hf_deb822 *deb, struct hf_record *record)
{
    return deb->is_open ? finish(deb, record) : HF_PARSED_MORE;
}
