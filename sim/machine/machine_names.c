/*
 * machine_names.c - the words of the scenario language for what a machine can do.
 */
#include "sim/machine/machine.h"

struct word {
    const char *name;
    const char *text;
};

static const struct word faults[SIM_FAULT_COUNT] = {
    [SIM_PROCESS_KILL] = { "process_kill", "the process goes, the page cache stays (F01)" },
    [SIM_POWER_CUT] = { "power_cut", "the power goes: of what no sync covered, the personality "
                                     "draws what is left (F02 F03 F08-F11 F13-F17 F19)" },
    [SIM_TORN_WRITE] = { "torn_write",
                         "the next power cut tears a pending write (F04 F05 F06)" },
    [SIM_LOST_NAME] = { "lost_name", "the next power cut drops pending names, or keeps them "
                                     "without their data (F13-F16)" },
    [SIM_SYNC_ERROR] = { "sync_error", "a sync fails: its pages may be gone, and the next one "
                                       "says nothing of it (F23 F27 F30 F31)" },
    [SIM_SYNC_SLOW] = { "sync_slow", "a sync takes its time (F32)" },
    [SIM_SHORT_READ] = { "short_read", "a read returns a part of what was asked for (F34)" },
    [SIM_SHORT_WRITE] = { "short_write", "a write takes a part of what was given (F34)" },
    [SIM_DISK_FULL] = { "disk_full", "there is no space for a while (F36)" },
    [SIM_READ_ERROR] = { "read_error", "a sector cannot be read, once or for good (F40)" },
    [SIM_WRITE_ERROR] = { "write_error", "a write or a truncation fails before, half way "
                                         "through or after its effect (F37)" },
    [SIM_NAME_ERROR] = { "name_error", "an open, creation, rename, removal or listing fails, "
                                       "maybe after its effect (F38 F39)" },
    [SIM_ALLOC_FAIL] = { "alloc_fail", "there is no memory for one allocation (F42)" },
    [SIM_BIT_FLIP] = { "bit_flip", "bits flip at rest, in a field of the format (F45)" },
    [SIM_ZERO_SECTOR] = { "zero_sector", "a sector turns to zeros at rest (F46)" },
    [SIM_FILE_LOSS] = { "file_loss", "a file is gone, emptied or cut at rest (F50)" },
    [SIM_LOST_WRITE] = { "lost_write", "a sector that was synced has what was there before, "
                                       "zeros or remains of other files (F47)" },
    [SIM_MISDIRECTED_WRITE] = { "misdirected_write",
                                "a sector that was synced went to another place of the same "
                                "file or of another one (F48)" },
    [SIM_STALE_READ] = { "stale_read",
                         "a read shows another sector, and the next one is right (F49 F53)" },
    [SIM_STALE_FILE] = { "stale_file", "a file is as it was before, or one that was removed is "
                                       "back (F51)" },
    [SIM_EXTRA_BYTES] = { "extra_bytes", "foreign bytes stand behind the end of a file (F54)" },
    [SIM_NEWER_FORMAT] = { "newer_format", "a file was written by a Holdfast to come (F58)" },
    [SIM_LATE_WRITE] = { "late_write", "what one power cut lost of a file is there after the "
                                       "next one (F21)" },
    [SIM_LATE_NAME] = { "late_name", "a creation, rename or removal that one power cut lost is "
                                     "there after a later one (F21)" },
    [SIM_READ_ONLY_DISK] = { "read_only_disk",
                             "the file system takes no change for a while (F41)" },
    [SIM_CLOCK_STEP] = { "clock_step", "the wall clock steps, or stands (F56)" },
    [SIM_FILE_SWAP] = { "file_swap", "two files change places at rest (F51)" },
};

static const char *const file_classes[SIM_FILE_CLASS_COUNT] = {
    [SIM_FILE_ANY] = "any",           [SIM_FILE_WAL] = "wal",
    [SIM_FILE_TABLE] = "table",       [SIM_FILE_MANIFEST] = "manifest",
    [SIM_FILE_SNAPSHOT] = "snapshot", [SIM_FILE_TMP] = "tmp",
    [SIM_FILE_LOCK] = "lock",         [SIM_FILE_DIR] = "dir",
    [SIM_FILE_OTHER] = "other",
};

