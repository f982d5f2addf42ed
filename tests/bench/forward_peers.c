// SPDX-License-Identifier: Apache-2.0

/* What people write who need the same output and have libbpf: a callback per record.
 *
 *     fprintf    an fprintf() for each field, into a FILE with the C library's own buffer, and the
 *                date by strftime(), as the tools that come with libbpf do it
 *     snprintf   an encoder made by hand for this one struct: 64 KiB of buffer, one snprintf() for
 *                all that has a fixed place, a loop for texts, the date once a second
 *     fwrite, copy    the same two for raw records
 *     writev     raw records from the ring's own pages: no copy in user space, 512 at a time
 *     limit      the same bytes once more, out of one warm buffer: what the kernel takes for them
 *
 * They write what the daemon writes, byte for byte; the bench compares. */

#include "bench/forward.h"

#include <arpa/inet.h>
#include <bpf/libbpf.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include <ringmill/ring.h>

enum { BUFFER = 64 * 1024, MARGIN = 4096, FRAMES = 512, CHUNK = 256 * 1024, DATE = 20 };

const char *const peer_names[] = {"fprintf", "snprintf", "fwrite", "copy", "writev", "limit"};

struct peer_state {
    struct wall_offset wall;
    uint64_t records;
    int fd;
    FILE *file;
    char *buffer;
    size_t used;
    time_t second;
    char date[DATE + 1];
};

double thread_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void write_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t written = write(fd, bytes, size);

        if (written < 0)
            err(1, "write");
        bytes += written;
        size -= (size_t)written;
    }
}

/* ---- fprintf --------------------------------------------------------------------------------- */

static void print_time(struct peer_state *state, uint64_t ktime)
{
    int64_t ns = wall_offset_apply(&state->wall, ktime);
    time_t second = (time_t)(ns / 1000000000);
    struct tm parts;
    char date[32];

    gmtime_r(&second, &parts);
    strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &parts);
    fprintf(state->file, "{\"time\":\"%s.%09uZ\"", date, (unsigned)(ns % 1000000000));
}

static void print_text(FILE *file, const char *bytes, size_t length)
{
    putc('"', file);
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)bytes[i];

        if (c == '"' || c == '\\')
            fprintf(file, "\\%c", c);
        else if (c < 0x20 || c == 0x7f)
            fprintf(file, "\\u%04x", c);
        else
            putc(c, file);
    }
    putc('"', file);
}

static void print_list(FILE *file, const char *bytes, size_t length)
{
    const char *end = bytes + length;

    putc('[', file);
    while (bytes < end) {
        size_t piece = strnlen(bytes, (size_t)(end - bytes));

        print_text(file, bytes, piece);
        bytes += piece + 1;
        if (bytes < end)
            putc(',', file);
    }
    putc(']', file);
}

static int fprintf_exec(void *context, void *sample, size_t length)
{
    struct peer_state *state = context;
    const struct exec_shape *exec = sample;
    FILE *file = state->file;

    (void)length;
    print_time(state, exec->ktime);
    fprintf(file, ",\"source\":\"%s\"", "exec");
    fprintf(file, ",\"pid\":%u", exec->pid);
    fprintf(file, ",\"ppid\":%u", exec->ppid);
    fprintf(file, ",\"session\":%u", exec->session);
    fprintf(file, ",\"user\":%u", exec->user);
    fprintf(file, ",\"comm\":");
    print_text(file, exec->comm, strnlen(exec->comm, sizeof(exec->comm)));
    fprintf(file, ",\"cgroup\":%llu", exec->cgroup);
    fprintf(file, ",\"filename\":");
    print_text(file, (const char *)exec + exec->filename_offset, exec->filename_length);
    fprintf(file, ",\"args\":");
    print_list(file, (const char *)exec + exec->args_offset, exec->args_length);
    fprintf(file, ",\"args_truncated\":%s}\n", exec->args_truncated ? "true" : "false");
    state->records++;
    return 0;
}

static int fprintf_flow(void *context, void *sample, size_t length)
{
    struct peer_state *state = context;
    const struct flow_shape *flow = sample;
    FILE *file = state->file;
    char address[INET6_ADDRSTRLEN];

    (void)length;
    print_time(state, flow->ktime);
    fprintf(file, ",\"source\":\"%s\"", "flow");
    fprintf(file, ",\"rx_bytes\":%llu", flow->rx_bytes);
    fprintf(file, ",\"tx_bytes\":%llu", flow->tx_bytes);
    fprintf(file, ",\"rx_packets\":%llu", flow->rx_packets);
    fprintf(file, ",\"tx_packets\":%llu", flow->tx_packets);
    fprintf(file, ",\"saddr6\":\"%s\"",
            inet_ntop(AF_INET6, flow->saddr6, address, sizeof(address)));
    fprintf(file, ",\"daddr6\":\"%s\"",
            inet_ntop(AF_INET6, flow->daddr6, address, sizeof(address)));
    fprintf(file, ",\"saddr\":\"%s\"", inet_ntop(AF_INET, &flow->saddr, address, sizeof(address)));
    fprintf(file, ",\"daddr\":\"%s\"", inet_ntop(AF_INET, &flow->daddr, address, sizeof(address)));
    fprintf(file, ",\"sport\":%u", ntohs(flow->sport));
    fprintf(file, ",\"dport\":%u", ntohs(flow->dport));
    fprintf(file, ",\"ifindex\":%u", flow->ifindex);
    fprintf(file, ",\"rtt_us\":%u", flow->rtt_us);
    fprintf(file, ",\"proto\":%u", flow->proto);
    fprintf(file, ",\"state\":%u", flow->state);
    fprintf(file, ",\"mark\":%u}\n", flow->mark);
    state->records++;
    return 0;
}

