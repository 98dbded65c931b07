/*
 * time_text.h - a moment as people write it: RFC 3339.
 */
#ifndef HF_CLI_TIME_TEXT_H
#define HF_CLI_TIME_TEXT_H

#include "holdfast.h"

/*
 * "2025-03-01T09:30:00Z", also with a fraction of the second (what is beyond microseconds is
 * cut) and with +HH:MM or -HH:MM for the Z. From 1970 to 9999; a leap second is the second
 * after it. False: it is none.
 */
bool hf_time_parse(uint64_t *time_us, const char *text) HF_MUST_CHECK;

#endif
