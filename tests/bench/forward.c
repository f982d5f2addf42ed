// SPDX-License-Identifier: Apache-2.0

/* From a filled ring to a file or a socket: this daemon's own parts (consumer, lane, writer, sink)
 * as its engine puts them together, against what people write with libbpf (forward_peers.c). A BPF
 * program fills the ring before each lap; contestants take turns within each round; a row is a
 * median over rounds. JSON to a file must be the same from all, byte for byte but for the times.
 *
 *     forward/WAY/SHAPE            MB/s of output; vs peers: how many times as many records a
 * second forward/WAY/SHAPE/records    million records/s forward/WAY/SHAPE/cpu        CPU seconds
 * per million records, consumer and writer; vs peers: how many times as many theirs are
 *
 *     bench-forward [--json] [--rounds N] [--size BYTES] [--only WAY] [--folder PATH] [--alone]
 *
 * The folder is /dev/shm, so that no disk is measured. --alone leaves the peers out. */

#include "bench/forward.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/thread.h"
#include "bench/options.h"
#include "bench/report.h"
#include "config/load.h"
#include "encode/encoder.h"
#include "pipeline/build.h"
#include "pipeline/consumer.h"
#include "schema/ctext.h"
#include "schema/meaning.h"
#include "shapes.skel.h"
#include "source/kind.h"
#include <ringmill/ring.h>

enum { ROUNDS_MAX = 99 };

static const char *const shape_names[] = {"exec", "flow"};
static const char *const way_names[] = {"json-file", "json-unix", "raw-unix"};
static const bool way_peers[WAYS][PEERS] = {
    {[PEER_FPRINTF] = true, [PEER_SNPRINTF] = true, [PEER_LIMIT] = true},
    {[PEER_FPRINTF] = true, [PEER_SNPRINTF] = true, [PEER_LIMIT] = true},
    {true, true, true, true, true, true},
};

static const char *const layouts[] = {
    "struct ringmill_text { __u16 offset; __u16 length; };"
    "struct ringmill_texts { __u16 offset; __u16 length; };"
    "struct exec_shape { __u64 ktime; __u32 pid; __u32 ppid; __u32 session; __u32 user;"
    " char comm[16]; __u64 cgroup; struct ringmill_text filename; struct ringmill_texts args;"
    " _Bool args_truncated; };",
    "struct flow_shape { __u64 ktime; __u64 rx_bytes; __u64 tx_bytes; __u64 rx_packets;"
    " __u64 tx_packets; __u8 saddr6[16]; __u8 daddr6[16]; __u32 saddr; __u32 daddr;"
    " __be16 sport; __be16 dport; __u32 ifindex; __u32 rtt_us; __u8 proto; __u8 state;"
    " __u16 mark; };",
};

struct bench {
    struct shapes_bpf *program;
    int map_fd;
    struct output file;
    struct output socket;
};

static struct bench bench;
static enum shape current; /* what the source gives */

/* ---- records --------------------------------------------------------------------------------- */

static uint64_t seed = 88172645463325252;

static uint32_t draw(uint32_t sides)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)((seed >> 33) % sides);
}

#define PICK(array) ((array)[draw(sizeof(array) / sizeof(*(array)))])

static uint32_t add_word(struct exec_shape *exec, uint32_t at, const char *word)
{
    size_t size = strlen(word) + 1;

    memcpy((char *)exec + at, word, size);
    return at + (uint32_t)size;
}

