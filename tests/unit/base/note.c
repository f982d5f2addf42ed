// SPDX-License-Identifier: Apache-2.0
#include "base/note.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void begins_empty_and_is_cut(void **state)
{
    struct note note = {0};
    char text[NOTE_TEXT_MAX], longer[2 * NOTE_TEXT_MAX];

    (void)state;
    note_get(&note, text);
    assert_string_equal(text, "");
    note_set(&note, "No space left on device");
    note_get(&note, text);
    assert_string_equal(text, "No space left on device");
    memset(longer, 'x', sizeof(longer));
    longer[sizeof(longer) - 1] = '\0';
    note_set(&note, longer);
    note_get(&note, text);
    assert_int_equal(strlen(text), NOTE_TEXT_MAX - 1);
    note_set(&note, "");
    note_get(&note, text);
    assert_string_equal(text, "");
}

struct race {
    struct note note;
    atomic_bool stop;
};

static void *write_notes(void *data)
{
    struct race *race = data;
    char text[NOTE_TEXT_MAX];

    for (unsigned i = 0; !atomic_load(&race->stop); i++) {
        memset(text, 'a' + i % 26, sizeof(text));
        text[1 + i % (NOTE_TEXT_MAX - 1)] = '\0';
        note_set(&race->note, text);
    }
    return NULL;
}

/* All letters of a note are the same one. */
static void is_never_seen_half_written(void **state)
{
    static struct race race;
    char text[NOTE_TEXT_MAX];
    pthread_t writer;

    (void)state;
    assert_int_equal(pthread_create(&writer, NULL, write_notes, &race), 0);
    for (int i = 0; i < 20000; i++) {
        char letter[] = {0, 0};

        note_get(&race.note, text);
        letter[0] = text[0];
        assert_int_equal(strspn(text, letter), strlen(text));
    }
    atomic_store(&race.stop, true);
    pthread_join(writer, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(begins_empty_and_is_cut),
        cmocka_unit_test(is_never_seen_half_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
