/*
 * both.c - every call of the engine made twice: on the simulated machine and on real files.
 *
 * The simulator stands or falls with its model of a file system. Here the linker puts this
 * file between engine and machine (--wrap, see wrap.flags): a call goes to the simulated side
 * and, through the very code that ships, to the real system, and both must answer alike: the
 * same code, sizes, bytes and names. By induction over the calls the engine then does on real
 * files what it does on the simulated ones, at the simulated clock. At the end of each life all
 * files are compared. This holds where no fault strikes: one that does is a difference.
 *
 * A handle here is a pair. The engine sees it as the opaque one of vfs_file.h.
 */
#include "sim/parity/mirror.h"
#include "sim/parity/real_files.h"

#include <stdlib.h>
#include <string.h>

/* What the linker calls the simulated side, and what it calls instead. The names are its. */
#define SIDES(type, name, ...)                                                                 \
    type __real_##name(__VA_ARGS__);                                                           \
    type __wrap_##name(__VA_ARGS__);                                                           \
    type __wrap_##name(__VA_ARGS__)

struct hf_dir {
    struct hf_dir *sim;
    struct real_dir *real;
};

struct hf_file {
    struct hf_file *sim;
    struct real_file *real;
};

static void *
new_pair(size_t size)
{
    void *pair = calloc(1, size);

    if (pair == NULL)
        mirror_differs("no memory");
    return pair;
}

static enum hf_err
same_code(const char *call, const char *name, enum hf_err sim, enum hf_err real)
{
    if (sim != real)
        mirror_differs("%s %s: %s on the machine, %s on real files", call, name,
                       hf_err_name(sim), hf_err_name(real));
    return sim;
}

static void
same_number(const char *call, uint64_t sim, uint64_t real)
{
    if (sim != real)
        mirror_differs("%s: %llu on the machine, %llu on real files", call,
                       (unsigned long long)sim, (unsigned long long)real);
}

/* ---- runs and lives ---------------------------------------------------------------------- */

SIDES(void, sim_machine_reset, struct sim_machine *machine,
      const struct sim_machine_config *config, struct sim_tape *tape)
{
    mirror_reset();
    __real_sim_machine_reset(machine, config, tape);
}

SIDES(void, sim_machine_clear, struct sim_machine *machine, const char *path)
{
    mirror_clear(path);
    __real_sim_machine_clear(machine, path);
}

SIDES(enum sim_end, sim_machine_life, struct sim_machine *machine, void (*run)(void *),
      void *context)
{
    enum sim_end end = __real_sim_machine_life(machine, run, context);

    mirror_compare(&machine->disk);
    return end;
}

/* ---- folders and names ------------------------------------------------------------------- */

SIDES(enum hf_err, hf_dir_open, struct hf_dir **out, const char *path, unsigned flags,
      struct hf_detail *detail)
{
    struct hf_dir *dir = new_pair(sizeof *dir);
    enum hf_err err =
        same_code("open folder", path, __real_hf_dir_open(&dir->sim, path, flags, detail),
                  real_dir_open(&dir->real, mirror_path(path), flags, NULL));

    *out = err == HF_OK ? dir : NULL;
    if (err != HF_OK)
        free(dir);
    return err;
}

SIDES(void, hf_dir_close, struct hf_dir *dir)
{
    if (dir == NULL)
        return;
    __real_hf_dir_close(dir->sim);
    real_dir_close(dir->real);
    free(dir);
}

SIDES(enum hf_err, hf_dir_lock, struct hf_dir *dir, bool exclusive, struct hf_detail *detail)
{
    return same_code("lock", "", __real_hf_dir_lock(dir->sim, exclusive, detail),
                     real_dir_lock(dir->real, exclusive, NULL));
}

SIDES(void, hf_dir_unlock, struct hf_dir *dir)
{
    __real_hf_dir_unlock(dir->sim);
    real_dir_unlock(dir->real);
}

SIDES(enum hf_err, hf_dir_check_name, struct hf_dir *dir, const char *name,
      struct hf_detail *detail)
{
    return same_code("check", name, __real_hf_dir_check_name(dir->sim, name, detail),
                     real_dir_check_name(dir->real, name, NULL));
}

/* Names of a listing, each with its end, added up so that their order does not matter. */
struct listing {
    hf_name_fn *visit;
    void *context;
    uint64_t count, sum;
};

static enum hf_err
add_name(void *context, const char *name)
{
    struct listing *listing = context;
    uint64_t hash = UINT64_C(0xCBF29CE484222325);

    for (const char *at = name; *at != '\0'; at++)
        hash = (hash ^ (unsigned char)*at) * UINT64_C(0x100000001B3);
    listing->count++;
    listing->sum += hash;
    return listing->visit == NULL ? HF_OK : listing->visit(listing->context, name);
}

