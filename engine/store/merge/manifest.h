/*
 * manifest.h - manifests as files: written whole under a new number, read when opening.
 *
 *   1. manifest-N.tmp   both copies, sync
 *   2. directory sync: that name is durable, and those of the tables that it names
 *   3. rename to manifest-N
 *   4. directory sync: from here on it is the manifest, and the one before may go
 *
 * Once 2 is done the disk tells of N, whatever a power cut does to 3: either by its name, or by
 * the temporary one. So a later life never gives a lower number to something newer; and as long
 * as manifest-N.tmp is there, manifest-N may still come, even after a further cut, from a queue
 * somewhere below that outlived the first. Recovery takes the temporary name away, durably,
 * before it does anything that does not fit what N says.
 *
 * The newest file of that name is the manifest, damaged or not: no older one ever takes its
 * place, since files that the older one names may be gone. Its outcome is unknown if a step
 * fails: nothing that either manifest names may go until a further one is durable.
 */
#ifndef HF_STORE_MANIFEST_H
#define HF_STORE_MANIFEST_H

#include "store/catalog.h"

/* "manifest-0000000007"; and back, 0 if it is not such a name. */
void hf_manifest_name(char name[HF_NAME_SIZE_MAX], uint32_t number, const char *suffix);
uint32_t hf_manifest_number(const char *name, const char *suffix);

/*
 * Makes `manifest`, with the tables of `catalog`, durable under manifest->number. Called with
 * the mutex held, which it gives up for the I/O. NO_MEMORY, FULL, IO: *unsure is set where it
 * may have become the manifest all the same; else it has not, and is not touched. It is set
 * with the mutex, after the I/O.
 */
enum hf_err hf_manifest_write(struct hf_table_env *env, struct hf_manifest *manifest,
                              const struct hf_catalog *catalog, bool *unsure,
                              struct hf_detail *detail) HF_MUST_CHECK;

/* A manifest in memory, as its file holds it. */
struct hf_manifest_file {
    struct hf_manifest manifest;
    struct hf_manifest_copies copies;
    uint8_t *bytes;
    size_t size;
};

/* Reads manifest-NUMBER. CORRUPT, VERSION, IO, NO_MEMORY, NOT_FOUND. */
enum hf_err hf_manifest_read(struct hf_manifest_file *file, struct hf_table_env *env,
                             uint32_t number, struct hf_detail *detail) HF_MUST_CHECK;
void hf_manifest_forget(struct hf_manifest_file *file, struct hf_table_env *env);

#endif
