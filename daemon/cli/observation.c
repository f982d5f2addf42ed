// SPDX-License-Identifier: Apache-2.0

/* Rates come from two looks, everything else from the last one. */

#include "cli/observation.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "encode/escape.h"

static double per_second(const struct observation *observation, uint64_t before, uint64_t now)
{
    uint64_t elapsed = observation->now.time - observation->before.time;

    return elapsed ? (double)(now - before) * 1e9 / (double)elapsed : 0;
}

static double records_per_second(const struct observation *observation)
{
    return per_second(observation, observation->before.records, observation->now.records);
}

static double bytes_per_second(const struct observation *observation)
{
    return per_second(observation, observation->before.producer, observation->now.producer);
}

static double busy_seconds(const struct observation *observation)
{
    return (double)(observation->now.time - observation->now.busy_since) / 1e9;
}

/* escape: JSON's, or that of a line for people. */
static void put_comm(const char *comm, FILE *file,
                     char *(*escape)(char *out, const char *end, struct text text))
{
    char escaped[HOLDER_COMM_MAX * ESCAPE_GROWTH];
    char *end =
        escape(escaped, escaped + sizeof(escaped), (struct text){comm, (uint32_t)strlen(comm)});

    fwrite(escaped, 1, (size_t)(end - escaped), file);
}

/* Prints the holders of one kind: "agent (pid 7), other (pid 8)". Returns how many there were. */
static uint32_t print_kind(const struct holders *holders, enum holder_kind kind, FILE *file)
{
    uint32_t n = 0;

    for (size_t i = 0; i < holders->count; i++)
        if (holders->list[i].kind == kind) {
            fputs(n++ ? ", " : "", file);
            put_comm(holders->list[i].comm, file, escape_put_bare);
            fprintf(file, " (pid %d)", (int)holders->list[i].pid);
        }
    return n;
}

void observation_print_holders(const struct observation *observation, FILE *file)
{
    const struct holders *holders = observation->holders;

    if (holders->certain) {
        fputs("consumed by ", file);
        if (print_kind(holders, HOLDER_CONSUMES, file) == 0)
            fputs("no process", file);
    } else {
        fputs("consumer unknown; the ring is open in ", file);
        if (print_kind(holders, HOLDER_POSSIBLE, file) == 0)
            fputs("no process that can be inspected", file);
    }
    fputc('\n', file);
}

void observation_print_head(const struct observation *observation, FILE *file)
{
    fprintf(file, "ring %u (%s) of %" PRIu64 " KiB, ", observation->id, observation->name,
            observation->size / 1024);
    observation_print_holders(observation, file);
    fputs("    TIME  FULL%    RECORDS/s     KiB/s    DISCARDS    MISSED  HEAD\n", file);
}

void observation_print(const struct observation *observation, FILE *file)
{
    const struct ringmill_sight *now = &observation->now;
    time_t seconds = (time_t)(clock_realtime() / 1000000000);
    struct tm local;
    char clock[16];

    localtime_r(&seconds, &local);
    strftime(clock, sizeof(clock), "%H:%M:%S", &local);
    fprintf(file, "%s  %5.1f %12.0f %9.0f %11" PRIu64 " %9" PRIu64 "  ", clock,
            100.0 * (double)now->fill / (double)observation->size, records_per_second(observation),
            bytes_per_second(observation) / 1024, now->discards, now->missed);
    if (now->busy_since)
        fprintf(file, "busy for %.1f s\n", busy_seconds(observation));
    else
        fputs("-\n", file);
}

static void print_list(const struct holders *holders, enum holder_kind kind, FILE *file)
{
    const char *before = "";

    fputc('[', file);
    for (size_t i = 0; i < holders->count; i++) {
        if (holders->list[i].kind != kind)
            continue;
        fprintf(file, "%s{\"pid\":%d,\"comm\":\"", before, (int)holders->list[i].pid);
        put_comm(holders->list[i].comm, file, escape_put);
        fputs("\"}", file);
        before = ",";
    }
    fputc(']', file);
}

void observation_print_json(const struct observation *observation, FILE *file)
{
    const struct ringmill_sight *now = &observation->now;
    char time[CLOCK_RFC3339_LENGTH + 1];

    clock_format_rfc3339(clock_realtime(), time);
    fprintf(file, "{\"time\":\"%s\",\"id\":%u,\"name\":\"%s\",\"size_bytes\":%" PRIu64, time,
            observation->id, observation->name, observation->size);
    fprintf(file,
            ",\"used_bytes\":%" PRIu64 ",\"consumer_position\":%" PRIu64
            ",\"producer_position\":%" PRIu64,
            now->fill, now->consumer, now->producer);
    fprintf(file,
            ",\"records_per_second\":%.1f,\"bytes_per_second\":%.1f,\"records\":%" PRIu64
            ",\"discards\":%" PRIu64 ",\"missed_bytes\":%" PRIu64,
            records_per_second(observation), bytes_per_second(observation), now->records,
            now->discards, now->missed);
    if (now->busy_since)
        fprintf(file, ",\"busy_seconds\":%.3f", busy_seconds(observation));
    else
        fputs(",\"busy_seconds\":null", file);
    fputs(",\"consumers\":", file);
    if (observation->holders->certain) {
        print_list(observation->holders, HOLDER_CONSUMES, file);
        fputs(",\"observers\":", file);
        print_list(observation->holders, HOLDER_OBSERVES, file);
    } else {
        fputs("null,\"possible_consumers\":", file);
        print_list(observation->holders, HOLDER_POSSIBLE, file);
    }
    fputs("}\n", file);
}
