/*
 * verb_report.c - `holdfast-sim report`: results as a page.
 */
#include "sim/campaign/report.h"
#include "sim/verbs_sim.h"

int
sim_verb_report(const struct sim_args *args)
{
    struct sim_report report;
    int status = SIM_EXIT_USAGE;

    if (args->json) {
        fprintf(stderr, "holdfast-sim: report makes a page, of HTML; its results are JSON "
                        "already, and merge --json adds them up\n");
        return status;
    }
    if (args->line.word_count == 0) {
        fprintf(stderr, "holdfast-sim: report wants files of results (run --json)\n");
        return status;
    }
    if (sim_report_open(&report, args->line.words, args->line.word_count)) {
        sim_report_print(args->out, &report);
        status = SIM_EXIT_HELD;
    }
    sim_report_close(&report);
    return status;
}
