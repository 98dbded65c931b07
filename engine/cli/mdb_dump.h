/*
 * mdb_dump.h - the text format that db_dump (Berkeley DB) and mdb_dump (LMDB) write.
 */
#ifndef HF_CLI_MDB_DUMP_H
#define HF_CLI_MDB_DUMP_H

#include "cli/record.h"

/*
 *   HEADER --HEADER=END--> KEY --a key--> VALUE
 *                          KEY <--a value, a record-- VALUE
 *                          KEY --DATA=END--> END
 */
enum hf_mdb_dump_state {
    HF_MDB_DUMP_HEADER,
    HF_MDB_DUMP_KEY,
    HF_MDB_DUMP_VALUE,
    HF_MDB_DUMP_END
};

enum hf_mdb_dump_format { HF_MDB_DUMP_UNKNOWN, HF_MDB_DUMP_BYTEVALUE, HF_MDB_DUMP_PRINT };

struct hf_mdb_dump {
    enum hf_mdb_dump_state state;
    enum hf_mdb_dump_format format;
    bool has_version;
};

void hf_mdb_dump_init(struct hf_mdb_dump *dump);
enum hf_parsed hf_mdb_dump_line(struct hf_mdb_dump *dump, struct hf_record *record,
                                struct hf_span line);
/* BAD unless DATA=END was seen: else the input was cut short. */
enum hf_parsed hf_mdb_dump_end(const struct hf_mdb_dump *dump, struct hf_record *record);

#endif
