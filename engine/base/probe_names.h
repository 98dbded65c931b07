/*
 * probe_names.h - every mark, chance and plant of the engine, each with what it means.
 *
 * The sentence is what `holdfast-sim describe` prints. A mark says what was reached, a chance
 * what the engine then does, a plant which mistake is made (and its number in the project's
 * list).
 */
#ifndef HF_BASE_PROBE_NAMES_H
#define HF_BASE_PROBE_NAMES_H

#define HF_MARKS(X)                                                                            \
    X(recovery_torn_tail, "recovery cut an unreadable tail above the witness")                 \
    X(recovery_clean_end, "recovery found nothing but zeros behind the last commit")           \
    X(recovery_sealed, "recovery found the seal of a clean close")                             \
    X(recovery_beyond_cut, "recovery gave up valid groups behind the cut")                     \
    X(recovery_unbegun, "recovery found a segment that never began")                           \
    X(recovery_refused_corrupt, "recovery refused damage below the witness")                   \
    X(recovery_refused_missing, "recovery refused a missing segment")                          \
    X(recovery_copied, "recovery wrote commits anew into a new segment")                       \
    X(recovery_swallowed, "recovery took whole older segments into the new one")               \
    X(recovery_kept, "recovery left older segments in the chain")                              \
    X(recovery_without_segment, "recovery opened without a new segment, the disk being full")  \
    X(recovery_removed_dead, "recovery removed segments that the new one supersedes")          \
    X(recovery_refused_manifest, "recovery refused a manifest that it could not read")         \
    X(recovery_refused_table, "recovery refused because a table is missing")                   \
    X(recovery_second_copy, "recovery read one copy of a manifest, the other being damaged")   \
    X(recovery_removed_litter, "recovery removed files that no manifest names")                \
    X(recovery_refused_partial, "recovery refused what an interrupted restore had left")       \
    X(fresh_cleared, "a restore cleared what an interrupted one had left")                     \
    X(fresh_copied, "a checkpoint copied a table that it could not link")                      \
    X(snapshot_incremental, "a snapshot held only what had changed since its base")            \
    X(snapshot_history_gone, "an incremental snapshot was refused, its base being forgotten")  \
    X(memtable_frozen, "a memtable was frozen, and commits went on in a new one")              \
    X(manifest_installed, "a manifest became durable, and its tables visible")                 \
    X(merge_dropped_version, "a merge dropped a version that no view can see")                 \
    X(merge_dropped_delete, "a merge dropped a delete with nothing below it")                  \
    X(times_thinned, "a merge had more samples of times than it may keep")                     \
    X(merge_dropped_covered, "a merge dropped a version that a range covers")                  \
    X(merge_dropped_range, "a merge dropped a range with nothing below it")                    \
    X(merge_only_ranges, "a merge made a table that holds nothing but ranges")                 \
    X(job_abandoned, "a flush or compaction failed and was given up")                          \
    X(compact_moved, "tables went down a level as they are")                                   \
    X(compact_suspect, "a compaction could not read its input")                                \
    X(commit_held_back, "a commit waited for flushes or compactions")                          \
    X(pressure_work_failed, "work that a writer did under pressure failed")                    \
    X(close_flush_failed, "a clean close could not flush, and left all to the log")            \
    X(log_rotated, "the log went on in its next segment")                                      \
    X(log_rotated_spare, "the next segment was a spare prepared ahead")                        \
    X(log_spare_renumbered, "a spare that was overtaken got a new number")                     \
    X(log_poisoned, "a failed write closed a segment early")                                   \
    X(log_spare_given, "a flush or compaction got the room of the spare on a full disk")       \
    X(log_spare_returned, "a spare was prepared after one had been given up for its room")     \
    X(log_full, "a commit failed because the disk was full")                                   \
    X(log_resumed, "writing resumed after the disk had been full")                             \
    X(log_oversized, "a commit got a segment of its own size")                                 \
    X(log_failed, "a failed sync stopped all writing")                                         \
    X(log_sync_overlapped, "commits arrived while a sync was running")                         \
    X(log_background_sync, "a sync was started by time, count or bytes")                       \
    X(log_stalled, "a commit waited for the loss window")                                      \
    X(io_short_read, "a read came back short and was continued")                               \
    X(io_short_write, "a write came back short and was continued")                             \
    X(memory_refused, "a commit was refused for want of memory")                               \
    X(hash_split, "a page of the hash index was split")                                        \
    X(ordered_split, "a node of the ordered index was split")                                  \
    X(cache_evicted, "a block left the cache to make room")                                    \
    X(cache_past_limit, "a block was read at the memory limit")                                \
    X(table_read_again, "a block or meta of a table was bad and was read once more")           \
    X(table_meta_second, "a table was opened by its second meta")                              \
    X(table_filter_damaged, "a damaged filter block was passed over")                          \
    X(table_many_levels, "a table got more than one level of index")                           \
    X(table_filter_folded, "a filter planned too large was folded")                            \
    X(scan_passed_range, "a scan went past what a range covers at once")                       \
    X(table_ranges_bad, "a table was opened whose deleted ranges are damaged")                 \
    X(table_ranges_read_later, "deleted ranges that an open could not read were read later")   \
    X(view_old_version, "a read reached an older version through a side link")                 \
    X(reclaim_moved, "memory mode moved a living record out of a segment")                     \
    X(reclaim_moved_old, "a record was moved that a newer one supersedes, for a view")         \
    X(reclaim_dropped_delete, "memory mode dropped a delete, its key and all")                 \
    X(reclaim_all_dead, "memory mode gave back a segment with nothing living in it")           \
    X(reclaim_waited, "an emptied segment waited for views to be closed")                      \
    X(reclaim_gave_up, "a record could not be moved, too many being newer")                    \
    X(reclaim_failed, "moving records failed for want of memory")                              \
    X(reclaim_relieved, "a commit that met the memory limit looked for superseded memory")     \
    X(version_at_tables, "a time was looked up in tables")                                     \
    X(version_at_gone, "a time was before the history that is kept")                           \
    X(view_history_gone, "a view was refused because its history is gone")

