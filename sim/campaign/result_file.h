/*
 * result_file.h - a file of results as it is: its lines, to be looked at again and again.
 */
#ifndef SIM_RESULT_FILE_H
#define SIM_RESULT_FILE_H

#include "sim/campaign/result_read.h"

/* Borrowed from the file, until it is closed. */
struct sim_result_file {
    const char *path; /* as it was given */
    struct hf_span text;
    size_t map_size; /* 0: the text is in memory of its own */
    size_t at;       /* where the next line begins */
    uint64_t line;   /* the number of the last one, from 1 */
};

/* `path` "-" is standard input. False: one line is on stderr. */
bool sim_result_file_open(struct sim_result_file *file, const char *path);
/* Accepts what is not open. */
void sim_result_file_close(struct sim_result_file *file);

enum sim_line_read {
    SIM_LINE_RUN,
    SIM_LINE_SUMMARY,
    SIM_LINE_PLANT,
    SIM_LINE_END,
    SIM_LINE_TORN, /* the last line has no end: who wrote it was stopped */
    SIM_LINE_BAD   /* one line is on stderr */
};

/* The next line that is not empty; *text has it with its newline. */
enum sim_line_read sim_result_file_next(struct sim_result_file *file, struct sim_record *record,
                                        struct hf_span *text);

#endif
