// SPDX-License-Identifier: Apache-2.0

/* Going on with a file, and what happens when it cannot be written. */

#include "capture/capture_writer.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <cmocka.h>

#include "unit/capture/support.h"

static int cuts_to_fail;

/* Instead of the C library's. */
int ftruncate(int fd, off_t size)
{
    if (cuts_to_fail == 0)
        return (int)syscall(SYS_ftruncate, fd, size);
    cuts_to_fail--;
    errno = EINTR;
    return -1;
}

static struct capture_writer *open_writer(const char *path, uint64_t cut)
{
    struct capture_writer *writer;
    struct error error = {0};
    uint64_t was_cut = 77;

    if (capture_writer_new(path, &error, &was_cut, &writer) < 0)
        fail_msg("%s", error.text);
    assert_int_equal(was_cut, cut);
    return writer;
}

static int put_samples(struct capture_writer *writer, uint32_t count)
{
    static char piece[1 << 20];
    struct encoder *encoder;
    struct error error;
    size_t used;

    assert_int_equal(capture_encoder_ops.open(&sample_schema, "agent", NULL, &error, &encoder), 0);
    used = encode_samples(encoder, 0, count, piece, sizeof(piece));
    encoder_close(encoder);
    return capture_writer_put(writer, piece, used);
}

static void expect(const char *path, uint64_t records, uint32_t sections, bool unfinished)
{
    struct capture *capture;
    struct error error;

    assert_int_equal(capture_open(path, &error, &capture), 0);
    assert_int_equal(capture->records, records);
    assert_int_equal(capture->sections, sections);
    assert_int_equal(capture->damaged, unfinished);
    assert_int_equal(capture->unfinished, unfinished);
    assert_int_equal(capture->n_types, records > 0);
    capture_free(capture);
}

static void goes_on(void **state)
{
    const char *path = new_path();

    (void)state;
    for (uint32_t i = 1; i <= 3; i++) {
        struct capture_writer *writer = open_writer(path, 0);

        assert_int_equal(put_samples(writer, 100), 0);
        expect(path, 100 * i, i, true); /* as long as it is open */
        assert_true(capture_writer_size(writer) > 0);
        capture_writer_free(writer);
        expect(path, 100 * i, i, false);
    }
    remove_path(path);
}

static void an_empty_capture(void **state)
{
    const char *path = new_path();

    (void)state;
    capture_writer_free(open_writer(path, 0));
    expect(path, 0, 1, false);
    capture_writer_free(NULL);
    remove_path(path);
}

/* The end that a killed writer leaves: whole records stay, half of one goes. */
static void goes_on_with_a_torn_one(void **state)
{
    const char *path = new_path();
    struct capture_writer *writer = open_writer(path, 0);
    struct stat whole;

    (void)state;
    assert_int_equal(put_samples(writer, 100), 0);
    assert_int_equal(stat(path, &whole), 0);
    capture_writer_free(writer);
    assert_int_equal(truncate(path, whole.st_size - 3), 0);
    writer = open_writer(path, (sample_length(99) + 7) / 8 * 8 + 8 - 3);
    assert_int_equal(put_samples(writer, 10), 0);
    capture_writer_free(writer);
    expect(path, 99 + 10, 2, false);
    remove_path(path);
}

static void one_writer_at_a_time(void **state)
{
    const char *path = new_path();
    struct capture_writer *writer = open_writer(path, 0), *second;
    struct error error;
    uint64_t cut;

    (void)state;
    assert_int_equal(capture_writer_new(path, &error, &cut, &second), -EBUSY);
    assert_non_null(strstr(error.text, "another process is writing to this capture"));
    capture_writer_free(writer);
    capture_writer_free(open_writer(path, 0));
    remove_path(path);
}

static void refused(const char *path, int code, const char *text)
{
    struct capture_writer *writer;
    struct error error = {0};
    uint64_t cut;

    assert_int_equal(capture_writer_new(path, &error, &cut, &writer), code);
    if (!strstr(error.text, text))
        fail_msg("%s", error.text);
}

static void what_is_no_capture(void **state)
{
    const char *path = new_path();
    FILE *file = fopen(path, "w");
    struct stat stat_now;

    (void)state;
    for (int i = 0; i < 100; i++)
        fputs("somebody's only copy\n", file);
    fclose(file);
    refused(path, -EBADMSG, "is not a capture: it does not begin with the capture signature");
    assert_int_equal(stat(path, &stat_now), 0);
    assert_int_equal(stat_now.st_size, 2100); /* and it is still there */
    refused("/dev/null", -EINVAL, "is not a regular file");
    refused("/no/such/folder/file", -ENOENT, "cannot open");
    remove_path(path);
}

static void what_is_damaged(void **state)
{
    const char *path = new_path();
    struct capture_writer *writer = open_writer(path, 0);
    FILE *file;

    (void)state;
    assert_int_equal(put_samples(writer, 100), 0);
    capture_writer_free(writer);
    file = fopen(path, "r+");
    fseek(file, 1000, SEEK_SET);
    fputs("!!!!!!!!", file);
    fclose(file);
    refused(path, -EBADMSG, "is damaged at byte");
    remove_path(path);
}

static void set_limit(rlim_t size)
{
    struct rlimit limit = {size, RLIM_INFINITY};

    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* A full disk in the middle of a piece: nothing of it stays, and it can be tried again. */
static void a_piece_that_does_not_fit(void **state)
{
    const char *path = new_path();
    struct capture_writer *writer = open_writer(path, 0);
    uint64_t size;

    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(put_samples(writer, 100), 0);
    size = capture_writer_size(writer);
    for (rlim_t more = 0; more < 5000; more += 777) {
        struct stat stat_now;

        set_limit(size + more);
        assert_int_equal(put_samples(writer, 100), -EFBIG);
        assert_int_equal(capture_writer_size(writer), size);
        assert_int_equal(stat(path, &stat_now), 0);
        assert_int_equal(stat_now.st_size, size);
    }
    set_limit(RLIM_INFINITY);
    for (int i = 0; i < 100; i++) /* across checksums */
        assert_int_equal(put_samples(writer, 1000), 0);
    capture_writer_free(writer);
    expect(path, 100 + 100 * 1000, 1, false);
    remove_path(path);
}

/* Nor could what is there of it be cut off at once: then it is before something shorter comes. */
static void a_piece_that_cannot_be_taken_back(void **state)
{
    const char *path = new_path();
    struct capture_writer *writer = open_writer(path, 0);
    uint64_t size;

    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(put_samples(writer, 100), 0);
    size = capture_writer_size(writer);
    set_limit(size + 5000);
    cuts_to_fail = 2;
    assert_int_equal(put_samples(writer, 100), -EFBIG);
    assert_int_equal(put_samples(writer, 1), -EINTR);
    set_limit(RLIM_INFINITY);
    assert_int_equal(cuts_to_fail, 0);
    capture_writer_free(writer);
    expect(path, 100, 1, false);
    remove_path(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_on),
        cmocka_unit_test(an_empty_capture),
        cmocka_unit_test(goes_on_with_a_torn_one),
        cmocka_unit_test(one_writer_at_a_time),
        cmocka_unit_test(what_is_no_capture),
        cmocka_unit_test(what_is_damaged),
        cmocka_unit_test(a_piece_that_does_not_fit),
        cmocka_unit_test(a_piece_that_cannot_be_taken_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
