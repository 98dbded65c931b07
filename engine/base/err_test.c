/*
 * err_test.c - every error code has a name and a sentence of its own; sentences are cut to fit.
 *
 * Method: all codes from the first to the last, and one beyond each end.
 */
#include "base/detail.h"
#include "base/tap.h"

#include <string.h>

#define LAST HF_ERR_HISTORY_GONE

static bool
are_all_told(void)
{
    for (int a = LAST; a <= HF_OK; a++) {
        const char *name = hf_err_name((enum hf_err)a);
        const char *sentence = hf_strerror((enum hf_err)a);

        if (strcmp(name, "UNNAMED") == 0 || sentence[0] == '\0')
            return false;
        for (int b = LAST; b < a; b++)
            if (strcmp(name, hf_err_name((enum hf_err)b)) == 0 ||
                strcmp(sentence, hf_strerror((enum hf_err)b)) == 0)
                return false;
    }
    return true;
}

static void
test_detail(void)
{
    struct hf_detail detail;
    char wide[HF_ERROR_TEXT_SIZE + 100];
    enum hf_err err;

    err = hf_detail_set(&detail, HF_ERR_IO, "read %s at %d", "wal-1", 7);
    TAP_OK(err == HF_ERR_IO && strcmp(detail.text, "read wal-1 at 7") == 0,
           "a failure is written and returned");
    memset(wide, 'x', sizeof wide);
    wide[sizeof wide - 1] = '\0';
    err = hf_detail_set(&detail, HF_ERR_CORRUPT, "%s", wide);
    TAP_OK(err == HF_ERR_CORRUPT && strlen(detail.text) == sizeof detail.text - 1,
           "a sentence too long is cut to fit");
    TAP_OK(hf_detail_set(NULL, HF_ERR_FULL, "%s", wide) == HF_ERR_FULL, "nobody need listen");
}

int
main(void)
{
    TAP_OK(are_all_told(), "every code has a name and a sentence of its own");
    TAP_OK(strcmp(hf_err_name((enum hf_err)(LAST - 1)), "UNNAMED") == 0 &&
               strcmp(hf_err_name((enum hf_err)1), "UNNAMED") == 0,
           "a number that is no code says so");
    TAP_OK(HF_OK == 0 && HF_ERR_CORRUPT == -8 && LAST == -16, "the numbers are pinned");
    TAP_OK(hf_is_retryable(HF_ERR_FULL) && hf_is_retryable(HF_ERR_NO_MEMORY) &&
               hf_is_retryable(HF_ERR_BUSY),
           "what passes by itself is worth another try");
    TAP_OK(!hf_is_retryable(HF_OK) && !hf_is_retryable(HF_ERR_CORRUPT) &&
               !hf_is_retryable(HF_ERR_FAILED) && !hf_is_retryable(HF_ERR_CONFLICT),
           "what does not is not");
    TAP_OK(strcmp(hf_version_string(), HF_VERSION_STRING) == 0,
           "the library has the version of its header");
    test_detail();
    return tap_done();
}
