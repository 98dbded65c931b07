/*
 * deb822.h - Debian control stanzas, as in a Packages file or `apt-cache dumpavail`.
 *
 * A stanza becomes one record: its key is Package/Version/Architecture, its value all its
 * lines.
 */
#ifndef HF_CLI_DEB822_H
#define HF_CLI_DEB822_H

#include "cli/record.h"

/* The fields of the key, in its order. */
enum { HF_DEB822_PACKAGE, HF_DEB822_VERSION, HF_DEB822_ARCHITECTURE, HF_DEB822_PARTS };

struct hf_deb822 {
    bool is_open;                          /* within a stanza */
    bool is_done;                          /* a record was yielded: the next line clears it */
    struct hf_text parts[HF_DEB822_PARTS]; /* their values so far */
    bool has_part[HF_DEB822_PARTS];
};

void hf_deb822_init(struct hf_deb822 *deb);
void hf_deb822_fini(struct hf_deb822 *deb);

/* An empty line ends a stanza; the end of the input ends the last one. */
enum hf_parsed hf_deb822_line(struct hf_deb822 *deb, struct hf_record *record,
                              struct hf_span line);
enum hf_parsed hf_deb822_end(struct hf_deb822 *deb, struct hf_record *record);

#endif
