/*
 * user.c - a user's first program: stores one value and reads it back. Built as C and as C++ by
 * the step install, against the installed header and libraries.
 */
#include <holdfast.h>

#include <stdio.h>
#include <string.h>

int
main(int argc, char **argv)
{
    struct hf_db *db = NULL;
    struct hf_error error;
    struct hf_span key = { "kelp", 4 }, value = { "holdfast", 8 };
    char buffer[16];
    size_t size = 0;

    if (argc != 2 || hf_open(&db, argv[1], NULL, &error) != HF_OK)
        return 1;
    if (hf_put(db, key, value, HF_DURABLE, NULL) != HF_OK)
        return 2;
    if (hf_get(db, key, buffer, sizeof buffer, &size, NULL) != HF_OK || size != value.len ||
        memcmp(buffer, value.at, size) != 0)
        return 3;
    printf("Holdfast %s keeps %.*s\n", hf_version_string(), (int)size, buffer);
    return hf_close(db) == HF_OK ? 0 : 4;
}
