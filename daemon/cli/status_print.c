// SPDX-License-Identifier: Apache-2.0

/* A line for each thing, and under it what is out of the ordinary. The equations are those of the
 * books that the daemon prints at its end. */

#include "cli/commands.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "control/counters.h"

static json_int_t count(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static double real(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

static const char *text(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));

    return value ? value : "";
}

/* Prints the last reload only if it failed. */
static void print_reload(const json_t *reload, FILE *file)
{
    if (strcmp(text(reload, "outcome"), "config") == 0 ||
        strcmp(text(reload, "outcome"), "failed") == 0)
        fprintf(file,
                "  the reload at %s failed; the previous configuration stays active:\n"
                "%s",
                text(reload, "ended_at"), text(reload, "messages"));
}

static void print_verdict(const json_t *status, FILE *file)
{
    const json_t *check;
    size_t i;

    fprintf(file,
            "ringmilld %s, pid %" JSON_INTEGER_FORMAT ", up %.0f s, config %" JSON_INTEGER_FORMAT
            ": %s\n",
            text(status, "version"), count(status, "pid"), real(status, "uptime_seconds"),
            count(status, "config_generation"),
            json_is_true(json_object_get(status, "healthy")) ? "healthy" : "UNHEALTHY");
    print_reload(json_object_get(status, "reload"), file);
    json_array_foreach(json_object_get(status, "checks"), i, check)
    {
        if (!json_is_true(json_object_get(check, "good")))
            fprintf(file, "  %s: %s%s\n", text(check, "name"),
                    json_is_null(json_object_get(check, "good")) ? "unknown: " : "",
                    text(check, "reason"));
    }
}

static void print_latency(const json_t *object, const char *key, const char *what, FILE *file)
{
    const json_t *latency = json_object_get(object, key);

    if (json_is_object(latency))
        fprintf(file, "  %s: half within %.3g ms, 99 %% within %.3g ms\n", what,
                1e3 * real(latency, "half_within_seconds"),
                1e3 * real(latency, "99_percent_within_seconds"));
}

static void print_ring(const json_t *ring, const char *name, FILE *file)
{
    json_int_t size = count(ring, "size_bytes");

    fprintf(file,
            "  ring %s%sof %" JSON_INTEGER_FORMAT
            " KiB: %.1f %% full, %.1f %% at the most; %" JSON_INTEGER_FORMAT " wake-ups%s\n",
            name, name[0] ? " " : "", size / 1024,
            size ? 100.0 * (double)count(ring, "used_bytes") / (double)size : 0,
            size ? 100.0 * (double)count(ring, "high_water_bytes") / (double)size : 0,
            count(ring, "wakeups"),
            json_is_true(json_object_get(ring, "paused")) ? "; paused, a sink has no room" : "");
    if (json_is_true(json_object_get(ring, "corrupt")))
        fputs("  the ring is corrupt and no longer read\n", file);
    if (json_is_true(json_object_get(ring, "small")))
        fputs("  the ring is too small to hold the records of a daemon restart\n", file);
    if (json_is_number(json_object_get(ring, "busy_seconds")))
        fprintf(file, "  the oldest record has been reserved and not submitted for %.1f s\n",
                real(ring, "busy_seconds"));
}

static void print_stream(const json_t *stream, bool named, FILE *file)
{
    const json_t *ring;
    size_t i;

    json_array_foreach(json_object_get(stream, "rings"), i, ring)
    {
        print_ring(ring, named ? text(ring, "name") : "", file);
    }
    if (count(stream, "lost_resets") > 0)
        fprintf(file,
                "  another program set the counter of lost records of ring %s, so losses just "
                "before that are unknown; times: %" JSON_INTEGER_FORMAT "\n",
                text(stream, "name"), count(stream, "lost_resets"));
    if (count(stream, "unknown_type") > 0)
        fprintf(file, "  %" JSON_INTEGER_FORMAT " records of ring %s had an unknown type\n",
                count(stream, "unknown_type"), text(stream, "name"));
    if (count(stream, "short_records") > 0)
        fprintf(file,
                "  %" JSON_INTEGER_FORMAT " records of ring %s were shorter than their type\n",
                count(stream, "short_records"), text(stream, "name"));
    if (count(stream, "long_records") > 0)
        fprintf(file,
                "  %" JSON_INTEGER_FORMAT " records of ring %s were longer than their type, by "
                "%" JSON_INTEGER_FORMAT " bytes in all\n",
                count(stream, "long_records"), text(stream, "name"),
                count(stream, "trailing_bytes"));
}

static bool has_many_rings(const json_t *source)
{
    const json_t *streams = json_object_get(source, "streams");

    return json_array_size(streams) > 1 ||
           json_array_size(json_object_get(json_array_get(streams, 0), "rings")) > 1;
}

/* Keys of the owner that data is, and null where the number is unknown. */
static bool read_counter(const void *data, const struct counter_row *row, uint64_t *ret)
{
    const json_t *value = json_object_get(data, row->key);

    if (json_is_null(value))
        return false;
    *ret = (uint64_t)json_integer_value(value);
    return true;
}