#define HF_CHANCES(X)                                                                          \
    X(log_rotate_early, "rotates to the next segment before this one is full")                 \
    X(log_skip_spare, "prepares no spare in this step")                                        \
    X(recovery_keep_segments, "leaves older segments where they are, however small")           \
    X(log_sync_early, "starts a background sync before it is due")                             \
    X(memtable_freeze_early, "freezes the memtable before it is full")                         \
    X(compact_early, "compacts level 0 before it has many tables")                             \
    X(close_flush, "flushes a small memtable when closing")                                    \
    X(reclaim_early, "memory mode empties a segment, however much lives in it")

#define HF_PLANT_NAMES(X)                                                                      \
    X(wal_skip_sync, "M01: every fourth strict commit is acknowledged without a sync")         \
    X(wal_ack_before_sync, "M02: a strict commit is published before its sync has returned")   \
    X(wal_durable_after_sync, "M03: what came during a sync is counted as durable")            \
    X(wal_skip_dir_sync, "M04: a new segment's name is not made durable")                      \
    X(wal_salt_of_process, "a segment's salt is a number that the process counts on")          \
    X(commit_ignore_durable, "HF_DURABLE is not heeded")                                       \
    X(window_from_last, "the loss window begins anew with each commit")                        \
    X(wal_ignore_sync_error, "M10: the result of a sync is dropped")                           \
    X(wal_retry_sync, "M11: a failed sync is tried again until it succeeds")                   \
    X(wal_write_after_failed, "M13: writes go on behind a failed sync")                        \
    X(wal_append_after_error, "M15: writes go on behind a failed write, in the same place")    \
    X(recovery_append_torn, "M16: recovery goes on at the end of a torn segment")              \
    X(recovery_append_cut, "M17: recovery goes on at the cut, garbage following")              \
    X(wal_crc_without_len, "M19: a frame's checksum does not cover its length")                \
    X(wal_zero_is_frame, "M20: zeros are read as frames without end")                          \
    X(wal_crc_unmasked, "M21: checksums do not know their place")                              \
    X(recovery_resync, "M22: a bad frame is skipped and the next valid group replayed")        \
    X(recovery_skip_version_check, "M23: a gap between versions is not noticed")               \
    X(recovery_skip_missing, "M24: a missing segment is skipped")                              \
    X(recovery_inner_end, "M25: damage in an inner segment is taken for the end of the log")   \
    X(recovery_no_witness, "M26: damage below the witness is taken for a torn tail")           \
    X(recovery_refuse_torn, "M27: a torn tail is taken for damage")                            \
    X(recovery_refuse_longer, "M69: a segment that is longer than what it holds is refused")   \
    X(recovery_read_error_is_end, "M28: a read error is taken for the end of the file")        \
    X(recovery_reuse_number, "M35: the next segment number ignores files outside the chain")   \
    X(recovery_remove_first, "M48: old segments are removed before the new one is durable")    \
    X(recovery_no_copy, "M49: what was recovered is not written anew, yet called durable")     \
    X(recovery_strayed_is_dead, "M25: a segment under the name of a dead one is passed over")  \
    X(recovery_trust_names, "M06: recovery goes on from names that may not be durable")        \
    X(close_skip_sync, "M59: a clean close does not sync")                                     \
    X(wal_no_boundary, "M62: a later write goes into a sector that holds synced bytes")        \
    X(table_block_unchecked, "M54: the checksum of a table's block is not looked at")          \
    X(table_footer_unchecked, "M55: whose table a meta describes is not looked at")            \
    X(table_no_sync, "M05: a table gets its name without a sync")                              \
    X(table_no_dir_sync, "M05: a manifest names tables whose names are not durable")           \
    X(manifest_unrecorded, "M35: a manifest is renamed before the disk tells of its number")   \
    X(manifest_no_dir_sync, "M06: a manifest's name is not made durable before files go")      \
    X(manifest_no_sync, "M07: a manifest is renamed before its bytes are synced")              \
    X(install_remove_first, "M08: log segments go before the manifest is durable")             \
    X(install_keep_log, "the log stays although tables hold all that is in it")                \
    X(install_keep_stranded, "log segments that stand for nothing stay until an open")         \
    X(install_ahead_of_log, "M58: a table is named before the log is durable so far")          \
    X(merge_error_is_end, "M50: a merge takes an input error for the end of the input")        \
    X(merge_drop_deletes, "M51: a merge drops deletes whatever lies below")                    \
    X(merge_drop_ranges, "a merge drops ranges whatever lies below")                           \
    X(flush_lose_ranges, "a flush leaves the ranges of its memtable out")                      \
    X(table_keep_misread, "a table whose ranges were misread is damaged until an open")        \
    X(range_covers_newer, "a range covers what was written after it, too")                     \
    X(scan_passes_newer, "a scan goes past what was written into a range, too")                \
    X(table_bounds_without_ranges, "the bounds of a table leave its ranges out")               \
    X(merge_no_floor, "a merge drops versions that a view or keep_versions needs")             \
    X(merge_lose_times, "a merge drops when commits were made")                                \
    X(compact_move_blindly, "a table moves down although it meets others there")               \
    X(recovery_no_floor, "an open forgets which history the tables have lost")                 \
    X(table_error_is_absence, "a block that cannot be read is taken for no entry")             \
    X(io_short_write_is_full, "a short write is taken for a whole one")                        \
    X(commit_contain_forever, "writing stays shut after a failed write was excluded")          \
    X(index_skip_delete, "a delete is logged and not indexed")                                 \
    X(commit_time_early, "a commit that fails leaves its time as that of the last one")        \
    X(fresh_leave_litter, "a restore that fails leaves its files, and says nothing of it")     \
    X(format_newer_is_damage, "a log segment of a newer format is taken for a damaged one")    \
    X(lock_not_taken, "a handle does not take the lock of its folder")                         \
    X(commit_time_steps_back, "the time of a commit is the wall clock's, wherever that went")  \
    X(manifest_in_place, "M38: a manifest is written under its own name")                      \
    X(manifest_error_removes_old, "M43: a manifest that fails takes the one before with it")   \
    X(manifest_error_is_no, "M46: a manifest that failed is taken for one that is not there")  \
    X(recovery_start_anew, "a database with a damaged manifest is taken for a new one")        \
    X(install_ignore_frozen, "M33: the log of memtables that wait for their flush is let go")  \
    X(install_inputs_first, "M09: merged tables go before the manifest is durable")            \
    X(manifest_reseal, "M47: a manifest's first copy is taken with whatever checksum it has")  \
    X(recovery_half_commit, "M29: before a torn tail the last commit loses its last write")    \
    X(verify_skip_filters, "verify does not look at the filters of tables")                    \
    X(verify_believes_suspect, "verify takes a table for damaged that a merge could not read") \
    X(recovery_refuse_copy, "M44: a manifest with one damaged copy is refused")                \
    X(recovery_skip_table, "M45: a table that cannot be opened is left out")                   \
    X(recovery_adopt_temporary, "M37: a manifest in the making is taken for a whole one")      \
    X(recovery_manifest_may_come,                                                              \
      "F21: what a lost manifest names goes while it may yet come")                            \
    X(recovery_litter_first, "M36: what nothing names goes before that is known for good")     \
    X(snapshot_no_sync, "M40: a snapshot gets its name without a sync")                        \
    X(snapshot_no_dir_sync, "a snapshot's name is not made durable")                           \
    X(snapshot_in_place, "M38: a snapshot is written over the one before")                     \
    X(snapshot_ahead_of_log, "a snapshot holds what is not durable in its database")           \
    X(snapshot_off_by_one,                                                                     \
      "M41: an incremental snapshot leaves out the first commit since its base")               \
    X(snapshot_no_deletes, "an incremental snapshot leaves deletes out")                       \
    X(snapshot_unchecked, "M39: the checksums of a snapshot are not looked at")                \
    X(snapshot_end_unchecked, "M39: a snapshot that ends too early is taken for a whole one")  \
    X(restore_any_base, "a restore does not look whether its snapshots follow each other")     \
    X(fresh_manifest_first, "a new database has its manifest before its log")                  \
    X(fresh_clear_unsynced, "what is left is cleared while its manifest may come back")        \
    X(fresh_mark_unsynced, "a new database is not durably marked as one in the making")        \
    X(fresh_unmark_first, "a new database is unmarked before it is durable")                   \
    X(checkpoint_no_flush, "a checkpoint leaves out what is in no table yet")                  \
    X(salvage_unchecked, "salvage takes blocks whose checksums do not hold")                   \
    X(salvage_len_unbounded, "M31: salvage believes the length of a damaged block")            \
    X(salvage_silent, "salvage does not tell what is lost")                                    \
    X(reclaim_lose_version, "memory mode drops an old version that views can still see")       \
    X(reclaim_new_version, "memory mode gives what it moves a version of today")

/* Mistakes that break no promise and cost something: what the gates of bench/ must notice. */
#define HF_COST_PLANT_NAMES(X)                                                                 \
    X(cost_time, "every commit dawdles for a fifth of a millisecond")                          \
    X(cost_code, "every commit computes its checksum twice")                                   \
    X(cost_allocation, "every commit allocates, and frees again")                              \
    X(cost_call, "every commit asks the system for the size of the log")                       \
    X(cost_write, "every commit writes its bytes twice")                                       \
    X(cost_sync, "every sync of the log is made twice")

/* Mistakes that only threads can meet: what the step of CI of that name must notice. */
#define HF_THREAD_PLANT_NAMES(X)                                                               \
    X(readers_not_awaited, "who stops the readers does not wait until they have left")

#endif
