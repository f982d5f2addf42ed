// SPDX-License-Identifier: Apache-2.0

/* A sequence lock: the version is odd while the words change, and a reader that saw it change reads
 * again. The words are atomics, so that a reader in between reads nonsense that it throws away, and
 * not undefined behaviour. The writer never waits; a reader waits for a copy of 160 bytes. */

#include "base/note.h"

#include <stdio.h>
#include <string.h>

void note_set(struct note *note, const char *text)
{
    uint32_t version = atomic_load_explicit(&note->version, memory_order_relaxed);
    union {
        char bytes[NOTE_TEXT_MAX];
        uint64_t words[NOTE_TEXT_MAX / 8];
    } copy = {{0}};

    snprintf(copy.bytes, sizeof(copy.bytes), "%s", text);
    atomic_store_explicit(&note->version, version + 1, memory_order_relaxed);
    /* orders the odd version before the first word */
    atomic_thread_fence(memory_order_release);
    for (size_t i = 0; i < NOTE_TEXT_MAX / 8; i++)
        atomic_store_explicit(&note->words[i], copy.words[i], memory_order_relaxed);
    atomic_store_explicit(&note->version, version + 2, memory_order_release);
}

void note_get(const struct note *note, char ret_text[NOTE_TEXT_MAX])
{
    uint64_t words[NOTE_TEXT_MAX / 8];
    uint32_t version;

    do {
        version = atomic_load_explicit(&note->version, memory_order_acquire);
        for (size_t i = 0; i < NOTE_TEXT_MAX / 8; i++)
            words[i] = atomic_load_explicit(&note->words[i], memory_order_relaxed);
        /* orders the last word before the second look at the version */
        atomic_thread_fence(memory_order_acquire);
    } while (version % 2 == 1 ||
             atomic_load_explicit(&note->version, memory_order_relaxed) != version);
    memcpy(ret_text, words, NOTE_TEXT_MAX);
}
