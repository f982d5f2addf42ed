// SPDX-License-Identifier: Apache-2.0
#include "record/builtin_handlers.h"

#include "encode/registry.h"
#include "unit/capture/support.h"
#include "unit/forward/support.h"

static int set_up(void **state)
{
    static struct exits exits;

    exits_init(&exits);
    *state = &exits;
    return 0;
}

static int tear_down(void **state)
{
    exits_deinit(*state);
    return 0;
}

static void run(struct opened *opened, struct notes *notes, uint32_t forwarded, uint32_t failed)
{
    uint32_t selected = notes->batch.selected;

    notes->batch.forwarded = notes->batch.failed = 0;
    opened->handler->ops->process(opened->handler, &notes->batch);
    assert_int_equal(notes->batch.forwarded, forwarded);
    assert_int_equal(notes->batch.failed, failed);
    assert_int_equal(notes->batch.selected, selected); /* what comes next still sees them */
}

/* The line of a note; the caller frees it. */
static char *line_of(uint32_t id, uint32_t text_length)
{
    char *line = NULL;
    char *text = calloc(1, text_length + 1);

    assert_non_null(text);
    memset(text, 'x', text_length);
    assert_true(asprintf(&line, "{\"source\":\"notes\",\"id\":%u,\"text\":\"%s\"}\n", id, text) >
                0);
    free(text);
    return line;
}

/* Text length so that the whole line with a one-digit id has so many bytes. */
static uint32_t text_for_line(uint32_t bytes)
{
    char *line = line_of(1, 0);
    uint32_t rest = bytes - (uint32_t)strlen(line);

    free(line);
    return rest;
}

/* Takes a chunk of these notes, in order. */
static void expect_notes(struct lane *lane, uint32_t count, const uint32_t (*notes)[2])
{
    struct chunk *chunk = lane_take(lane);
    uint32_t at = 0;

    assert_non_null(chunk);
    assert_int_equal(chunk->events, count);
    for (uint32_t i = 0; i < count; i++) {
        char *line = line_of(notes[i][0], notes[i][1]);

        assert_true(chunk->used >= at + strlen(line));
        assert_memory_equal(chunk->bytes + at, line, strlen(line));
        at += (uint32_t)strlen(line);
        free(line);
    }
    assert_int_equal(chunk->used, at);
    lane_give_back(lane, chunk, chunk->events, false);
}

static void puts_the_selection_into_the_lane(void **state)
{
    struct exits *exits = *state;
    struct opened opened = open_handler(&forward_ops, "one", &exits->host);
    struct notes notes;

    notes_init_many(&notes, 5);
    notes.batch.selection[0] = 1;
    notes.batch.selection[1] = 4;
    notes.batch.selected = 2;
    run(&opened, &notes, 2, 0);
    lane_hand_over(&exits->lanes[0], LANE_BEGUN);
    expect_notes(&exits->lanes[0], 2, (uint32_t[][2]){{1, 3}, {4, 3}});
    assert_null(lane_take(&exits->lanes[0]));
    assert_int_equal(counter_get(&exits->lanes[0].forwarded), 2);
    assert_int_equal(counter_get(&exits->lanes[1].forwarded), 0);
    notes_deinit(&notes);
    close_handler(&opened);
}

static void two_outlets_get_the_same(void **state)
{
    struct exits *exits = *state;
    struct opened opened = open_handler(&forward_ops, "[two, one]", &exits->host);
    struct notes notes;

    notes_init_many(&notes, 3);
    run(&opened, &notes, 6, 0);
    for (int i = 0; i < 2; i++) {
        lane_hand_over(&exits->lanes[i], LANE_BEGUN);
        expect_notes(&exits->lanes[i], 3, (uint32_t[][2]){{0, 3}, {1, 3}, {2, 3}});
    }
    notes_deinit(&notes);
    close_handler(&opened);
}

