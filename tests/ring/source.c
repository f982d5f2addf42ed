// SPDX-License-Identifier: Apache-2.0
/* The two producers behind one face. */
#include "ring/source.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <err.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "ring/fake.h"
#include "sample.h"
#include "sample.skel.h"

enum { SKIPPED = 77 };

struct source {
    struct fake *fake;         /* NULL: live */
    pthread_mutex_t fake_lock; /* a fake has one producer at a time */
    struct sample_bpf *program;
};

static void load(struct source *source, uint64_t size)
{
    source->program = sample_bpf__open();
    if (!source->program)
        errx(1, "cannot open the BPF object");
    bpf_map__set_max_entries(source->program->maps.ring, (uint32_t)size);
    if (sample_bpf__load(source->program) < 0)
        errx(SKIPPED, "cannot load a BPF program here");
}

struct source *source_new(bool live, uint64_t size, uint64_t start)
{
    struct source *source = calloc(1, sizeof(*source));

    if (!source)
        err(1, "calloc");
    pthread_mutex_init(&source->fake_lock, NULL);
    if (live)
        load(source, size);
    else if (fake_new(size, start, &source->fake) < 0)
        errx(1, "cannot make a fake ring");
    return source;
}

void source_free(struct source *source)
{
    fake_free(source->fake);
    sample_bpf__destroy(source->program);
    pthread_mutex_destroy(&source->fake_lock);
    free(source);
}

bool source_is_live(const struct source *source)
{
    return !source->fake;
}

struct fake *source_fake(struct source *source)
{
    return source->fake;
}

int source_map_fd(struct source *source)
{
    return bpf_map__fd(source->program->maps.ring);
}

static bool run(struct source *source, struct sample_request *request)
{
    LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = request, .ctx_size_in = sizeof(*request));

    if (bpf_prog_test_run_opts(bpf_program__fd(source->program->progs.sample), &options) < 0)
        err(1, "BPF_PROG_RUN");
    return !request->lost;
}

bool source_write(struct source *source, const void *bytes, uint32_t length, int flags)
{
    struct sample_request request = {.length = length, .flags = (unsigned)flags};
    bool written;

    if (!source->fake) {
        memcpy(request.bytes, bytes, length < SAMPLE_MAX ? length : SAMPLE_MAX);
        return run(source, &request);
    }
    pthread_mutex_lock(&source->fake_lock);
    void *sample = fake_reserve(source->fake, length);
    written = sample != NULL;
    if (written) {
        memcpy(sample, bytes, length < SAMPLE_MAX ? length : SAMPLE_MAX);
        fake_submit(source->fake, sample, flags);
    }
    pthread_mutex_unlock(&source->fake_lock);
    return written;
}

bool source_discard(struct source *source, uint32_t length, int flags)
{
    struct sample_request request = {.length = length, .discard = 1, .flags = (unsigned)flags};
    bool written;

    if (!source->fake)
        return run(source, &request);
    pthread_mutex_lock(&source->fake_lock);
    void *sample = fake_reserve(source->fake, length);
    written = sample != NULL;
    if (written)
        fake_discard(source->fake, sample, flags);
    pthread_mutex_unlock(&source->fake_lock);
    return written;
}

struct ringmill_ring *source_open(struct source *source)
{
    struct ringmill_ring_options options = {.size = sizeof(options), .recheck = RINGMILL_OFF};
    struct ringmill_error reason = {""};
    struct ringmill_ring *ring;
    int r;

    r = source->fake ? fake_open(source->fake, &options, &reason, &ring)
                     : ringmill_ring_open(source_map_fd(source), &options, &reason, &ring);
    if (r < 0)
        errx(1, "%s", reason.text);
    return ring;
}

struct ringmill_reader *source_reader(struct source *source, struct ringmill_ring **ret_ring)
{
    struct ringmill_ring *ring = source_open(source);
    struct ringmill_error reason = {""};
    struct ringmill_reader *reader;

    if (ringmill_reader_new(NULL, &reason, &reader) < 0)
        errx(1, "%s", reason.text);
    if (ringmill_reader_add(reader, ring, NULL) < 0)
        errx(1, "cannot add a ring");
    ringmill_reader_release(reader);
    if (ret_ring)
        *ret_ring = ring;
    return reader;
}
