/*
 * last_events.c - keeps a window of lines that moves along a timeline.
 */
#include "sim/run/last_events.h"

#include <string.h>

static uint32_t
count_lines(const struct sim_last_events *events)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < events->size; i++)
        count += events->text[i] == '\n';
    return count;
}

/* There is at least one line. */
static void
drop_first(struct sim_last_events *events)
{
    const char *end = memchr(events->text, '\n', events->size);
    uint32_t first = (uint32_t)(end - events->text) + 1;

    memmove(events->text, end + 1, events->size - first);
    events->size -= first;
}

static void
keep(void *context, const char *line)
{
    struct sim_last_events *events = context;
    size_t len = strlen(line);

    if (len > SIM_LAST_EVENTS_SIZE / 4)
        len = SIM_LAST_EVENTS_SIZE / 4;
    while (events->size > 0 && (SIM_LAST_EVENTS_SIZE - events->size < len + 1 ||
                                count_lines(events) == SIM_LAST_EVENTS_MAX))
        drop_first(events);
    memcpy(events->text + events->size, line, len);
    events->size += (uint32_t)len;
    events->text[events->size++] = '\n';
}

void
sim_last_events_find(struct sim_last_events *events, struct sim_runner *runner,
                     const struct sim_order *order)
{
    struct sim_order again = *order;
    struct sim_result ignored;
    struct hf_error error;

    events->size = 0;
    again.keep_timeline = true;
    if (sim_runner_run(runner, &again, &ignored, &error))
        sim_runner_timeline(runner, keep, events);
}

struct hf_span
sim_last_events_next(const struct sim_last_events *events, uint32_t *at)
{
    const char *line = events->text + *at;
    const char *end = *at < events->size ? memchr(line, '\n', events->size - *at) : NULL;

    if (end == NULL)
        return (struct hf_span){ NULL, 0 };
    *at = (uint32_t)(end - events->text) + 1;
    return (struct hf_span){ line, (size_t)(end - line) };
}
