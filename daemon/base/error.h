// SPDX-License-Identifier: Apache-2.0
#pragma once

/* An error is a negative errno, returned, and what a person needs, kept here: one sentence that
 * says what is wrong, and apart from it a hint, what to type next. Whoever finds the error writes
 * both; each caller on the way up may put its own words in front of the sentence; whoever decides
 * what happens next logs it, once, joined by error_join(). Fixed size: it never allocates. */

#include <stdbool.h>

enum { ERROR_TEXT_MAX = 1024, ERROR_HINT_MAX = 512 }; /* bytes, with the NUL; longer ones are cut */

struct error {
    char text[ERROR_TEXT_MAX]; /* empty: no error; more lines may follow the sentence */
    char hint[ERROR_HINT_MAX]; /* empty: none */
    const char *hint_key;      /* the setting whose value the hint is, as in "type"; NULL: none */
    bool is_example;           /* other values may be meant */
};

/* Replaces the sentence and removes the hint. Returns code, so that `return error_set(...)` reads
 * well. error may be NULL: the message is not wanted. */
int error_set(struct error *error, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "words: " in front of the sentence that is there. */
void error_prefix(struct error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Puts words after the sentence that is there. error may be NULL. */
void error_append(struct error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds a hint to those that are there. error may be NULL. */
void error_hint(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Makes it the hint to give the setting `key` (a text that is never freed) this value. A config
 * shows it as "set key: value"; the command line may show its own option instead. error may be
 * NULL. */
void error_hint_setting(struct error *error, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* As error_hint_setting(), where the value is one of several that may be meant. */
void error_hint_example(struct error *error, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Moves the hint to the end of the sentence, before any further lines. Returns text. */
const char *error_join(struct error *error);
