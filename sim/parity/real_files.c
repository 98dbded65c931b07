/*
 * real_files.c - the posix side of the VFS, compiled once more under other names: the very code
 * that ships, calling the real system, with memory of its own and not the machine's.
 */
#define hf_dir real_dir
#define hf_file real_file
#define hf_dir_open real_dir_open
#define hf_dir_close real_dir_close
#define hf_dir_lock real_dir_lock
#define hf_dir_unlock real_dir_unlock
#define hf_dir_check_name real_dir_check_name
#define hf_dir_list real_dir_list
#define hf_dir_sync real_dir_sync
#define hf_dir_rename real_dir_rename
#define hf_dir_link real_dir_link
#define hf_dir_remove real_dir_remove
#define hf_file_open real_file_open
#define hf_file_close real_file_close
#define hf_file_size real_file_size
#define hf_file_read real_file_read
#define hf_file_write real_file_write
#define hf_file_sync real_file_sync
#define hf_file_truncate real_file_truncate
#define hf_env_alloc malloc
#define hf_env_free free

#include "engine/vfs/vfs_file_posix.c"