static void one_outlet_named_twice_gets_two(void **state)
{
    struct exits *exits = *state;
    struct opened opened = open_handler(&forward_ops, "[one, one]", &exits->host);
    struct notes notes;

    notes_init_many(&notes, 2);
    run(&opened, &notes, 4, 0);
    lane_hand_over(&exits->lanes[0], LANE_BEGUN);
    expect_notes(&exits->lanes[0], 4, (uint32_t[][2]){{0, 3}, {1, 3}, {0, 3}, {1, 3}});
    notes_deinit(&notes);
    close_handler(&opened);
}

/* EVENT_MAX bytes go, one byte more never will; those around it go. */
static void an_event_that_is_too_long_fails_alone(void **state)
{
    struct exits *exits = *state;
    struct opened opened = open_handler(&forward_ops, "[one, two]", &exits->host);
    uint32_t longest = text_for_line(EVENT_MAX);
    struct notes notes;

    notes_init(&notes);
    notes_add(&notes, 1, 3);
    notes_add(&notes, 2, longest);
    notes_add(&notes, 3, longest + 1);
    notes_add(&notes, 4, 3);
    batch_select_all(&notes.batch);
    run(&opened, &notes, 6, 2);
    for (int i = 0; i < 2; i++) {
        lane_hand_over(&exits->lanes[i], LANE_BEGUN);
        expect_notes(&exits->lanes[i], 3, (uint32_t[][2]){{1, 3}, {2, longest}, {4, 3}});
        assert_int_equal(counter_get(&exits->lanes[i].forwarded), 3);
    }
    notes_deinit(&notes);
    close_handler(&opened);
}

static void nothing_but_too_long_leaves_an_empty_chunk(void **state)
{
    struct exits *exits = *state;
    struct opened opened = open_handler(&forward_ops, "one", &exits->host);
    uint32_t room, too_long = text_for_line(EVENT_MAX) + 1;
    struct notes notes;

    notes_init(&notes);
    notes_add(&notes, 1, too_long);
    notes_add(&notes, 2, too_long);
    batch_select_all(&notes.batch);
    run(&opened, &notes, 0, 2);
    lane_tail(&exits->lanes[0], &room);
    assert_int_equal(room, CHUNK_BYTES);
    lane_hand_over(&exits->lanes[0], LANE_BEGUN);
    assert_null(lane_take(&exits->lanes[0]));
    notes_deinit(&notes);
    close_handler(&opened);
}

static void chunks_roll_over_between_events(void **state)
{
    struct exits *exits = *state;
    struct opened opened = open_handler(&forward_ops, "one", &exits->host);
    uint32_t quarter = text_for_line(CHUNK_BYTES / 4); /* four fill a chunk to the last byte */
    struct notes notes;

    notes_init(&notes);
    for (uint32_t i = 0; i < 9; i++)
        notes_add(&notes, i, quarter);
    batch_select_all(&notes.batch);
    run(&opened, &notes, 9, 0);
    lane_hand_over(&exits->lanes[0], LANE_FULL);
    expect_notes(&exits->lanes[0], 4,
                 (uint32_t[][2]){{0, quarter}, {1, quarter}, {2, quarter}, {3, quarter}});
    expect_notes(&exits->lanes[0], 4,
                 (uint32_t[][2]){{4, quarter}, {5, quarter}, {6, quarter}, {7, quarter}});
    assert_null(lane_take(&exits->lanes[0]));
    lane_hand_over(&exits->lanes[0], LANE_BEGUN);
    expect_notes(&exits->lanes[0], 1, (uint32_t[][2]){{8, quarter}});
    notes_deinit(&notes);
    close_handler(&opened);
}

/* Too little room for it in this chunk is not too long. */
static void a_chunk_with_little_room_is_left_for_the_next(void **state)
{
    struct exits *exits = *state;
    struct opened opened = open_handler(&forward_ops, "one", &exits->host);
    uint32_t half = text_for_line(EVENT_MAX / 2), longest = text_for_line(EVENT_MAX);
    struct notes notes;

    notes_init(&notes);
    for (uint32_t i = 0; i < 7; i++)
        notes_add(&notes, i, half);
    notes_add(&notes, 7, longest);
    batch_select_all(&notes.batch);
    run(&opened, &notes, 8, 0);
    lane_hand_over(&exits->lanes[0], LANE_BEGUN);
    expect_notes(&exits->lanes[0], 7,
                 (uint32_t[][2]){
                     {0, half}, {1, half}, {2, half}, {3, half}, {4, half}, {5, half}, {6, half}});
    expect_notes(&exits->lanes[0], 1, (uint32_t[][2]){{7, longest}});
    notes_deinit(&notes);
    close_handler(&opened);
}

