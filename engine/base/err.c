/*
 * err.c - the error codes of the public interface, told to people.
 *
 * The switches have no default, so that the compiler finds a code that was added and not told.
 */
#include "holdfast.h"

const char *
hf_err_name(enum hf_err err)
{
    switch (err) {
    case HF_OK:
        return "OK";
    case HF_ERR_NOT_FOUND:
        return "NOT_FOUND";
    case HF_ERR_CONFLICT:
        return "CONFLICT";
    case HF_ERR_INVALID:
        return "INVALID";
    case HF_ERR_TOO_LARGE:
        return "TOO_LARGE";
    case HF_ERR_FULL:
        return "FULL";
    case HF_ERR_NO_MEMORY:
        return "NO_MEMORY";
    case HF_ERR_IO:
        return "IO";
    case HF_ERR_CORRUPT:
        return "CORRUPT";
    case HF_ERR_MISSING_FILE:
        return "MISSING_FILE";
    case HF_ERR_BUSY:
        return "BUSY";
    case HF_ERR_VERSION:
        return "VERSION";
    case HF_ERR_READ_ONLY:
        return "READ_ONLY";
    case HF_ERR_FAILED:
        return "FAILED";
    case HF_ERR_CLOSED:
        return "CLOSED";
    case HF_ERR_UNKNOWN_RUN:
        return "UNKNOWN_RUN";
    case HF_ERR_HISTORY_GONE:
        return "HISTORY_GONE";
    }
    return "UNNAMED";
}

const char *
hf_strerror(enum hf_err err)
{
    switch (err) {
    case HF_OK:
        return "done";
    case HF_ERR_NOT_FOUND:
        return "there is no such key or database, or the iteration is at its end";
    case HF_ERR_CONFLICT:
        return "the key has another version than the one expected; read it again";
    case HF_ERR_INVALID:
        return "the call makes no sense: check its arguments and the order of calls";
    case HF_ERR_TOO_LARGE:
        return "a key, value or commit is past its limit, or a buffer is too small";
    case HF_ERR_FULL:
        return "the disk is full; nothing of the commit remains; make room and try again";
    case HF_ERR_NO_MEMORY:
        return "the allocator or the memory limit refused; nothing of the commit remains";
    case HF_ERR_IO:
        return "the system failed to read, write or name a file";
    case HF_ERR_CORRUPT:
        return "bytes that were durable are damaged; restore a backup or salvage";
    case HF_ERR_MISSING_FILE:
        return "a file that another one refers to is not there; restore a backup or salvage";
    case HF_ERR_BUSY:
        return "another handle, here or in another process, has the database";
    case HF_ERR_VERSION:
        return "the database was written by a newer Holdfast";
    case HF_ERR_READ_ONLY:
        return "opened read-only, or there is no permission to write";
    case HF_ERR_FAILED:
        return "an earlier sync failed: reads go on, writes need the database reopened";
    case HF_ERR_CLOSED:
        return "the handle is being closed";
    case HF_ERR_UNKNOWN_RUN:
        return "there is no run of that name";
    case HF_ERR_HISTORY_GONE:
        return "that version is no longer kept";
    }
    return "not an error code of this version of Holdfast";
}

/* A conflict is none of these: the same call expects the same version again, in vain. */
bool
hf_is_retryable(enum hf_err err)
{
    return err == HF_ERR_FULL || err == HF_ERR_NO_MEMORY || err == HF_ERR_BUSY;
}

const char *
hf_version_string(void)
{
    return HF_VERSION_STRING;
}