SIDES(enum hf_err, hf_dir_list, struct hf_dir *dir, hf_name_fn *visit, void *context,
      struct hf_detail *detail)
{
    struct listing sim = { visit, context, 0, 0 }, real = { NULL, NULL, 0, 0 };
    enum hf_err err = __real_hf_dir_list(dir->sim, add_name, &sim, detail);

    if (err != HF_OK)
        return err; /* the visitor's own; it has not seen all */
    same_code("list", "", err, real_dir_list(dir->real, add_name, &real, NULL));
    same_number("list: names", sim.count, real.count);
    same_number("list: hash of the names", sim.sum, real.sum);
    return err;
}

SIDES(enum hf_err, hf_dir_sync, struct hf_dir *dir, struct hf_detail *detail)
{
    return same_code("sync folder", "", __real_hf_dir_sync(dir->sim, detail),
                     real_dir_sync(dir->real, NULL));
}

SIDES(enum hf_err, hf_dir_rename, struct hf_dir *dir, const char *from, const char *to,
      struct hf_detail *detail)
{
    return same_code("rename", from, __real_hf_dir_rename(dir->sim, from, to, detail),
                     real_dir_rename(dir->real, from, to, NULL));
}

SIDES(enum hf_err, hf_dir_link, struct hf_dir *from, const char *name, struct hf_dir *to,
      struct hf_detail *detail)
{
    return same_code("link", name, __real_hf_dir_link(from->sim, name, to->sim, detail),
                     real_dir_link(from->real, name, to->real, NULL));
}

SIDES(enum hf_err, hf_dir_remove, struct hf_dir *dir, const char *name,
      struct hf_detail *detail)
{
    return same_code("remove", name, __real_hf_dir_remove(dir->sim, name, detail),
                     real_dir_remove(dir->real, name, NULL));
}

/* ---- files ------------------------------------------------------------------------------- */

SIDES(enum hf_err, hf_file_open, struct hf_file **out, struct hf_dir *dir, const char *name,
      enum hf_file_open how, struct hf_detail *detail)
{
    struct hf_file *file = new_pair(sizeof *file);
    enum hf_err err =
        same_code("open", name, __real_hf_file_open(&file->sim, dir->sim, name, how, detail),
                  real_file_open(&file->real, dir->real, name, how, NULL));

    *out = err == HF_OK ? file : NULL;
    if (err != HF_OK)
        free(file);
    return err;
}

SIDES(void, hf_file_close, struct hf_file *file)
{
    if (file == NULL)
        return;
    __real_hf_file_close(file->sim);
    real_file_close(file->real);
    free(file);
}

SIDES(enum hf_err, hf_file_size, struct hf_file *file, uint64_t *size, struct hf_detail *detail)
{
    uint64_t real;
    enum hf_err err = same_code("size", "", __real_hf_file_size(file->sim, size, detail),
                                real_file_size(file->real, &real, NULL));

    same_number("size", *size, real);
    return err;
}

SIDES(enum hf_err, hf_file_read, struct hf_file *file, uint64_t off, void *to, size_t len,
      size_t *got, struct hf_detail *detail)
{
    unsigned char *bytes = new_pair(len + 1);
    size_t real;
    enum hf_err err =
        same_code("read", "", __real_hf_file_read(file->sim, off, to, len, got, detail),
                  real_file_read(file->real, off, bytes, len, &real, NULL));

    same_number("read: bytes", *got, real);
    if (real > 0 && memcmp(to, bytes, real) != 0)
        mirror_differs("read at %llu: other bytes", (unsigned long long)off);
    free(bytes);
    return err;
}

SIDES(enum hf_err, hf_file_write, struct hf_file *file, uint64_t off, struct hf_span from,
      size_t *put, struct hf_detail *detail)
{
    size_t real;
    enum hf_err err =
        same_code("write", "", __real_hf_file_write(file->sim, off, from, put, detail),
                  real_file_write(file->real, off, from, &real, NULL));

    same_number("write: bytes", *put, real);
    return err;
}

SIDES(enum hf_err, hf_file_sync, struct hf_file *file, struct hf_detail *detail)
{
    return same_code("sync", "", __real_hf_file_sync(file->sim, detail),
                     real_file_sync(file->real, NULL));
}

SIDES(enum hf_err, hf_file_truncate, struct hf_file *file, uint64_t size,
      struct hf_detail *detail)
{
    return same_code("truncate", "", __real_hf_file_truncate(file->sim, size, detail),
                     real_file_truncate(file->real, size, NULL));
}