static void print_source(const json_t *source, FILE *file)
{
    const json_t *stream;
    size_t i;

    fprintf(file, "source %s: ", text(source, "name"));
    counters_print_books(COUNTER_OF_LOSS, COUNTER_OF_SOURCE, read_counter, source, file);
    fprintf(file, "; %.0f/s", real(source, "records_per_second"));
    if (json_is_number(json_object_get(source, "lost_per_second")))
        fprintf(file, ", lost %.0f/s", real(source, "lost_per_second"));
    fputc('\n', file);
    json_array_foreach(json_object_get(source, "streams"), i, stream)
    {
        print_stream(stream, has_many_rings(source), file);
    }
    print_latency(source, "commit_latency", "submit to commit", file);
}

static void print_rows(const json_t *object, FILE *file)
{
    const json_t *row;
    size_t i;

    json_array_foreach(json_object_get(object, "rows"), i, row)
    {
        fprintf(file, "; %s %" JSON_INTEGER_FORMAT "%s%s", text(row, "name"), count(row, "value"),
                text(row, "unit")[0] ? " " : "", text(row, "unit"));
    }
}

/* Whose records a handler gets. */
static void print_origin(const json_t *handler, FILE *file)
{
    fprintf(file, "  %s", text(handler, "source"));
    if (text(handler, "ring")[0])
        fprintf(file, " %s", text(handler, "ring"));
    if (json_is_integer(json_object_get(handler, "type")))
        fprintf(file, " type %" JSON_INTEGER_FORMAT, count(handler, "type"));
}

static void print_pipeline(const json_t *pipeline, FILE *file)
{
    const json_t *books = json_object_get(pipeline, "books"), *handler;
    const char *name;
    json_t *value;
    size_t i;

    fprintf(file, "pipeline %s:", text(pipeline, "name"));
    json_object_foreach((json_t *)books, name, value)
    {
        fprintf(file, " %s %" JSON_INTEGER_FORMAT, name, json_integer_value(value));
    }
    fputc('\n', file);
    json_array_foreach(json_object_get(pipeline, "handlers"), i, handler)
    {
        print_origin(handler, file);
        fprintf(file,
                " %" JSON_INTEGER_FORMAT " %s: in %" JSON_INTEGER_FORMAT
                ", out %" JSON_INTEGER_FORMAT,
                count(handler, "number"), text(handler, "name"), count(handler, "in"),
                count(handler, "out"));
        if (json_is_number(json_object_get(handler, "ns_per_record")))
            fprintf(file, ", %.0f ns/record", real(handler, "ns_per_record"));
        if (count(handler, "slow_batches") > 0)
            fprintf(file, "; %" JSON_INTEGER_FORMAT " slow batches, the worst took %.0f ms",
                    count(handler, "slow_batches"), 1e3 * real(handler, "slowest_seconds"));
        print_rows(handler, file);
        fputc('\n', file);
    }
}

static void print_sink(const json_t *sink, FILE *file)
{
    const json_t *queue = json_object_get(sink, "queue");

    fprintf(file, "sink %s: ", text(sink, "name"));
    counters_print_books(COUNTER_OF_SINK, COUNTER_OF_QUEUE, read_counter, sink, file);
    fprintf(file, "; %.0f/s, %s, queue %" JSON_INTEGER_FORMAT "/%" JSON_INTEGER_FORMAT,
            real(sink, "delivered_per_second"), text(sink, "state"), count(queue, "chunks_out"),
            count(queue, "chunks"));
    print_rows(sink, file);
    fputc('\n', file);
    if (json_is_number(json_object_get(sink, "retrying_seconds")))
        fprintf(file, "  retrying for %.0f s: %s\n", real(sink, "retrying_seconds"),
                text(sink, "last_error"));
    else if (text(sink, "last_error")[0])
        fprintf(file, "  last error: %s\n", text(sink, "last_error"));
    print_latency(sink, "acknowledge_latency", "submit to acknowledgement", file);
}

static void print_each(const json_t *status, const char *key,
                       void (*print)(const json_t *thing, FILE *file), FILE *file)
{
    const json_t *thing;
    size_t i;

    json_array_foreach(json_object_get(status, key), i, thing)
    {
        print(thing, file);
    }
}

static void print_consumer(const json_t *consumer, FILE *file)
{
    fprintf(file, "consumer: %" JSON_INTEGER_FORMAT " wake-ups, %" JSON_INTEGER_FORMAT " naps\n",
            count(consumer, "wakeups"), count(consumer, "naps"));
}

void status_print(const json_t *status, FILE *file)
{
    print_verdict(status, file);
    print_consumer(json_object_get(status, "consumer"), file);
    print_each(status, "sources", print_source, file);
    print_each(status, "pipelines", print_pipeline, file);
    print_each(status, "sinks", print_sink, file);
}