/* One in eight has something to escape. */
static void make_exec(struct shapes_sample *sample)
{
    static const char *const programs[] = {"/usr/bin/python3.11", "/usr/lib/git-core/git",
                                           "/usr/bin/systemctl", "/usr/local/bin/node"};
    static const char *const words[] = {
        "--config=/etc/service/main.yaml",         "status",        "-c",
        "/var/lib/app/data/2026/11/23/events.log", "--format=json", "--no-pager"};
    static const char *const odd[] = {"echo \"a\\b\"", "grep -e \"^x\" \033[1m"};
    struct exec_shape *exec = (struct exec_shape *)sample->bytes;
    uint32_t at = offsetof(struct exec_shape, texts);
    uint32_t whole = 160 + draw(48);

    exec->pid = 300 + draw(4000000);
    exec->ppid = 1 + draw(100000);
    exec->session = draw(5000);
    exec->user = draw(4) ? 1000 + draw(50) : 0;
    exec->cgroup = 1000 + draw(1000000);
    strcpy(exec->comm, "python3");
    exec->filename_offset = (unsigned short)at;
    at = add_word(exec, at, PICK(programs));
    exec->filename_length = (unsigned short)(at - 1 - exec->filename_offset);
    exec->args_offset = (unsigned short)at;
    at = add_word(exec, at, "python3");
    if (draw(8) == 0)
        at = add_word(exec, at, PICK(odd));
    while (at < whole)
        at = add_word(exec, at, PICK(words));
    exec->args_length = (unsigned short)(at - exec->args_offset);
    sample->length = at;
}

static void make_flow(struct shapes_sample *sample)
{
    struct flow_shape *flow = (struct flow_shape *)sample->bytes;

    flow->rx_bytes = draw(100000000);
    flow->tx_bytes = draw(1000000);
    flow->rx_packets = flow->rx_bytes / 1400;
    flow->tx_packets = flow->tx_bytes / 500;
    memcpy(flow->saddr6, "\x20\x01\x0d\xb8", 4);
    memcpy(flow->daddr6, "\x20\x01\x0d\xb8\x12\x34", 6);
    for (int i = 8; i < 16; i++) {
        flow->saddr6[i] = (unsigned char)draw(256);
        flow->daddr6[i] = (unsigned char)draw(256);
    }
    flow->saddr = draw(1u << 31);
    flow->daddr = draw(1u << 31);
    flow->sport = (unsigned short)draw(65536);
    flow->dport = (unsigned short)draw(65536);
    flow->ifindex = 1 + draw(8);
    flow->rtt_us = draw(200000);
    flow->proto = draw(2) ? 6 : 17;
    flow->state = (unsigned char)draw(12);
    flow->mark = (unsigned short)draw(65536);
    sample->length = sizeof(*flow);
}

static void make_samples(enum shape shape)
{
    struct shapes_sample *samples = bench.program->bss->samples;
    uint64_t now = (uint64_t)clock_monotonic();

    for (uint32_t i = 0; i < SHAPES_SAMPLES; i++) {
        memset(&samples[i], 0, sizeof(samples[i]));
        if (shape == SHAPE_EXEC)
            make_exec(&samples[i]);
        else
            make_flow(&samples[i]);
        now += 1000 + draw(100000);
        memcpy(samples[i].bytes, &now, sizeof(now));
    }
}

static uint64_t fill(void)
{
    LIBBPF_OPTS(bpf_test_run_opts, options);

    if (bpf_prog_test_run_opts(bpf_program__fd(bench.program->progs.fill), &options) < 0)
        err(1, "BPF_PROG_RUN");
    return bench.program->bss->written;
}

/* ---- the daemon's parts ---------------------------------------------------------------------- */

static struct ringmill_ring *open_ring(void)
{
    struct ringmill_ring_options options = {
        .size = sizeof(options), .flags = RINGMILL_RING_NO_LOCK, .recheck = RINGMILL_OFF};
    struct ringmill_error reason;
    struct ringmill_ring *ring;

    if (ringmill_ring_open(bench.map_fd, &options, &reason, &ring) < 0)
        errx(1, "%s", reason.text);
    return ring;
}

static int shape_open_ring(const struct source *source, uint32_t stream, uint32_t ring,
                           struct ringmill_error *reason, struct ringmill_ring **ret_ring)
{
    (void)source;
    (void)stream;
    (void)ring;
    (void)reason;
    *ret_ring = open_ring();
    return 0;
}

static const struct source_kind shape_kind = {.name = "shape", .open_ring = shape_open_ring};

static struct schema *make_schema(void)
{
    struct schema *schema;
    struct error error;
    uint32_t line, column, wrong;