/* ---- snprintf -------------------------------------------------------------------------------- */

static char *begin_event(struct peer_state *state)
{
    if (state->used > BUFFER - MARGIN) {
        write_all(state->fd, state->buffer, state->used);
        state->used = 0;
    }
    return state->buffer + state->used;
}

static void end_event(struct peer_state *state, const char *at)
{
    state->used = (size_t)(at - state->buffer);
    state->records++;
}

static unsigned stamp(struct peer_state *state, uint64_t ktime)
{
    int64_t ns = wall_offset_apply(&state->wall, ktime);
    time_t second = (time_t)(ns / 1000000000);
    struct tm parts;

    if (second != state->second) {
        gmtime_r(&second, &parts);
        strftime(state->date, sizeof(state->date), "%Y-%m-%dT%H:%M:%S", &parts);
        state->second = second;
    }
    return (unsigned)(ns % 1000000000);
}

static char *put_text(char *at, const char *bytes, size_t length)
{
    static const char hex[] = "0123456789abcdef";

    *at++ = '"';
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)bytes[i];

        if (c == '"' || c == '\\') {
            *at++ = '\\';
            *at++ = (char)c;
        } else if (c < 0x20 || c == 0x7f) {
            memcpy(at, "\\u00", 4);
            at[4] = hex[c >> 4];
            at[5] = hex[c & 15];
            at += 6;
        } else {
            *at++ = (char)c;
        }
    }
    *at++ = '"';
    return at;
}

static char *put_list(char *at, const char *bytes, size_t length)
{
    const char *end = bytes + length;

    *at++ = '[';
    while (bytes < end) {
        size_t piece = strnlen(bytes, (size_t)(end - bytes));

        at = put_text(at, bytes, piece);
        bytes += piece + 1;
        if (bytes < end)
            *at++ = ',';
    }
    *at++ = ']';
    return at;
}

static char *put_words(char *at, const char *words)
{
    size_t length = strlen(words);

    memcpy(at, words, length);
    return at + length;
}

static int snprintf_exec(void *context, void *sample, size_t length)
{
    struct peer_state *state = context;
    const struct exec_shape *exec = sample;
    char *at = begin_event(state);
    unsigned ns = stamp(state, exec->ktime);

    (void)length;
    at += snprintf(at, MARGIN,
                   "{\"time\":\"%s.%09uZ\",\"source\":\"exec\",\"pid\":%u,\"ppid\":%u,"
                   "\"session\":%u,\"user\":%u,\"comm\":",
                   state->date, ns, exec->pid, exec->ppid, exec->session, exec->user);
    at = put_text(at, exec->comm, strnlen(exec->comm, sizeof(exec->comm)));
    at += snprintf(at, MARGIN, ",\"cgroup\":%llu,\"filename\":", exec->cgroup);
    at = put_text(at, (const char *)exec + exec->filename_offset, exec->filename_length);
    at = put_words(at, ",\"args\":");
    at = put_list(at, (const char *)exec + exec->args_offset, exec->args_length);
    at = put_words(at, exec->args_truncated ? ",\"args_truncated\":true}\n"
                                            : ",\"args_truncated\":false}\n");
    end_event(state, at);
    return 0;
}

static int snprintf_flow(void *context, void *sample, size_t length)
{
    struct peer_state *state = context;
    const struct flow_shape *flow = sample;
    char *at = begin_event(state);
    unsigned ns = stamp(state, flow->ktime);
    char addresses[4][INET6_ADDRSTRLEN];

    (void)length;
    inet_ntop(AF_INET6, flow->saddr6, addresses[0], sizeof(addresses[0]));
    inet_ntop(AF_INET6, flow->daddr6, addresses[1], sizeof(addresses[1]));
    inet_ntop(AF_INET, &flow->saddr, addresses[2], sizeof(addresses[2]));
    inet_ntop(AF_INET, &flow->daddr, addresses[3], sizeof(addresses[3]));
    at += snprintf(at, MARGIN,
                   "{\"time\":\"%s.%09uZ\",\"source\":\"flow\",\"rx_bytes\":%llu,\"tx_bytes\":%llu,"
                   "\"rx_packets\":%llu,\"tx_packets\":%llu,\"saddr6\":\"%s\",\"daddr6\":\"%s\","
                   "\"saddr\":\"%s\",\"daddr\":\"%s\",\"sport\":%u,\"dport\":%u,\"ifindex\":%u,"
                   "\"rtt_us\":%u,\"proto\":%u,\"state\":%u,\"mark\":%u}\n",
                   state->date, ns, flow->rx_bytes, flow->tx_bytes, flow->rx_packets,
                   flow->tx_packets, addresses[0], addresses[1], addresses[2], addresses[3],
                   ntohs(flow->sport), ntohs(flow->dport), flow->ifindex, flow->rtt_us, flow->proto,
                   flow->state, flow->mark);
    end_event(state, at);
    return 0;
}

