// SPDX-License-Identifier: Apache-2.0

/* In the order in which metrics and books print the rows. */

#include "control/counters.h"

#include <inttypes.h>
#include <string.h>

#include "base/resolver.h"
#include "control/snapshot.h"

#define IN_SNAPSHOT(member) offsetof(struct snapshot, member)
#define IN_INPUT(member)    offsetof(struct input_snapshot, member)
#define IN_RING(member)     offsetof(struct ring_snapshot, member)
#define IN_SOURCE(member)   offsetof(struct source_snapshot, member)
#define IN_SINK(member)     offsetof(struct sink_snapshot, member)
#define IN_RESOLVER(member) offsetof(struct resolver_counts, member)

const struct counter_row counter_rows[] = {
    {COUNTER_OF_CONSUMER,
     "turns",
     {"ringmill_consumer_turns", COUNTER, "", "Rounds of the consumer thread over its rings"},
     IN_SNAPSHOT(turns),
     0,
     0},
    {COUNTER_OF_CONSUMER,
     "naps",
     {"ringmill_consumer_naps", COUNTER, "", "Timed sleeps of the consumer thread"},
     IN_SNAPSHOT(reader.naps),
     0,
     0},
    {COUNTER_OF_CONSUMER,
     "wakeups",
     {"ringmill_consumer_wakeups", COUNTER, "", "Wake-ups of the consumer thread by the kernel"},
     IN_SNAPSHOT(reader.wakeups),
     0,
     0},
    {COUNTER_OF_LOSS,
     "produced",
     {"ringmill_source_produced", COUNTER, "",
      "Records that the kernel wrote or could not write: seen, discarded, overlap and lost"},
     IN_INPUT(produced),
     IN_INPUT(produced_known),
     COUNTER_SUM},
    {COUNTER_OF_RING,
     "seen",
     {"ringmill_source_seen", COUNTER, "", "Records read from the ring"},
     IN_RING(counters.records),
     0,
     COUNTER_PART},
    {COUNTER_OF_RING,
     "discarded",
     {"ringmill_source_discarded", COUNTER, "", "Records that the BPF program discarded itself"},
     IN_RING(counters.discards),
     0,
     COUNTER_PART},
    {COUNTER_OF_RING,
     "overlap",
     {"ringmill_source_overlap", COUNTER, "",
      "Records not delivered because the programs before a change recorded the same events"},
     IN_RING(overlap),
     0,
     COUNTER_REST},
    {COUNTER_OF_LOSS,
     "lost",
     {"ringmill_source_lost", COUNTER, "",
      "Records that did not fit into the ring, or are missing in its sequence; no sample: unknown"},
     IN_INPUT(lost),
     IN_INPUT(lost_known),
     COUNTER_PART},
    {COUNTER_OF_STOP, "unread", {0}, IN_INPUT(unread), IN_INPUT(unread_known), COUNTER_REST},
    {COUNTER_OF_INPUT,
     "lost_resets",
     {"ringmill_source_lost_resets", COUNTER, "",
      "Times that another program set the counter of lost records"},
     IN_INPUT(resets),
     IN_INPUT(counted),
     0},
    {COUNTER_OF_SOURCE,
     "skipped",
     {"ringmill_source_skipped", COUNTER, "",
      "Runs of the source's programs that the kernel skipped; no sample: unknown"},
     IN_SOURCE(skipped),
     IN_SOURCE(skips_known),
     COUNTER_ASIDE},
    {COUNTER_OF_SOURCE,
     "forgotten",
     {"ringmill_source_forgotten", COUNTER, "",
      "Sockets, flows or queries that a table of the built-in source had no room for, or forgot "
      "before their time; no sample: the source has no such table"},
     IN_SOURCE(forgotten),
     IN_SOURCE(forgets),
     0},
    {COUNTER_OF_INPUT,
     "unknown_type",
     {"ringmill_source_unknown_type", COUNTER, "", "Records of an unknown type"},
     IN_INPUT(unknown),
     0,
     0},
    {COUNTER_OF_INPUT,
     "held_up",
     {"ringmill_source_held_up", COUNTER, "",
      "Times that reading the source paused until more was acknowledged (max_unacked)"},
     IN_INPUT(held_up),
     0,
     0},
    {COUNTER_OF_INPUT,
     "long_records",
     {"ringmill_source_long_records", COUNTER, "", "Records longer than their type"},
     IN_INPUT(long_records),
     0,
     0},
    {COUNTER_OF_INPUT,
     "short_records",
     {"ringmill_source_short_records", COUNTER, "", "Records shorter than their type"},
     IN_INPUT(short_records),
     0,
     0},
    {COUNTER_OF_INPUT,
     "trailing_bytes",
     {"ringmill_source_trailing_bytes", COUNTER, "bytes",
      "Bytes of records after the end of their type"},
     IN_INPUT(long_bytes),
     0,
     0},
    {COUNTER_OF_RING,
     "bytes",
     {"ringmill_source_read_bytes", COUNTER, "bytes", "Bytes of the records read"},
     IN_RING(counters.bytes),
     0,
     0},
    {COUNTER_OF_RING,
     "wakeups",
     {"ringmill_source_wakeups", COUNTER, "", "Wake-ups that the kernel sent for this ring"},
     IN_RING(counters.wakeups),
     0,
     0},
    {COUNTER_OF_RING_SPACE,
     "size_bytes",
     {"ringmill_source_ring_size_bytes", GAUGE, "bytes", "Size of the ring"},
     IN_RING(size),
     0,
     0},
    {COUNTER_OF_RING_SPACE,
     "used_bytes",
     {"ringmill_source_ring_used_bytes", GAUGE, "bytes", "Bytes in the ring and not committed"},
     IN_RING(used),
     0,
     0},
    {COUNTER_OF_RING_SPACE,
     "high_water_bytes",
     {"ringmill_source_ring_high_water_bytes", GAUGE, "bytes",
      "Maximum of the bytes in the ring since the start"},
     IN_RING(high_water),
     0,
     0},
    {COUNTER_OF_RING_SPACE,
     NULL,
     {"ringmill_source_paused", GAUGE, "", "1: not read, because a sink has no room"},
     IN_RING(paused),
     0,
     0},
    {COUNTER_OF_SINK,
     "forwarded",
     {"ringmill_sink_forwarded", COUNTER, "", "Events forwarded to the sink"},
     IN_SINK(forwarded),
     0,
     COUNTER_SUM},
    {COUNTER_OF_SINK,
     "delivered",
     {"ringmill_sink_delivered", COUNTER, "", "Events that the sink acknowledged"},
     IN_SINK(delivered),
     0,
     COUNTER_PART},
    {COUNTER_OF_SINK,
     "dropped",
     {"ringmill_sink_dropped", COUNTER, "", "Events dropped before the sink acknowledged them"},
     IN_SINK(dropped),
     0,
     COUNTER_PART},
    {COUNTER_OF_SINK,
     "in_flight",
     {"ringmill_sink_in_flight", GAUGE, "",
      "Events forwarded to the sink and not yet delivered or dropped"},
     IN_SINK(in_flight),
     0,
     COUNTER_PART},
    {COUNTER_OF_SINK,
     "bytes",
     {"ringmill_sink_written_bytes", COUNTER, "bytes", "Bytes that the sink accepted"},
     IN_SINK(bytes),
     0,
     0},
    {COUNTER_OF_SINK,
     "chunks",
     {"ringmill_sink_chunks", COUNTER, "", "Chunks that the sink accepted completely"},
     IN_SINK(chunks),
     0,
     0},
    {COUNTER_OF_SINK,
     "errors",
     {"ringmill_sink_errors", COUNTER, "", "Writes that failed"},
     IN_SINK(errors),
     0,
     0},
    {COUNTER_OF_QUEUE,
     "chunks_out",
     {"ringmill_sink_queue_chunks", GAUGE, "", "Chunks that wait for the sink"},
     IN_SINK(chunks_out),
     0,
     0},
    {COUNTER_OF_QUEUE,
     "chunks",
     {"ringmill_sink_queue_limit_chunks", GAUGE, "", "Chunks that the queue of the sink can hold"},
     IN_SINK(chunks_limit),
     0,
     0},
    {COUNTER_OF_QUEUE,
     NULL,
     {"ringmill_sink_up", GAUGE, "", "1: the last write succeeded"},
     IN_SINK(up),
     0,
     0},
    {COUNTER_OF_RESOLVER,
     NULL,
     {"ringmill_resolver_hits", COUNTER, "", "Ids of records whose name was known"},
     IN_RESOLVER(hits),
     0,
     0},
    {COUNTER_OF_RESOLVER,
     NULL,
     {"ringmill_resolver_unresolved", COUNTER, "",
      "Ids of records whose name was unknown or not yet resolved"},
     IN_RESOLVER(unresolved),
     0,
     0},
    {COUNTER_OF_RESOLVER,
     NULL,
     {"ringmill_resolver_dropped", COUNTER, "", "Name lookups dropped because the queue was full"},
     IN_RESOLVER(dropped),
     0,
     0},
    {COUNTER_OF_RESOLVER,
     NULL,
     {"ringmill_resolver_waits", COUNTER, "", "New ids for whose name a batch waited"},
     IN_RESOLVER(waits),
     0,
     0},
    {COUNTER_OF_RESOLVER,
     NULL,
     {"ringmill_resolver_waits_ended", COUNTER, "",
      "Waits that ended without an answer, or for which no time was left"},
     IN_RESOLVER(waits_ended),
     0,
     0},
    {COUNTER_OF_RESOLVER,
     NULL,
     {"ringmill_resolver_evicted", COUNTER, "", "Names evicted to make room for others"},
     IN_RESOLVER(evicted),
     0,
     0},
    {COUNTER_OF_RESOLVER,
     NULL,
     {"ringmill_resolver_names", GAUGE, "", "Ids in the cache, with or without a name"},
     IN_RESOLVER(names),
     0,
     0},
    {COUNTER_OF_RESOLVER,
     NULL,
     {"ringmill_resolver_cgroups", GAUGE, "", "Cgroups whose paths are known"},
     IN_RESOLVER(cgroups),
     0,
     0},
    {COUNTER_OF_RESOLVER,
     NULL,
     {"ringmill_resolver_cgroups_dropped", COUNTER, "",
      "Cgroups not remembered because the table was full"},
     IN_RESOLVER(cgroups_dropped),
     0,
     0},
    {COUNTER_OF_RESOLVER,
     NULL,
     {"ringmill_resolver_cgroups_lost", COUNTER, "",
      "Cgroups made or removed that the kernel could not report"},
     IN_RESOLVER(cgroups_lost),
     0,
     0},
    {0},
};