static void refuses(void **state)
{
    struct exits *exits = *state;

    refuse_handler(&forward_ops, "three", &exits->host, -ENOENT,
                   "t.yaml:1:10: forward: no such exit\n");
    refuse_handler(&forward_ops, "[one, three, four]", &exits->host, -ENOENT,
                   "t.yaml:1:16: forward[1]: no such exit\n"
                   "t.yaml:1:23: forward[2]: no such exit\n");
    refuse_handler(
        &forward_ops, "[]", &exits->host, -EINVAL,
        "t.yaml:1:10: forward: expected a name or a list of names of 1 to 16 entries, found 0\n");
    refuse_handler(&forward_ops, "{one: two}", &exits->host, -EINVAL,
                   "t.yaml:1:10: forward: expected a name or a list of names of 1 to 16 entries, "
                   "found a map\n");
    refuse_handler(&forward_ops, "", &exits->host, -EINVAL,
                   "t.yaml:1:1: forward: the value is missing; expected a name or a list of names "
                   "of 1 to 16 entries\n");
    refuse_handler(&forward_ops, "[one, [two]]", &exits->host, -EINVAL,
                   "t.yaml:1:16: forward[1]: expected a text, found a list\n");
    refuse_handler(
        &forward_ops, "[one,one,one,one,one,one,one,one,one,one,one,one,one,one,one,one,one]",
        &exits->host, -EINVAL,
        "t.yaml:1:10: forward: expected a name or a list of names of 1 to 16 entries, found 17\n");
}

/* The message about the sink stands where the sink does; those behind it are looked at all the
 * same. */
static void a_broken_sink_hides_no_other(void **state)
{
    struct exits *exits = *state;

    refuse_handler(&forward_ops, "broken", &exits->host, -EINVAL, "");
    refuse_handler(&forward_ops, "[broken, three]", &exits->host, -ENOENT,
                   "t.yaml:1:19: forward[1]: no such exit\n");
}

/* ---- losses ---------------------------------------------------------------------------------- */

/* Two formats that can say losses and nothing else, and one of them not even that. */
struct terse {
    struct encoder base;
    char type[20];
};

static size_t terse_loss(struct encoder *encoder, const struct loss *loss, char *out, size_t room)
{
    assert_int_equal(room, LOSS_BYTES_MAX);
    return (size_t)snprintf(out, room, "%s %lu;", ((struct terse *)encoder)->type,
                            (unsigned long)loss->records);
}

static size_t silent_loss(struct encoder *encoder, const struct loss *loss, char *out, size_t room)
{
    (void)encoder;
    (void)loss;
    (void)out;
    (void)room;
    return 0;
}

static uint32_t restarts;

static void terse_restart(struct encoder *encoder)
{
    (void)encoder;
    restarts++;
}

static void terse_close(struct encoder *encoder)
{
    free(encoder);
}

static const struct encoder_ops terse_instance = {
    .encode_loss = terse_loss, .restart = terse_restart, .close = terse_close};
static const struct encoder_ops silent_instance = {.encode_loss = silent_loss,
                                                   .close = terse_close};

static int open_instance(const struct encoder_ops *ops, const struct encoder_options *options,
                         struct encoder **ret)
{
    struct terse *terse = calloc(1, sizeof(*terse));

    assert_non_null(terse);
    snprintf(terse->type, sizeof(terse->type), "%s", options->type ? options->type : "none");
    terse->base.ops = ops;
    *ret = &terse->base;
    return 0;
}

static int terse_open(const struct schema *schema, const char *source,
                      const struct encoder_options *options, struct error *error,
                      struct encoder **ret)
{
    (void)schema;
    (void)source;
    (void)error;
    return open_instance(&terse_instance, options, ret);
}