    if (schema_from_ctext(layouts[current], NULL, &error, &line, &column, &schema) < 0 ||
        meaning_apply(schema, NULL, 0, &error, &wrong) < 0)
        errx(1, "%s", error.text);
    return schema;
}

static int shape_open(const struct config_node *config, struct diag *diag, struct source **ret)
{
    struct source *source = calloc(1, sizeof(*source));

    (void)diag;
    if (!source)
        return -1;
    source->name = config->key;
    source->kind = &shape_kind;
    source->streams = streams_new(1);
    source->n_streams = 1;
    source->streams->name = "ring";
    source->streams->n_rings = 1;
    if (stream_set_types(source->streams, 1) < 0)
        return -1;
    source->streams->types[0] =
        (struct stream_type){.schema = make_schema(), .source_name = config->key};
    *ret = source;
    return 0;
}

static void ignore(void *data)
{
    (void)data;
}

struct daemon_parts {
    struct config_tree *tree;
    struct graph *graph;
    struct consumer consumer;
};

static void build_parts(struct daemon_parts *parts, enum way way, const struct output *output)
{
    struct diag diag;
    struct build build = {
        .graph = calloc(1, sizeof(struct graph)), .diag = &diag, .open_source = shape_open};
    char text[1024];
    int length =
        snprintf(text, sizeof(text),
                 "version: 1\nsources: {%s: {}}\nsinks: {out: {type: %s, path: %s, format: %s}}\n"
                 "pipelines: {all: {from: %s, handlers: [{forward: out}]}}\n",
                 shape_names[current], output->to_file ? "file" : "unix", output->path,
                 way == WAY_RAW_UNIX ? "raw" : "json", shape_names[current]);

    memset(parts, 0, sizeof(*parts));
    diag_init(&diag);
    if (config_load_text("bench", text, (size_t)length, &diag, &parts->tree) != 0 ||
        build_graph(&build, parts->tree) < 0) {
        diag_print(&diag, stderr);
        exit(1);
    }
    parts->graph = build.graph;
    parts->consumer.on_exhausted = ignore;
}

/* As engine.c does it. */
static void start_writer(struct daemon_parts *parts)
{
    struct graph_sink *sink = parts->graph->sinks[0];
    const struct encoder_ops *format = sink->outlet.format;
    const struct sink_options options = {.name = sink->name, .framing = format->framing};
    struct error error;

    if (sink->ops->open(sink->config, &options, &error, &sink->sink) < 0 ||
        consumer_init(&parts->consumer, parts->graph, &error) < 0)
        errx(1, "%s", error.text);
    if (waker_init(&sink->writer.waker) < 0 ||
        lane_init(&sink->lane, CONSUMER_ROOM, parts->graph->copies[0], sink->overflow,
                  &sink->writer.waker, consumer_on_room, &parts->consumer) < 0)
        errx(1, "out of memory");
    sink->writer.name = sink->name;
    sink->writer.sink = sink->sink;
    sink->writer.framing = format->framing;
    sink->writer.lanes = &sink->lane;
    sink->writer.n_lanes = 1;
    sink->writer.on_gone = ignore;
    if (writer_start(&sink->writer) < 0)
        errx(1, "cannot start a thread");
}