bool counter_read(const struct counter_row *row, const void *owner, uint64_t *ret)
{
    bool known = true;

    if (row->known > 0)
        memcpy(&known, (const char *)owner + row->known, sizeof(known));
    if (known)
        memcpy(ret, (const char *)owner + row->offset, sizeof(*ret));
    return known;
}

static bool is_row(const struct counter_row *row)
{
    return row->key || row->family.name;
}

json_t *counters_add_json(json_t *object, enum counter_owner of, const void *owner)
{
    for (const struct counter_row *row = counter_rows; object && is_row(row); row++) {
        uint64_t value;
        json_t *number;

        if (row->owner != of || !row->key)
            continue;
        number = counter_read(row, owner, &value) ? json_integer((json_int_t)value) : json_null();
        if (json_object_set_new_nocheck(object, row->key, number) < 0) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

void counters_print_books(enum counter_owner first, enum counter_owner last, counter_reader read,
                          const void *data, FILE *file)
{
    static const char *const before[] = {
        [COUNTER_SUM] = "", [COUNTER_PART] = " + ", [COUNTER_REST] = " + ", [COUNTER_ASIDE] = "; "};
    bool after_sum = false;

    for (const struct counter_row *row = counter_rows; is_row(row); row++) {
        uint64_t value = 0;
        bool known;

        if (row->term == COUNTER_NO_TERM || row->owner < first || row->owner > last)
            continue;
        known = read(data, row, &value);
        if (row->term == COUNTER_REST && known && value == 0)
            continue;
        fprintf(file, "%s%s ", after_sum ? " = " : before[row->term], row->key);
        if (known)
            fprintf(file, "%" PRIu64, value);
        else
            fputs("unknown", file);
        after_sum = row->term == COUNTER_SUM;
    }
}
