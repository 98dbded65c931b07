/*
 * vfs_io.h - full transfers, made of the short ones that a system may return.
 *
 * Built on vfs_file.h alone, so both sides of the VFS have it, and the simulator attacks it.
 */
#ifndef HF_VFS_VFS_IO_H
#define HF_VFS_VFS_IO_H

#include "vfs/vfs_file.h"

/* Reads `len` bytes at `off`; *got is less only where the file ends. IO: *got were read. */
enum hf_err hf_vfs_read_full(struct hf_file *file, uint64_t off, void *to, size_t len,
                             size_t *got, struct hf_detail *detail) HF_MUST_CHECK;

/* Writes all of `from` at `off`. FULL, IO: any part of the range may have changed. */
enum hf_err hf_vfs_write_full(struct hf_file *file, uint64_t off, struct hf_span from,
                              struct hf_detail *detail) HF_MUST_CHECK;

#endif
