// SPDX-License-Identifier: Apache-2.0
/* Pages as the kernel writes them, made by hand: samples come out whole wherever they lie, losses
 * are added up, and no size leads out of the ring. */
#include "ring/perf.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
// clang-format on
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "ring/perf_walk.h"
#include "ring/ring.h"

enum { UNKNOWN_TYPE = 77, LAST_SAMPLE = 300 };

/* The kernel's side. */
struct pages {
    int fd;
    uint64_t size;
    struct perf_event_mmap_page *control;
    uint8_t *data;
    uint64_t head;
    struct ringmill_ring *ring;
    _Atomic uint64_t lost;
};

static void open_pages(struct pages *pages, uint32_t n_pages, const uint32_t *lengths,
                       uint32_t n_lengths)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    *pages = (struct pages){.fd = memfd_create("perf", MFD_CLOEXEC), .size = n_pages * page};
    assert_int_equal(ftruncate(pages->fd, (off_t)(page + pages->size)), 0);
    pages->control =
        mmap(NULL, page + pages->size, PROT_READ | PROT_WRITE, MAP_SHARED, pages->fd, 0);
    assert_ptr_not_equal(pages->control, MAP_FAILED);
    pages->data = (uint8_t *)pages->control + page;
    struct perf_ring from = {
        .fd = pages->fd,
        .id = 7,
        .size = pages->size,
        .name = "events",
        .lengths = lengths,
        .n_lengths = n_lengths,
        .lost = &pages->lost,
    };
    assert_int_equal(perf_open(&from, NULL, NULL, &pages->ring), 0);
}

static void close_pages(struct pages *pages)
{
    ringmill_ring_free(pages->ring);
    munmap(pages->control, (size_t)sysconf(_SC_PAGESIZE) + pages->size);
    close(pages->fd);
}

static void put_bytes(struct pages *pages, const void *bytes, uint64_t length)
{
    for (uint64_t i = 0; i < length; i++)
        pages->data[(pages->head + i) % pages->size] = ((const uint8_t *)bytes)[i];
    pages->head += length;
}

static void put_header(struct pages *pages, uint32_t type, uint16_t size)
{
    struct perf_event_header header = {type, PERF_RECORD_MISC_USER, size};

    put_bytes(pages, &header, sizeof(header));
}

static void publish(struct pages *pages)
{
    __atomic_store_n(&pages->control->data_head, pages->head, __ATOMIC_RELEASE);
}

static uint8_t pattern(uint64_t number, uint32_t at)
{
    return (uint8_t)(number * 31 + at * 7);
}

static bool has_room(const struct pages *pages, uint64_t span)
{
    return pages->head - pages->control->data_tail + span <= pages->size;
}

/* What the kernel makes of a sample: the bytes after it are not cleared. */
static void put_sample(struct pages *pages, uint64_t number, uint32_t length)
{
    uint32_t raw = perf_padded(length);
    uint8_t bytes[4096];

    put_header(pages, PERF_RECORD_SAMPLE, (uint16_t)(PERF_SAMPLE_AT + raw));
    put_bytes(pages, &raw, sizeof(raw));
    for (uint32_t i = 0; i < raw; i++)
        bytes[i] = i < length ? pattern(number, i) : 0xee;
    put_bytes(pages, bytes, raw);
}

static void put_lost(struct pages *pages, uint64_t lost)
{
    uint64_t words[2] = {4711, lost};

    put_header(pages, PERF_RECORD_LOST, 24);
    put_bytes(pages, words, sizeof(words));
}

static void assert_sample(const struct ringmill_view *view, uint64_t number, uint32_t length)
{
    const uint8_t *bytes = view->data;

    assert_int_equal((uintptr_t)bytes % 4, 0);
    assert_true(view->length >= length);
    for (uint32_t i = 0; i < length; i++)
        assert_int_equal(bytes[i], pattern(number, i));
}

/* ---- samples --------------------------------------------------------------------------------- */

