// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The table of the manual for an option table. */

#include <stdio.h>
#include <string.h>

#include "config/setting.h"

static const char *const manual_types[] = {
    [SETTING_TEXT] = "text",
    [SETTING_PATH] = "path",
    [SETTING_BOOL] = "bool",
    [SETTING_INTEGER] = "integer",
    [SETTING_SIZE] = "size",
    [SETTING_DURATION] = "duration",
    [SETTING_RATE] = "rate",
    [SETTING_CHOICE] = "choice",
    [SETTING_TEXTS] = "text or list of texts",
    [SETTING_NAME] = "name",
    [SETTING_NAMES] = "name or list of names",
    [SETTING_NODE] = "see its own section",
};

/* What is allowed: what follows the type in "a size from 4KiB to 1GiB". */
static inline const char *manual_range(const char *words)
{
    static const char *const before[] = {"one of ", " that is ", " from ", " of "};

    for (size_t i = 0; i < sizeof(before) / sizeof(*before); i++) {
        const char *found = strstr(words, before[i]);

        /* "a list of texts" is only the type */
        while (found &&
               (strncmp(found, " of texts", 9) == 0 || strncmp(found, " of names", 9) == 0))
            found = strstr(found + 1, before[i]);
        if (found)
            return found + strlen(before[i]);
    }
    return "";
}

/* A cell of a markdown table must not hold a bar. */
static inline void manual_cell(const char *text, FILE *file)
{
    fputs("| ", file);
    for (; *text; text++)
        fprintf(file, *text == '|' ? "\\%c" : "%c", *text);
    fputc(' ', file);
}

/* The caller frees it. */
static inline char *manual_table(const struct setting *settings)
{
    char *table = NULL;
    size_t length;
    FILE *file = open_memstream(&table, &length);

    fputs("| name | type | range | default | meaning |\n|---|---|---|---|---|\n", file);
    for (const struct setting *setting = settings; setting->name; setting++) {
        char words[1024]; /* a list of choices may be long */

        setting_describe(setting, words, sizeof(words));
        manual_cell(setting->name, file);
        manual_cell(manual_types[setting->type], file);
        manual_cell(manual_range(words), file);
        manual_cell(setting->required   ? "required"
                    : setting->fallback ? setting->fallback
                                        : "",
                    file);
        manual_cell(setting->doc ? setting->doc : "", file);
        fputs("|\n", file);
    }
    fclose(file);
    return table;
}
