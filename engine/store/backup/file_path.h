/*
 * file_path.h - a file that a user names by its path, through the door of the vfs.
 */
#ifndef HF_STORE_FILE_PATH_H
#define HF_STORE_FILE_PATH_H

#include "vfs/vfs_file.h"

/* Opens the directory that `path` leads into; *name is the rest of it. INVALID: that is none a
 * file can have; NOT_FOUND, READ_ONLY, IO, NO_MEMORY. */
enum hf_err hf_path_open(struct hf_dir **out, const char **name, const char *path,
                         struct hf_detail *detail) HF_MUST_CHECK;

#endif