static void wraps_at_every_offset(void **state)
{
    static const uint32_t lengths[] = {4, 12, 100, 168, LAST_SAMPLE};
    struct pages pages;
    struct ringmill_view view;

    (void)state;
    open_pages(&pages, 1, lengths, 5);
    for (uint64_t offset = 0; offset < pages.size; offset += 8)
        for (uint32_t i = 0; i < 5; i++) {
            /* something that is skipped leads to the offset */
            uint64_t gap = (offset - pages.head) % pages.size;

            if (gap > 0) {
                put_header(&pages, UNKNOWN_TYPE, (uint16_t)gap);
                pages.head += gap - 8;
                publish(&pages);
                assert_int_equal(ringmill_ring_take(pages.ring, &view, 1), 0);
            }
            put_sample(&pages, offset + i, lengths[i]);
            publish(&pages);
            assert_int_equal(ringmill_ring_take(pages.ring, &view, 1), 1);
            assert_int_equal(view.length, lengths[i]);
            assert_int_equal(view.position % pages.size, offset);
            assert_sample(&view, offset + i, lengths[i]);
            assert_int_equal(ringmill_ring_commit_all(pages.ring), 0);
            assert_true(pages.control->data_tail == pages.head);
        }
    close_pages(&pages);
}

static void rewinds_and_waits_for_commits(void **state)
{
    const uint32_t length = 1000;
    struct pages pages;
    struct ringmill_view views[8];
    uint64_t written = 0, read = 0, last = 0;

    (void)state;
    open_pages(&pages, 1, &length, 1);
    while (read < 100) {
        for (; has_room(&pages, PERF_SAMPLE_AT + perf_padded(length)); written++)
            put_sample(&pages, written, length);
        publish(&pages);
        for (int again = 0; again < 2; again++) {
            uint64_t next = read;
            int n;

            /* what was counted before a rewind comes apart from what is new */
            while ((n = ringmill_ring_take(pages.ring, views, 8)) > 0)
                for (int i = 0; i < n; i++, next++) {
                    assert_sample(&views[i], next, length);
                    last = views[i].position;
                }
            assert_true(next == written);
            if (again == 0)
                ringmill_ring_rewind(pages.ring);
        }
        assert_int_equal(ringmill_ring_commit(pages.ring, last), 0); /* one stays */
        read = written - 1;
        ringmill_ring_rewind(pages.ring);
    }
    close_pages(&pages);
}

static void padding_is_taken_off(void **state)
{
    static const uint32_t known[] = {16, 164, 168, 170};
    /* 168 and 170 look the same; of 30 nothing is known */
    static const uint32_t given[] = {16, 164, 168, 170, 168, 30, 0},
                          shown[] = {16, 164, 170, 170, 170, 36, 4};
    struct pages pages;
    struct ringmill_view views[8];

    (void)state;
    open_pages(&pages, 1, known, 4);
    for (uint32_t i = 0; i < 7; i++)
        put_sample(&pages, i, given[i]);
    publish(&pages);
    assert_int_equal(ringmill_ring_count(pages.ring, pages.head), 7);
    assert_int_equal(ringmill_ring_take(pages.ring, views, 8), 7);
    for (uint32_t i = 0; i < 7; i++) {
        assert_int_equal(views[i].length, shown[i]);
        assert_sample(&views[i], i, given[i]);
    }
    assert_int_equal(ringmill_ring_remaining(pages.ring, &views[6]), 0);
    close_pages(&pages);
}

static uint32_t draw(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return (uint32_t)(*seed >> 33);
}