static double cpu_of(pthread_t thread)
{
    struct timespec used;
    clockid_t clock;

    if (pthread_getcpuclockid(thread, &clock) != 0 || clock_gettime(clock, &used) < 0)
        errx(1, "a thread has no clock");
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

static void stop_parts(struct daemon_parts *parts)
{
    struct graph_sink *sink = parts->graph->sinks[0];

    consumer_drain(&parts->consumer);
    while (!consumer_join(&parts->consumer, 100000000))
        ;
    writer_finish(&sink->writer);
    while (!writer_join(&sink->writer, 100000000))
        ;
    consumer_deinit(&parts->consumer);
    graph_free(parts->graph);
    config_tree_free(parts->tree);
}

static void daemon_run(enum way way, struct output *output, struct lap *ret_lap)
{
    struct daemon_parts parts;
    struct graph_sink *sink;
    int64_t start;

    output_reset(output);
    build_parts(&parts, way, output);
    start_writer(&parts);
    sink = parts.graph->sinks[0];
    ret_lap->records = fill();
    start = clock_monotonic();
    if (consumer_start(&parts.consumer) < 0)
        errx(1, "cannot start a thread");
    while (counter_get(&sink->lane.delivered) < ret_lap->records)
        usleep(100);
    ret_lap->seconds = (double)(clock_monotonic() - start) / 1e9;
    ret_lap->consumer = cpu_of(parts.consumer.thread);
    ret_lap->cpu = ret_lap->consumer + cpu_of(sink->writer.thread);
    stop_parts(&parts);
    ret_lap->bytes = output_bytes(output);
}

/* ---- rounds ---------------------------------------------------------------------------------- */

/* The daemon stands behind the peers. */
enum { DAEMON = PEERS, CONTESTANTS };

struct rows {
    double speed[CONTESTANTS][ROUNDS_MAX]; /* records/s */
    double cpu[CONTESTANTS][ROUNDS_MAX];   /* s per million records */
    double consumer[ROUNDS_MAX];           /* of it, the daemon's consumer */
    double output[ROUNDS_MAX];             /* MB/s, the daemon's */
};

static void run_peer(enum peer peer, struct output *output, uint64_t bytes, struct lap *lap)
{
    struct ringmill_ring *ring = peer == PEER_WRITEV ? open_ring() : NULL;
    uint64_t records;

    output_reset(output);
    records = fill();
    peer_run(peer, current, bench.map_fd, ring, output, bytes, lap);
    lap->bytes = output_bytes(output);
    if (lap->records != records)
        errx(1, "%s saw %llu of %llu records", peer_names[peer], (unsigned long long)lap->records,
             (unsigned long long)records);
    if (ring)
        ringmill_ring_free(ring);
}

static void run_contestant(int who, enum way way, struct output *output, uint64_t bytes,
                           struct lap *lap)
{
    if (who == DAEMON)
        daemon_run(way, output, lap);
    else
        run_peer((enum peer)who, output, bytes, lap);
}

/* Those who write the daemon's bytes. */
static bool is_same(enum way way, int who)
{
    return who == DAEMON || who == PEER_LIMIT || (who <= PEER_SNPRINTF) == (way != WAY_RAW_UNIX);
}

static void check(enum way way, int who, const struct output *output, const struct lap *lap,
                  const struct lap *first, uint64_t *checksum)
{
    uint64_t sum;

    if (lap->bytes != first->bytes)
        errx(1, "%s: %s wrote %llu bytes, not %llu", way_names[way],
             who == DAEMON ? "the daemon" : peer_names[who], (unsigned long long)lap->bytes,
             (unsigned long long)first->bytes);
    if (way != WAY_JSON_FILE || who == PEER_LIMIT)
        return;
    sum = output_checksum(output);
    if (*checksum && *checksum != sum)
        errx(1, "%s wrote other text", peer_names[who]);
    *checksum = sum;
}

static void run_round(struct rows *rows, enum way way, struct output *output, size_t round,
                      bool alone)
{
    struct lap first = {0};
    uint64_t checksum = 0;

    for (int i = 0; i < CONTESTANTS; i++) {
        int who = (DAEMON + i) % CONTESTANTS;
        struct lap lap = {0};

        if (who != DAEMON && (alone || !way_peers[way][who]))
            continue;
        run_contestant(who, way, output, first.bytes, &lap);
        if (who == DAEMON)
            first = lap;
        if (is_same(way, who) && round == 0)
            check(way, who, output, &lap, &first, &checksum);
        rows->speed[who][round] = (double)lap.records / lap.seconds;
        rows->cpu[who][round] = lap.cpu / (double)lap.records * 1e6;
        if (who == DAEMON)
            rows->consumer[round] = lap.consumer / (double)lap.records * 1e6;
        if (who == DAEMON)
            rows->output[round] = (double)lap.bytes / lap.seconds / 1e6;
    }
}

static void add_rows(struct report *report, struct rows *rows, enum way way, size_t rounds,
                     bool alone)
{
    const char *names[] = {way_names[way], shape_names[current]};
    struct report_row *output = report_add(report, "MB/s", "forward/%s/%s", names[0], names[1]);
    struct report_row *speed =
        report_add(report, "M records/s", "forward/%s/%s/records", names[0], names[1]);
    struct report_row *cpu =
        report_add(report, "s/M records", "forward/%s/%s/cpu", names[0], names[1]);
    struct report_row *best =
        report_add(report, "M records/s", "forward/%s/%s/best", names[0], names[1]);
    struct report_row *consumer =
        report_add(report, "s/M records", "forward/%s/%s/consumer", names[0], names[1]);
    double own_speed = report_median(rows->speed[DAEMON], rounds);
    double own_best = rows->speed[DAEMON][rounds - 1]; /* sorted by now */

    output->value = report_median(rows->output, rounds);
    output->spread = report_spread(rows->output, rounds);
    speed->value = own_speed / 1e6;
    speed->spread = report_spread(rows->speed[DAEMON], rounds) / 1e6;
    best->value = own_best / 1e6;
    consumer->value = report_median(rows->consumer, rounds);
    consumer->spread = report_spread(rows->consumer, rounds);
    cpu->value = report_median(rows->cpu[DAEMON], rounds);
    cpu->spread = report_spread(rows->cpu[DAEMON], rounds);
    for (int peer = 0; peer < PEERS && !alone; peer++) {
        if (!way_peers[way][peer])
            continue;
        report_peer(output, peer_names[peer], own_speed / report_median(rows->speed[peer], rounds));
        report_peer(best, peer_names[peer], own_best / rows->speed[peer][rounds - 1]);
        report_peer(cpu, peer_names[peer], report_median(rows->cpu[peer], rounds) / cpu->value);
    }
}

static void run(struct report *report, enum way way, size_t rounds, bool alone)
{
    static struct rows rows;
    struct output *output = way == WAY_JSON_FILE ? &bench.file : &bench.socket;

    for (int shape = 0; shape < SHAPES; shape++) {
        current = (enum shape)shape;
        make_samples(current);
        for (size_t round = 0; round < rounds; round++)
            run_round(&rows, way, output, round, alone);
        add_rows(report, &rows, way, rounds, alone);
    }
    output_reset(output);
}

static void open_program(uint32_t size)
{
    bench.program = shapes_bpf__open();
    if (!bench.program)
        err(1, "open the BPF object");
    bpf_map__set_max_entries(bench.program->maps.ring, size);
    if (shapes_bpf__load(bench.program))
        err(1, "load the BPF program");
    bench.map_fd = bpf_map__fd(bench.program->maps.ring);
}

int main(int argc, char **argv)
{
    static struct report report = {.bench = "forward"};
    char folder[64];
    uint64_t rounds = 9, size = 32 << 20;
    const char *only = NULL, *parent = "/dev/shm";
    bool json = false, alone = false;
    const struct bench_option options[] = {
        {"json", .flag = &json},
        {"rounds", "N", .number = &rounds, .most = ROUNDS_MAX},
        {"size", "BYTES", .number = &size, .most = UINT32_MAX},
        {"only", "WAY", .text = &only},
        {"folder", "PATH", .text = &parent},
        {"alone", .flag = &alone},
        {0},
    };

    bench_options_read(argc, argv, options);
    snprintf(folder, sizeof(folder), "%s/ringmill-bench-XXXXXX", parent);
    if (!mkdtemp(folder))
        err(1, "%s", folder);
    signal(SIGPIPE, SIG_IGN);
    thread_setup_interrupt();
    output_init(&bench.file, &bench.socket, folder);
    open_program((uint32_t)size);
    for (int way = 0; way < WAYS; way++)
        if (!only || strcmp(only, way_names[way]) == 0)
            run(&report, (enum way)way, rounds, alone);
    unlink(bench.socket.path);
    rmdir(folder);
    report_print(&report, json);
    return 0;
}