/* ---- raw ------------------------------------------------------------------------------------- */

static int fwrite_raw(void *context, void *sample, size_t length)
{
    struct peer_state *state = context;
    uint32_t prefix = (uint32_t)length;

    if (fwrite(&prefix, sizeof(prefix), 1, state->file) != 1 ||
        fwrite(sample, length, 1, state->file) != 1)
        err(1, "fwrite");
    state->records++;
    return 0;
}

static int copy_raw(void *context, void *sample, size_t length)
{
    struct peer_state *state = context;
    uint32_t prefix = (uint32_t)length;
    char *at = begin_event(state);

    memcpy(at, &prefix, sizeof(prefix));
    memcpy(at + sizeof(prefix), sample, length);
    end_event(state, at + sizeof(prefix) + length);
    return 0;
}

static void send_frames(int fd, struct iovec *frames, int count)
{
    while (count > 0) {
        ssize_t written = writev(fd, frames, count);

        if (written < 0)
            err(1, "writev");
        for (; count > 0 && (size_t)written >= frames->iov_len; frames++, count--)
            written -= (ssize_t)frames->iov_len;
        if (count > 0) {
            frames->iov_base = (char *)frames->iov_base + written;
            frames->iov_len -= (size_t)written;
        }
    }
}

static void writev_raw(struct peer_state *state, struct ringmill_ring *ring)
{
    static struct ringmill_view views[FRAMES];
    static struct iovec frames[2 * FRAMES];
    static uint32_t prefixes[FRAMES];
    int count;

    while ((count = ringmill_ring_take(ring, views, FRAMES)) > 0) {
        for (int i = 0; i < count; i++) {
            prefixes[i] = views[i].length;
            frames[2 * i] = (struct iovec){&prefixes[i], sizeof(prefixes[i])};
            frames[2 * i + 1] = (struct iovec){(void *)views[i].data, views[i].length};
        }
        send_frames(state->fd, frames, 2 * count);
        ringmill_ring_commit_all(ring);
        state->records += (uint64_t)count;
    }
}

/* ---- all ------------------------------------------------------------------------------------- */

static int skip(void *context, void *sample, size_t length)
{
    struct peer_state *state = context;

    (void)sample;
    (void)length;
    state->records++;
    return 0;
}

static ring_buffer_sample_fn callback_of(enum peer peer, enum shape shape)
{
    switch (peer) {
    case PEER_FPRINTF:
        return shape == SHAPE_EXEC ? fprintf_exec : fprintf_flow;
    case PEER_SNPRINTF:
        return shape == SHAPE_EXEC ? snprintf_exec : snprintf_flow;
    case PEER_FWRITE:
        return fwrite_raw;
    case PEER_COPY:
        return copy_raw;
    default:
        return skip;
    }
}

static void write_again(struct peer_state *state, uint64_t bytes)
{
    static char chunk[CHUNK];

    memset(chunk, 'x', sizeof(chunk));
    for (; bytes > CHUNK; bytes -= CHUNK)
        write_all(state->fd, chunk, CHUNK);
    write_all(state->fd, chunk, bytes);
}

void peer_run(enum peer peer, enum shape shape, int map_fd, struct ringmill_ring *ring,
              const struct output *output, uint64_t bytes, struct lap *ret_lap)
{
    struct peer_state state = {.fd = output_open(output), .buffer = malloc(BUFFER)};
    struct ring_buffer *reader = ring_buffer__new(map_fd, callback_of(peer, shape), &state, NULL);
    double cpu;
    int64_t start;

    state.file = fdopen(dup(state.fd), "w");
    if (!reader || !state.file || !state.buffer)
        err(1, "a peer");
    wall_offset_refresh(&state.wall);
    if (peer == PEER_LIMIT)
        ring_buffer__consume(reader);
    cpu = thread_seconds();
    start = clock_monotonic();
    if (peer == PEER_WRITEV)
        writev_raw(&state, ring);
    else if (peer == PEER_LIMIT)
        write_again(&state, bytes);
    else
        ring_buffer__consume(reader);
    fflush(state.file);
    write_all(state.fd, state.buffer, state.used);
    ret_lap->seconds = (double)(clock_monotonic() - start) / 1e9;
    ret_lap->cpu = thread_seconds() - cpu;
    ret_lap->records = state.records;
    fclose(state.file);
    close(state.fd);
    ring_buffer__free(reader);
    free(state.buffer);
}
