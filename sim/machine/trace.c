/*
 * trace.c - chains every event into one hash, and keeps hashes and text when asked to.
 *
 * The hash sees names, offsets, lengths, results and contents, and nothing that differs from
 * machine to machine or from build to build: no address, no mark, no text of a message.
 */
#include "sim/machine/trace.h"

#include "sim/grow.h"
#include "sim/machine/machine_state.h"
#include "sim/mix.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define LINE_SIZE 256u

void
sim_history_fini(struct sim_history *history)
{
    free(history->hashes);
    free(history->text);
    *history = (struct sim_history){ 0 };
}

void
sim_history_reset(struct sim_history *history)
{
    history->hash = 0;
    history->events = 0;
    history->hash_count = 0;
    history->text_used = 0;
}

static void
chain(struct sim_history *history, uint64_t x)
{
    history->hash = sim_mix(history->hash ^ x);
}

/* Four numbers as one, two by two and side by side: chained, each would wait for the one
 * before. */
static uint64_t
fold(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    return sim_mix_fold(a ^ SIM_MIX_A, b ^ SIM_MIX_B) +
           sim_mix_fold(c ^ SIM_MIX_C, d ^ SIM_MIX_D);
}

static void
end_event(struct sim_history *history)
{
    history->events++;
    if (!history->keeps_hashes)
        return;
    sim_grow(&history->hashes, &history->hash_capacity, history->hash_count + 1,
             sizeof *history->hashes);
    history->hashes[history->hash_count++] = history->hash;
}

void
sim_trace(struct sim_machine *machine, const char *what, uint64_t a, uint64_t b)
{
    chain(&machine->history, fold(sim_mix_bytes(what, strlen(what)), a, b, 0));
    end_event(&machine->history);
}

uint64_t
sim_machine_hash(const struct sim_machine *machine)
{
    return machine->history.hash;
}

void
sim_machine_keep_hashes(struct sim_machine *machine, bool keep)
{
    machine->history.keeps_hashes = keep;
}

size_t
sim_machine_hashes(const struct sim_machine *machine, const uint64_t **hashes)
{
    *hashes = machine->history.hashes;
    return machine->history.hash_count;
}

/* ---- the timeline ------------------------------------------------------------------------ */

static void
add_line(struct sim_history *history, const char *line)
{
    size_t size = strlen(line) + 1;

    sim_grow(&history->text, &history->text_capacity, history->text_used + size, 1);
    memcpy(history->text + history->text_used, line, size);
    history->text_used += size;
}

void
sim_machine_keep_timeline(struct sim_machine *machine, bool keep)
{
    machine->history.keeps_text = keep;
}

void
sim_note(struct sim_machine *machine, const char *format, ...)
{
    char line[LINE_SIZE];
    va_list args;
    int head;

    if (!machine->history.keeps_text)
        return;
    head = snprintf(line, sizeof line, "%10" PRIu64 " us  ", sim_machine_now_us(machine));
    va_start(args, format);
    vsnprintf(line + head, sizeof line - (size_t)head, format, args);
    va_end(args);
    add_line(&machine->history, line);
}

void
sim_machine_timeline(const struct sim_machine *machine, hf_line_fn *line, void *context)
{
    const struct sim_history *history = &machine->history;

    for (size_t at = 0; at < history->text_used; at += strlen(history->text + at) + 1)
        line(context, history->text + at);
}

/* ---- calls ------------------------------------------------------------------------------- */

/* The event as a line for people. */
static void
note_call(struct sim_machine *machine, const struct sim_event *event)
{
    const char *call = sim_call_name(event->call);
    const char *folder = event->folder == NULL ? "" : event->folder;
    const char *slash = event->folder == NULL ? "" : "/";
    const char *result = hf_err_name(event->err);

    if (event->call == SIM_CALL_READ || event->call == SIM_CALL_WRITE)
        sim_note(machine, "    %s %s%s%s at %" PRIu64 ": %" PRIu64 " of %" PRIu64 " bytes, %s",
                 call, folder, slash, event->name, event->off, event->done, event->len, result);
    else if (event->call == SIM_CALL_TRUNCATE)
        sim_note(machine, "    %s %s%s%s to %" PRIu64 ": %s", call, folder, slash, event->name,
                 event->off, result);
    else if (event->from != NULL)
        sim_note(machine, "    %s %s%s%s to %s%s%s: %s", call, folder, slash, event->from,
                 folder, slash, event->name, result);
    else
        sim_note(machine, "    %s %s%s%s: %s", call, folder, slash, event->name, result);
}

void
sim_trace_call(struct sim_machine *machine, const struct sim_event *event)
{
    struct sim_history *history = &machine->history;

    chain(history, fold((uint64_t)event->call << 32 | event->tag, event->off,
                        event->len ^ event->done << 32,
                        event->content ^ (uint64_t)(unsigned)-event->err));
    end_event(history);
    if (history->keeps_text)
        note_call(machine, event);
}