static const char *const calls[SIM_CALL_COUNT] = {
    [SIM_CALL_ANY] = "any",           [SIM_CALL_OPEN] = "open",
    [SIM_CALL_CREATE] = "create",     [SIM_CALL_READ] = "read",
    [SIM_CALL_WRITE] = "write",       [SIM_CALL_SYNC] = "sync",
    [SIM_CALL_TRUNCATE] = "truncate", [SIM_CALL_RENAME] = "rename",
    [SIM_CALL_REMOVE] = "remove",     [SIM_CALL_LINK] = "link",
    [SIM_CALL_LIST] = "list",         [SIM_CALL_SIZE] = "size",
    [SIM_CALL_LOCK] = "lock",         [SIM_CALL_DIR_SYNC] = "dir_sync",
    [SIM_CALL_ALLOC] = "alloc",
};

static const struct word personalities[SIM_PERSONALITY_COUNT] = {
    [SIM_POSIX_WORST] = { "posix_worst", "data, sizes and names that no sync covered are lost, "
                                         "torn or kept, in any combination and order" },
    [SIM_SEQUENTIAL] = { "sequential",
                         "a prefix of everything that was done is kept; for sanity" },
    [SIM_EXT4_ORDERED] = { "ext4_ordered", "names in their order; no size without its data" },
    [SIM_EXT4_WRITEBACK] = { "ext4_writeback", "names in their order; a size may show remains "
                                               "of other files" },
    [SIM_XFS] = { "xfs", "names in their order; a size may show zeros" },
    [SIM_BTRFS] = { "btrfs", "names in any order; blocks are old or new, no size without its "
                             "data" },
};

static const char *const flavours[SIM_FLAVOUR_COUNT] = {
    [SIM_FLAVOUR_ANY] = "any",     [SIM_BEFORE] = "before",     [SIM_HALF] = "half",
    [SIM_AFTER] = "after",         [SIM_CLEAN] = "clean",       [SIM_DURABLE] = "durable",
    [SIM_EVICT] = "evict",         [SIM_PREFIX] = "prefix",     [SIM_HOLE] = "hole",
    [SIM_SUBSECTOR] = "subsector", [SIM_ONCE] = "once",         [SIM_STICKY] = "sticky",
    [SIM_DROP] = "drop",           [SIM_KEEP] = "keep",         [SIM_GONE] = "gone",
    [SIM_EMPTY] = "empty",         [SIM_CUT] = "cut",           [SIM_OWN] = "own",
    [SIM_OTHER] = "other",         [SIM_OLDER] = "older",       [SIM_BACK] = "back",
    [SIM_FORWARD] = "forward",     [SIM_BACKWARD] = "backward", [SIM_FROZEN] = "frozen",
    [SIM_REVERT] = "revert",
};

const char *
sim_fault_name(unsigned fault)
{
    return fault < SIM_FAULT_COUNT ? faults[fault].name : NULL;
}

const char *
sim_fault_text(unsigned fault)
{
    return fault < SIM_FAULT_COUNT ? faults[fault].text : NULL;
}

const char *
sim_file_class_name(unsigned file)
{
    return file < SIM_FILE_CLASS_COUNT ? file_classes[file] : NULL;
}

const char *
sim_call_name(unsigned call)
{
    return call < SIM_CALL_COUNT ? calls[call] : NULL;
}

const char *
sim_personality_name(unsigned personality)
{
    return personality < SIM_PERSONALITY_COUNT ? personalities[personality].name : NULL;
}

const char *
sim_personality_text(unsigned personality)
{
    return personality < SIM_PERSONALITY_COUNT ? personalities[personality].text : NULL;
}

const char *
sim_flavour_name(unsigned flavour)
{
    return flavour < SIM_FLAVOUR_COUNT ? flavours[flavour] : NULL;
}