/* Long runs of one length, as records mostly come, and mixed ones; in batches of any size. */
static void what_was_written_is_read(void **state)
{
    enum { QUEUE = 8192, RECORDS = 200000 };
    static uint32_t lengths[QUEUE];
    struct pages pages;
    struct ringmill_view views[RINGMILL_BATCH_MAX];
    uint64_t seed = 88172645463325252, written = 0, read = 0, lost = 0;
    uint32_t length = 8;

    (void)state;
    open_pages(&pages, 16, NULL, 0);
    while (read < RECORDS) {
        for (;;) {
            if (draw(&seed) % 2000 == 0 || written % 4096 < 100)
                length = draw(&seed) % 3 ? draw(&seed) % 200 : draw(&seed) % 4000;
            if (!has_room(&pages, 24 + PERF_SAMPLE_AT + perf_padded(length)))
                break;
            if (draw(&seed) % 500 == 0) {
                put_lost(&pages, written);
                lost += written;
            }
            lengths[written % QUEUE] = length;
            put_sample(&pages, written++, length);
        }
        publish(&pages);
        while (read < written) {
            int n = ringmill_ring_take(pages.ring, views, 1 + draw(&seed) % RINGMILL_BATCH_MAX);

            assert_true(n > 0);
            for (int i = 0; i < n; i++, read++) {
                assert_int_equal(views[i].length, perf_padded(lengths[read % QUEUE]));
                assert_sample(&views[i], read, lengths[read % QUEUE]);
            }
            if (draw(&seed) % 4)
                ringmill_ring_commit_all(pages.ring);
            else if (draw(&seed) % 2)
                break;
        }
        if (read == written)
            ringmill_ring_commit_all(pages.ring);
    }
    ringmill_ring_take(pages.ring, views, 1);
    assert_true(pages.lost <= lost && pages.lost > 0);
    struct ringmill_counters counters;
    ringmill_ring_counters(pages.ring, &counters);
    assert_true(counters.records >= RECORDS);
    assert_int_equal(counters.discards, 0);
    close_pages(&pages);
}

/* ---- what is no sample ----------------------------------------------------------------------- */

static void losses_are_added_up(void **state)
{
    struct pages pages;
    struct ringmill_view views[8];
    struct ringmill_counters counters;

    (void)state;
    open_pages(&pages, 1, NULL, 0);
    put_lost(&pages, 5);
    put_sample(&pages, 0, 20);
    put_header(&pages, UNKNOWN_TYPE, 8);
    put_lost(&pages, UINT64_C(1) << 40);
    put_sample(&pages, 1, 20);
    put_lost(&pages, 3);
    publish(&pages);
    assert_int_equal(ringmill_ring_take(pages.ring, views, 1), 1);
    assert_true(pages.lost == 5);
    ringmill_ring_rewind(pages.ring);
    assert_int_equal(ringmill_ring_take(pages.ring, views, 8), 1); /* was counted before */
    assert_int_equal(ringmill_ring_take(pages.ring, views, 8), 1);
    assert_int_equal(ringmill_ring_take(pages.ring, views, 8), 0);
    assert_sample(&views[0], 1, 20);
    assert_true(pages.lost == 8 + (UINT64_C(1) << 40));
    ringmill_ring_commit_all(pages.ring);
    assert_true(pages.control->data_tail == pages.head);
    ringmill_ring_counters(pages.ring, &counters);
    assert_int_equal(counters.records, 2);
    assert_int_equal(counters.discards, 0);
    close_pages(&pages);
}

/* A batch whose first record is good, and then one of that type and size. */
static void assert_corrupt(uint32_t type, uint16_t size, uint32_t raw)
{
    struct pages pages;
    struct ringmill_view views[8];
    struct ringmill_error reason;

    open_pages(&pages, 1, NULL, 0);
    put_sample(&pages, 0, 20);
    put_header(&pages, type, size);
    put_bytes(&pages, &raw, sizeof(raw));
    put_bytes(&pages, &raw, sizeof(raw));
    publish(&pages);
    assert_int_equal(ringmill_ring_take(pages.ring, views, 8), 1);
    assert_int_equal(ringmill_ring_take(pages.ring, views, 8), -EBADMSG);
    assert_int_equal(ringmill_ring_take(pages.ring, views, 8), -EBADMSG);
    assert_int_equal(ringmill_ring_health(pages.ring, &reason), -EBADMSG);
    assert_non_null(strstr(reason.text, "ring 7 (events) is corrupt at position 32"));
    close_pages(&pages);
}

