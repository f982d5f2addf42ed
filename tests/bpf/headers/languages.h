// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#ifndef LANGUAGES_H_
#define LANGUAGES_H_
#ifdef __cplusplus
extern "C" {
#endif

typedef unsigned int language_word;
typedef int (*language_callback)(const void *data, unsigned long size);

struct languages {
    language_word first, second;
    language_word third : 5, : 3, fourth : 9;
    const char *text;
};

_Static_assert(sizeof(struct languages) == 24, "as both sides have it");

#ifdef __cplusplus
}
#endif
#endif
