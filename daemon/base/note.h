// SPDX-License-Identifier: Apache-2.0
#pragma once

/* One short text that one thread writes now and then and any thread reads, without a lock: what a
 * sink's writer thread last complained about, say. A reader never sees half of one and half of
 * another. Zeroed is the empty note. */

#include <stdatomic.h>
#include <stdint.h>

enum { NOTE_TEXT_MAX = 160 }; /* bytes, with the NUL; longer texts are cut */

struct note {
    _Atomic uint32_t version; /* odd while it is being written */
    _Atomic uint64_t words[NOTE_TEXT_MAX / 8];
};

/* By the one writer only. */
void note_set(struct note *note, const char *text);

/* Any thread. */
void note_get(const struct note *note, char ret_text[NOTE_TEXT_MAX]);
