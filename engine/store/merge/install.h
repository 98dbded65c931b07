/*
 * install.h - the moment at which new tables become the database.
 *
 *   1. the log is synced where the manifest will say that it goes on    (of a flush)
 *   2. the manifest is written under a new number, and durable; ahead of its rename the
 *      directory is synced, so that the tables' names are durable too    (manifest.h)
 *   3. a new catalog: readers find the tables
 *   4. the old manifest, log segments and tables that nothing needs are removed
 *
 * A crash before the end of 2 leaves the old manifest, or the new one, which say the same of
 * every key; after it, the new one. Nothing goes before 2 has succeeded.
 */
#ifndef HF_STORE_INSTALL_H
#define HF_STORE_INSTALL_H

#include "store/store.h"

/*
 * Makes the change to the catalog durable and visible. `floor`: versions below it may be gone
 * from the added tables. Called with the mutex held, which it gives up for the I/O; one at a
 * time. FAILED: the log has failed. FULL, IO: if a manifest may have got its name
 * (db->manifest_unsure), its outcome is unknown: nothing may be removed, and the same change
 * has to be tried again.
 */
enum hf_err hf_db_install(struct hf_db *db, const struct hf_catalog_edit *edit, uint64_t floor,
                          struct hf_detail *detail) HF_MUST_CHECK;

#endif