static void corrupt_sizes_are_seen(void **state)
{
    (void)state;
    assert_corrupt(PERF_RECORD_SAMPLE, 0, 4);
    assert_corrupt(PERF_RECORD_SAMPLE, 8, 4);
    assert_corrupt(PERF_RECORD_SAMPLE, 12, 0);
    assert_corrupt(PERF_RECORD_SAMPLE, 16, 5);
    assert_corrupt(PERF_RECORD_SAMPLE, 16, UINT32_MAX);
    assert_corrupt(PERF_RECORD_SAMPLE, 24, 12);
    assert_corrupt(PERF_RECORD_SAMPLE, UINT16_MAX, 4);
    assert_corrupt(UNKNOWN_TYPE, 0, 0);
    assert_corrupt(UNKNOWN_TYPE, 4, 0);
    assert_corrupt(PERF_RECORD_LOST, 24, 0);
}

/* A loss that is too short for its number is skipped like any other record. */
static void a_short_loss_counts_nothing(void **state)
{
    struct pages pages;
    struct ringmill_view view;
    uint64_t id = 1;

    (void)state;
    open_pages(&pages, 1, NULL, 0);
    put_header(&pages, PERF_RECORD_LOST, 16);
    put_bytes(&pages, &id, sizeof(id));
    publish(&pages);
    assert_int_equal(ringmill_ring_take(pages.ring, &view, 1), 0);
    assert_true(pages.lost == 0);
    close_pages(&pages);
}

static void a_head_out_of_range(void **state)
{
    struct ringmill_view view;
    struct pages pages;

    (void)state;
    open_pages(&pages, 1, NULL, 0);
    pages.head = pages.size + 8;
    publish(&pages);
    assert_int_equal(ringmill_ring_take(pages.ring, &view, 1), -EBADMSG);
    close_pages(&pages);
    open_pages(&pages, 1, NULL, 0);
    pages.head = 12;
    publish(&pages);
    assert_int_equal(ringmill_ring_take(pages.ring, &view, 1), -EBADMSG);
    close_pages(&pages);
}

static void garbage_leads_nowhere(void **state)
{
    uint64_t seed = 1234567891011;
    struct pages pages;

    (void)state;
    for (int round = 0; round < 2000; round++) {
        struct ringmill_view views[32];
        const uint8_t *data;
        uint64_t *words;
        int n;

        open_pages(&pages, 2, NULL, 0);
        data = pages.ring->map.data;
        words = (uint64_t *)pages.data;
        for (uint64_t i = 0; i < pages.size / 8; i++) {
            words[i] = ((uint64_t)draw(&seed) << 32 | draw(&seed)) & 0x00f8000000000fff;
            if (draw(&seed) % 4)
                words[i] = (uint64_t)(draw(&seed) % 64 * 8) << 48 | PERF_RECORD_SAMPLE;
        }
        pages.head = draw(&seed) % (pages.size / 8 + 1) * 8;
        publish(&pages);
        while ((n = ringmill_ring_take(pages.ring, views, 32)) > 0)
            for (int i = 0; i < n; i++) {
                const uint8_t *sample = views[i].data;

                assert_true(sample >= data && views[i].position < pages.head);
                assert_true((uint64_t)(sample - data) + views[i].length <= pages.head);
            }
        ringmill_ring_count(pages.ring, pages.head);
        close_pages(&pages);
    }
}

static void what_cannot_be_opened(void **state)
{
    struct perf_ring from = {.fd = -1, .size = 4096, .name = "events"};
    struct ringmill_ring *ring = NULL;
    struct ringmill_error reason;

    (void)state;
    assert_int_equal(perf_open(&from, NULL, &reason, &ring), -EBADF);
    from.size = 5000;
    assert_int_equal(perf_open(&from, NULL, &reason, &ring), -EINVAL);
    assert_non_null(strstr(reason.text, "5000 bytes"));
    from.size = 4096;
    from.n_lengths = PERF_LENGTHS_MAX + 1;
    assert_int_equal(perf_open(&from, NULL, &reason, &ring), -E2BIG);
    assert_null(ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wraps_at_every_offset),
        cmocka_unit_test(rewinds_and_waits_for_commits),
        cmocka_unit_test(padding_is_taken_off),
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(losses_are_added_up),
        cmocka_unit_test(corrupt_sizes_are_seen),
        cmocka_unit_test(a_short_loss_counts_nothing),
        cmocka_unit_test(a_head_out_of_range),
        cmocka_unit_test(garbage_leads_nowhere),
        cmocka_unit_test(what_cannot_be_opened),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
