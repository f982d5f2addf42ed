// SPDX-License-Identifier: Apache-2.0

/* A chunk is in the file as a whole; what a config says leads to a file that can be read again. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sink/sink_kinds.h"
#include "unit/capture/support.h"
#include "unit/sink/outcome.h"

static const struct sink_options options = {.name = "out", .framing = FRAMING_LINES};

/* What the settings are bound into; by its rows, so that they are tested, too. */
static const void *config_for(const char *path)
{
    static char bytes[64];

    assert_true(sink_capture.config_size <= sizeof(bytes));
    assert_string_equal(sink_capture.settings[0].name, "path");
    assert_true(sink_capture.settings[0].required);
    assert_null(sink_capture.settings[1].name);
    memcpy(bytes + sink_capture.settings[0].offset, &path, sizeof(path));
    return bytes;
}

static void keep_row(void *data, const struct row *row, uint64_t value)
{
    if (strcmp(row->name, "size") == 0)
        *(uint64_t *)data = value;
    else
        assert_string_equal(row->name, "gone");
}

static void writes_chunks(void **state)
{
    const char *path = new_path();
    struct encoder *encoder;
    struct capture *capture;
    struct sink *sink;
    struct error error;
    static char chunk[65536];
    uint64_t before = 0, after = 0;
    size_t used;

    (void)state;
    assert_ptr_equal(sink_capture.format, &capture_encoder_ops);
    assert_int_equal(sink_capture.open(config_for(path), &options, &error, &sink), 0);
    assert_int_equal(sink_capture.format->open(&sample_schema, "agent", NULL, &error, &encoder), 0);
    sink_capture.rows(sink, keep_row, &before);
    used = encode_samples(encoder, 0, 50, chunk, sizeof(chunk));
    assert_int_equal(write_to(sink, chunk, used), used);
    sink_capture.rows(sink, keep_row, &after);
    assert_true(before > 0 && after >= before + used);
    assert_null(sink_capture.watch);
    sink_capture.close(sink);
    encoder_close(encoder);
    assert_int_equal(capture_open(path, &error, &capture), 0);
    assert_false(capture->damaged);
    assert_int_equal(capture->records, 50);
    capture_free(capture);
    sink_capture.close(NULL);
    remove_path(path);
}

/* What nobody can read is not delivered. */
static void a_deleted_capture_takes_nothing(void **state)
{
    const char *path = new_path();
    static char chunk[65536];
    struct encoder *encoder;
    struct sink *sink;
    struct error error;
    size_t used;

    (void)state;
    assert_int_equal(sink_capture.open(config_for(path), &options, &error, &sink), 0);
    assert_int_equal(sink_capture.format->open(&sample_schema, "agent", NULL, &error, &encoder), 0);
    used = encode_samples(encoder, 0, 50, chunk, sizeof(chunk));
    assert_int_equal(write_to(sink, chunk, used), used);
    assert_in_range(tend_to(sink), 1, 1001);
    assert_int_equal(unlink(path), 0);
    usleep(20000); /* longer than a look before a write is left out */
    assert_int_equal(write_to(sink, chunk, used), 0);
    assert_non_null(strstr(last.why, "was deleted; restart the daemon to start a new capture"));
    sink_capture.close(sink);
    encoder_close(encoder);
    remove_path(path);
}

static void a_capture_that_was_moved_is_gone_on_with(void **state)
{
    const char *path = new_path();
    static char chunk[65536];
    struct capture *capture;
    struct encoder *encoder;
    struct sink *sink;
    struct error error;
    char moved[128];
    size_t used;

    (void)state;
    assert_int_equal(sink_capture.open(config_for(path), &options, &error, &sink), 0);
    assert_int_equal(sink_capture.format->open(&sample_schema, "agent", NULL, &error, &encoder), 0);
    snprintf(moved, sizeof(moved), "%s.1", path);
    assert_int_equal(rename(path, moved), 0);
    close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    usleep(20000);
    used = encode_samples(encoder, 0, 50, chunk, sizeof(chunk));
    assert_int_equal(write_to(sink, chunk, used), used);
    sink_capture.close(sink);
    encoder_close(encoder);
    assert_int_equal(capture_open(moved, &error, &capture), 0);
    assert_false(capture->damaged);
    assert_int_equal(capture->records, 50);
    capture_free(capture);
    unlink(moved);
    remove_path(path);
}

static void says_why_not(void **state)
{
    struct sink *sink = NULL;
    struct error error;

    (void)state;
    assert_int_equal(sink_capture.open(config_for("/no/such/folder/x"), &options, &error, &sink),
                     -ENOENT);
    assert_string_equal(error.text,
                        "cannot open /no/such/folder/x for writing: the folder /no/such/folder "
                        "does not exist; create it: mkdir -p /no/such/folder");
    assert_null(sink);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_chunks),
        cmocka_unit_test(a_deleted_capture_takes_nothing),
        cmocka_unit_test(a_capture_that_was_moved_is_gone_on_with),
        cmocka_unit_test(says_why_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
