/*
 * detail.c - the one place where the sentence of a failure is written.
 */
#include "base/detail.h"

#include <stdarg.h>
#include <stdio.h>

enum hf_err
hf_detail_set(struct hf_detail *detail, enum hf_err err, const char *format, ...)
{
    va_list args;

    if (detail == NULL)
        return err;
    va_start(args, format);
    if (vsnprintf(detail->text, sizeof detail->text, format, args) < 0)
        detail->text[0] = '\0';
    va_end(args);
    return err;
}
