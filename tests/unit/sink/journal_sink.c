// SPDX-License-Identifier: Apache-2.0
#include "encode/journal.h"
#include "sink/sink_kinds.h"
#include "unit/sink/peer.h"

static const char two_entries[] = "\6\0\0\0A=one\n\6\0\0\0A=two\n";

static void each_event_is_an_entry_with_its_head(void **state)
{
    const struct place *place = *state;
    int peer = peer_unix(SOCK_DGRAM, place->path);
    struct sink *sink = open_sink(&sink_journal, FRAMING_PREFIXED,
                                  "{path: %s, priority: err, identifier: my mill}", place->path);

    assert_ptr_equal(sink->ops->format, &journal_encoder_ops);
    assert_int_equal(write_to(sink, two_entries, sizeof(two_entries) - 1), sizeof(two_entries) - 1);
    expect_text(peer, "PRIORITY=3\nSYSLOG_IDENTIFIER=my mill\nA=one\n");
    expect_text(peer, "PRIORITY=3\nSYSLOG_IDENTIFIER=my mill\nA=two\n");
    expect_nothing_more(peer);
    assert_int_equal(row_of(sink, "sent"), 2);
    sink_journal.close(sink);
    close(peer);
}

/* What sd_journal_sendv() takes for success. */
static void without_journald_nothing_counts_as_sent(void **state)
{
    const struct place *place = *state;
    struct sink *sink = open_sink(&sink_journal, FRAMING_PREFIXED, "{path: %s}", place->path);

    assert_int_equal(write_to(sink, two_entries, sizeof(two_entries) - 1), 0);
    assert_int_equal(last_state, SINK_WAITING);
    assert_true(tend_to(sink) > 0);
    assert_int_equal(last_state, SINK_WAITING);
    assert_int_equal(row_of(sink, "sent"), 0);
    sink_journal.close(sink);
    sink_journal.close(NULL);
}

static void an_identifier_is_one_line(void **state)
{
    (void)state;
    refuse_sink(&sink_journal, "{identifier: \"a\\nPRIORITY=0\"}", FRAMING_PREFIXED,
                "the identifier must not contain a line break");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_PLACE(each_event_is_an_entry_with_its_head),
        IN_PLACE(without_journald_nothing_counts_as_sent),
        cmocka_unit_test(an_identifier_is_one_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