static int silent_open(const struct schema *schema, const char *source,
                       const struct encoder_options *options, struct error *error,
                       struct encoder **ret)
{
    (void)schema;
    (void)source;
    (void)error;
    return open_instance(&silent_instance, options, ret);
}

static const struct encoder_ops terse_ops = {.name = "terse", .open = terse_open};
static const struct encoder_ops silent_ops = {.name = "silent", .open = silent_open};

static void says_losses_in_each_outlet_that_can(void **state)
{
    struct exits *exits = *state;
    struct loss loss = {.records = 7};
    struct opened opened;
    struct chunk *chunk;

    exits->outlets[0].format = &terse_ops;
    exits->outlets[1].format = &silent_ops;
    exits->host.type = "flow";
    opened = open_handler(&forward_ops, "[one, two, one]", &exits->host);
    assert_int_equal(forward_ops.lost(opened.handler, &loss), 2);
    lane_hand_over(&exits->lanes[0], LANE_BEGUN);
    chunk = lane_take(&exits->lanes[0]);
    assert_int_equal(chunk->events, 2);
    assert_memory_equal(chunk->bytes, "flow 7;flow 7;", 14);
    assert_int_equal(counter_get(&exits->lanes[0].forwarded), 2);
    lane_hand_over(&exits->lanes[1], LANE_BEGUN);
    assert_null(lane_take(&exits->lanes[1]));
    close_handler(&opened);
}

/* Of a lane that drops the oldest chunks, so that each can be read without the others. */
static void an_encoder_begins_anew_in_each_chunk_that_may_be_alone(void **state)
{
    struct exits *exits = *state;
    struct loss loss = {.records = 7};
    struct opened opened;

    exits->outlets[0].format = exits->outlets[1].format = &terse_ops;
    exits->lanes[0].overflow = LANE_DROP_OLDEST;
    opened = open_handler(&forward_ops, "[one, two]", &exits->host);
    restarts = 0;
    for (uint32_t chunk = 1; chunk <= 3; chunk++) {
        assert_int_equal(forward_ops.lost(opened.handler, &loss), 2);
        assert_int_equal(forward_ops.lost(opened.handler, &loss), 2);
        assert_int_equal(restarts, chunk);
        lane_next_chunk(&exits->lanes[0]);
        lane_next_chunk(&exits->lanes[1]);
    }
    close_handler(&opened);
}

/* Forwards until the lane has dropped from its front, and hands the rest to a capture. */
static uint64_t capture_what_is_left(struct exits *exits, struct opened *opened, const char *path)
{
    struct lane *lane = &exits->lanes[0];
    struct capture_writer *writer;
    struct error error;
    struct chunk *chunk;
    uint64_t cut, events = 0;
    struct notes notes;

    notes_init(&notes);
    for (uint32_t i = 0; i < BATCH_MAX; i++)
        notes_add(&notes, i, 5000);
    batch_select_all(&notes.batch);
    while (counter_get(&lane->overflowed) == 0) {
        assert_true(lane_make_room(lane));
        run(opened, &notes, BATCH_MAX, 0);
    }
    notes_deinit(&notes);
    lane_hand_over(lane, LANE_ALL);
    assert_int_equal(capture_writer_new(path, &error, &cut, &writer), 0);
    while ((chunk = lane_take(lane))) {
        assert_int_equal(capture_writer_put(writer, chunk->bytes, chunk->used), 0);
        events += chunk->events;
        lane_give_back(lane, chunk, chunk->events, false);
    }
    capture_writer_free(writer);
    return events;
}

/* The type's description was in the first chunk, which is gone. */
static void a_capture_can_be_read_whatever_was_dropped(void **state)
{
    struct exits *exits = *state;
    const char *path = new_path();
    struct opened opened;
    struct capture *capture;
    struct error error;
    uint64_t events;

    exits->outlets[0].format = &capture_encoder_ops;
    exits->lanes[0].overflow = LANE_DROP_OLDEST;
    opened = open_handler(&forward_ops, "one", &exits->host);
    events = capture_what_is_left(exits, &opened, path);
    assert_int_equal(capture_open(path, &error, &capture), 0);
    assert_false(capture->damaged);
    assert_int_equal(capture->records, events);
    assert_true(lane_dropped(&exits->lanes[0]) > 0);
    capture_free(capture);
    close_handler(&opened);
    remove_path(path);
}

