/*
 * detail.h - where a failure tells what, where and why, on its way up.
 *
 * Codes travel as return values; the sentence for people travels in one of these, which the
 * outermost caller owns. Only failure paths write it.
 */
#ifndef HF_BASE_DETAIL_H
#define HF_BASE_DETAIL_H

#include "holdfast.h"

struct hf_detail {
    char text[HF_ERROR_TEXT_SIZE]; /* always ends with a 0 */
};

/* printf into detail->text, cut to fit; returns `err`, so that a failure is one line. Accepts
 * NULL. */
enum hf_err hf_detail_set(struct hf_detail *detail, enum hf_err err, const char *format, ...)
    __attribute__((format(printf, 3, 4), cold));

#endif
