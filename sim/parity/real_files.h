/*
 * real_files.h - the posix side of vfs_file.h under names of its own, so that it can stand
 * beside the simulated side in one program. See vfs_file.h for what each call does.
 */
#ifndef SIM_PARITY_REAL_FILES_H
#define SIM_PARITY_REAL_FILES_H

#include "vfs/vfs_file.h"

struct real_dir;
struct real_file;

enum hf_err real_dir_open(struct real_dir **out, const char *path, unsigned flags,
                          struct hf_detail *detail);
void real_dir_close(struct real_dir *dir);
enum hf_err real_dir_lock(struct real_dir *dir, bool exclusive, struct hf_detail *detail);
void real_dir_unlock(struct real_dir *dir);
enum hf_err real_dir_check_name(struct real_dir *dir, const char *name,
                                struct hf_detail *detail);
enum hf_err real_dir_list(struct real_dir *dir, hf_name_fn *visit, void *context,
                          struct hf_detail *detail);
enum hf_err real_dir_sync(struct real_dir *dir, struct hf_detail *detail);
enum hf_err real_dir_rename(struct real_dir *dir, const char *from, const char *to,
                            struct hf_detail *detail);
enum hf_err real_dir_link(struct real_dir *from, const char *name, struct real_dir *to,
                          struct hf_detail *detail);
enum hf_err real_dir_remove(struct real_dir *dir, const char *name, struct hf_detail *detail);

enum hf_err real_file_open(struct real_file **out, struct real_dir *dir, const char *name,
                           enum hf_file_open how, struct hf_detail *detail);
void real_file_close(struct real_file *file);
enum hf_err real_file_size(struct real_file *file, uint64_t *size, struct hf_detail *detail);
enum hf_err real_file_read(struct real_file *file, uint64_t off, void *to, size_t len,
                           size_t *got, struct hf_detail *detail);
enum hf_err real_file_write(struct real_file *file, uint64_t off, struct hf_span from,
                            size_t *put, struct hf_detail *detail);
enum hf_err real_file_sync(struct real_file *file, struct hf_detail *detail);
enum hf_err real_file_truncate(struct real_file *file, uint64_t size, struct hf_detail *detail);

#endif
