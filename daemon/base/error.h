// SPDX-License-Identifier: Apache-2.0
#pragma once

/* An error is a negative errno, returned, and one sentence for a person, kept here. Whoever finds
 * the error writes the sentence; each caller on the way up may put its own words in front; whoever
 * decides what happens next logs it, once. Fixed size: it never allocates. */

enum { ERROR_TEXT_MAX = 1024 };

struct error {
    char text[ERROR_TEXT_MAX]; /* empty: no error; NUL-ended; cut at a limit, never overrun */
};

/* Replaces the sentence. Returns code, so that `return error_set(...)` reads well. error may be
 * NULL: the message is not wanted. */
int error_set(struct error *error, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "words: " in front of the sentence that is there. */
void error_prefix(struct error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
