/*
 * file_name.h - the names of a database's files: a word, ten digits, a suffix while unfinished.
 *
 *     wal-0000000007     table-0000000007     manifest-0000000007     ....tmp
 */
#ifndef HF_STORE_FILE_NAME_H
#define HF_STORE_FILE_NAME_H

#include "vfs/vfs_file.h"

#include <stdint.h>

/* The name; and back, 0 if it is not exactly such a name. `word` ends with its dash. */
void hf_file_name(char name[HF_NAME_SIZE_MAX], const char *word, uint32_t number,
                  const char *suffix);
uint32_t hf_file_number(const char *name, const char *word, const char *suffix);

#endif