/* Near the end of a chunk there is room in the next one. */
static void a_loss_always_has_its_room(void **state)
{
    struct exits *exits = *state;
    struct loss loss = {.records = 7};
    struct opened opened;
    struct chunk *chunk;
    uint32_t room;

    exits->outlets[0].format = &terse_ops;
    opened = open_handler(&forward_ops, "one", &exits->host);
    lane_tail(&exits->lanes[0], &room);
    lane_add(&exits->lanes[0], room - LOSS_BYTES_MAX, 1);
    assert_int_equal(forward_ops.lost(opened.handler, &loss), 1);
    assert_int_equal(forward_ops.lost(opened.handler, &loss), 1);
    lane_hand_over(&exits->lanes[0], LANE_BEGUN);
    chunk = lane_take(&exits->lanes[0]);
    assert_int_equal(chunk->events, 2);
    chunk = lane_take(&exits->lanes[0]);
    assert_int_equal(chunk->events, 1);
    assert_memory_equal(chunk->bytes, "none 7;", 7);
    close_handler(&opened);
}

/* As many as come: a lane that refuses may have no chunk left to write into. */
static void a_lane_that_refuses_gets_no_loss_either(void **state)
{
    struct exits *exits = *state;
    struct loss loss = {.records = 7};
    struct opened opened;

    exits->outlets[0].format = &terse_ops;
    opened = open_handler(&forward_ops, "one", &exits->host);
    exits->lanes[0].refuses = true;
    exits->lanes[0].n_spare = 0;
    assert_int_equal(forward_ops.lost(opened.handler, &loss), 1);
    assert_int_equal(counter_get(&exits->lanes[0].forwarded), 1);
    assert_int_equal(lane_dropped(&exits->lanes[0]), 1);
    assert_int_equal(lane_in_flight(&exits->lanes[0]), 0);
    close_handler(&opened);
}

/* Whatever the format's name: what counts is that it writes records as they are. */
static void whole_records_are_refused_where_something_is_hidden(void **state)
{
    struct exits *exits = *state;
    struct schema schema = note_schema;
    struct opened opened;

    exits->outlets[0].format = encoder_find("raw");
    exits->host.schema = &schema;
    opened = open_handler(&forward_ops, "one", &exits->host);
    close_handler(&opened);
    schema.hidden = schema.hidden_bytes = "text";
    refuse_handler(&forward_ops, "[two, one]", &exits->host, -EINVAL,
                   "t.yaml:1:16: forward[1]: the format of the sink one writes whole records and "
                   "would reveal text, which an earlier redact or select hides; forward to one "
                   "before that step, or use a text format\n");
}

static void close_accepts_null(void **state)
{
    (void)state;
    forward_ops.close(NULL);
    assert_string_equal(forward_ops.name, "forward");
    assert_true(forward_ops.forwards);
}

#define WITH_EXITS(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_EXITS(puts_the_selection_into_the_lane),
        WITH_EXITS(two_outlets_get_the_same),
        WITH_EXITS(one_outlet_named_twice_gets_two),
        WITH_EXITS(an_event_that_is_too_long_fails_alone),
        WITH_EXITS(nothing_but_too_long_leaves_an_empty_chunk),
        WITH_EXITS(chunks_roll_over_between_events),
        WITH_EXITS(a_chunk_with_little_room_is_left_for_the_next),
        WITH_EXITS(refuses),
        WITH_EXITS(a_broken_sink_hides_no_other),
        WITH_EXITS(says_losses_in_each_outlet_that_can),
        WITH_EXITS(an_encoder_begins_anew_in_each_chunk_that_may_be_alone),
        WITH_EXITS(a_capture_can_be_read_whatever_was_dropped),
        WITH_EXITS(a_loss_always_has_its_room),
        WITH_EXITS(a_lane_that_refuses_gets_no_loss_either),
        WITH_EXITS(whole_records_are_refused_where_something_is_hidden),
        cmocka_unit_test(close_accepts_null),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
