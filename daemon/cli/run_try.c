// SPDX-License-Identifier: Apache-2.0
#include "cli/run_try.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/printable.h"
#include "cli/run_options.h"

/* Options of which each value stays beside others, and those that have one for each name before =.
 */
static const char *const repeatable[] = {"program", "optional", "interface", NULL};
static const char *const named[] = {"ring",     "attach",    "types",     "constant",
                                    "map-size", "map-value", "inner-map", NULL};

static bool is_among(const char *const *names, const char *name)
{
    while (*names && strcmp(*names, name) != 0)
        names++;
    return *names;
}

void run_try_init(struct run_try *try, int argc, char **argv)
{
    *try = (struct run_try){.argc = argc, .argv = argv};
}

void run_try_deinit(struct run_try *try)
{
    while (try->n_options > 0) {
        free(try->options[--try->n_options].name);
        free(try->options[try->n_options].value);
    }
}

/* ---- advice ---------------------------------------------------------------------------------- */

/* The next word as a shell has it, up to a blank, or to a comma that a blank follows. NULL: there
 * are no more. The caller frees it. */
static char *next_word(const char **at)
{
    char *word = calloc(strlen(*at) + 1, 1);
    size_t used = 0;
    bool quoted = false;

    *at += strspn(*at, " ,;");
    for (; word && **at && (quoted || **at != ' '); ++*at) {
        if (!quoted && **at == ',' && strchr(" ", (*at)[1]))
            break;
        if (**at == '\'')
            quoted = !quoted;
        else
            word[used++] = **at;
    }
    if (word && used == 0) {
        free(word);
        return NULL;
    }
    return word;
}

/* Whether a value is for one program only, as in on_packet=eth0. */
static bool is_of_one(const char *option, const char *value)
{
    const struct run_source_option *known = run_option_named(option);

    return known && known->place == AT_ATTACH && strchr(value, '=');
}

static bool is_upper(const char *word, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!isupper((unsigned char)word[i]))
            return false;
    return length > 0;
}

/* As FIELD, NAME, V=T, p=kprobe/FUNCTION: what stands for a value. */
static bool is_placeholder(const char *value)
{
    const char *slash = strrchr(value, '/');

    return is_upper(value, strcspn(value, "=")) ||
           (slash && is_upper(slash + 1, strlen(slash + 1)));
}

/* Whether the values begin with the same name: "a" and "a=struct b". */
static bool is_same_name(const char *a, const char *b)
{
    size_t length = strcspn(a, "=");

    return length == strcspn(b, "=") && memcmp(a, b, length) == 0;
}

/* Whether a value takes the place of another one of that option. */
static bool replaces(const char *name, const char *value, const char *other)
{
    if (is_among(named, name) || is_of_one(name, value) || is_of_one(name, other))
        return is_same_name(value, other);
    return !is_among(repeatable, name) || strcmp(value, other) == 0;
}

static void append(struct run_try *try, const char *name, const char *value, bool is_drop)
{
    size_t at = try->n_options;

    if (at == RUN_TRY_OPTIONS_MAX) {
        try->is_incomplete = true;
        return;
    }
    try->options[at].name = strdup(name);
    try->options[at].value = strdup(value);
    try->options[at].is_drop = is_drop;
    try->n_options++;
    try->is_incomplete |= !try->options[at].name || !try->options[at].value;
}

/* The type of a ring wins over the ring alone, which other messages name to keep it. */
static void add_option(struct run_try *try, const char *name, const char *value)
{
    for (size_t i = 0; i < try->n_options; i++) {
        char *old = try->options[i].value, *better;

        if (try->options[i].is_drop || strcmp(try->options[i].name, name) != 0 ||
            !replaces(name, value, old))
            continue;
        better = !strchr(old, '=') && strchr(value, '=') ? strdup(value) : NULL;
        if (better) {
            free(old);
            try->options[i].value = better;
        }
        return;
    }
    append(try, name, value, false);
}

/* The value of that option; NULL: it was not given. */
static const char *find_given(const struct run_try *try, const char *name)
{
    for (int i = 1; i + 1 < try->argc; i++)
        if (strncmp(try->argv[i], "--", 2) == 0 && strcmp(try->argv[i] + 2, name) == 0)
            return try->argv[i + 1];
    return NULL;
}

/* A wrong ring is replaced by the right one, which keeps its type, and a type for all rings by one
 * for each. */
static void add_ring(struct run_try *try, const char *about, const char *value)
{
    static const char prefix[] = "--ring ";
    bool is_wrong =
        strncmp(about, prefix, strlen(prefix)) == 0 && !is_same_name(about + strlen(prefix), value);
    const char *given = is_wrong ? find_given(try, "ring") : NULL;
    const char *type = find_given(try, "type");
    _cleanup_(cleanup_free) char *typed = NULL;

    for (int i = 1; given && i + 1 < try->argc; i++)
        if (strcmp(try->argv[i], "--ring") == 0 &&
            is_same_name(try->argv[i + 1], about + strlen(prefix)))
            given = try->argv[i + 1];
    if (given && asprintf(&typed, "%s%s", value, given + strcspn(given, "=")) >= 0)
        append(try, "ring", given, true);
    if (type && strchr(value, '='))
        append(try, "type", type, true);
    add_option(try, "ring", typed ? typed : value);
}

/* A value that was given for all programs, and is now for one, goes. */
static void add_for_programs(struct run_try *try, const char *name, const char *value)
{
    const char *given = find_given(try, name);

    if (given && is_of_one(name, value) && strcmp(given, strchr(value, '=') + 1) == 0)
        append(try, name, given, true);
    add_option(try, name, value);
}

void run_try_add(struct run_try *try, const char *about, const char *advice)
{
    static const char *const leads[] = {"; say ", "; as in ", "; for example, "};
    bool has_option = false, is_one = false;

    for (size_t i = 0; advice && i < sizeof(leads) / sizeof(leads[0]); i++)
        is_one |= strncmp(advice, leads[i], strlen(leads[i])) == 0;
    while (is_one && *advice) {
        _cleanup_(cleanup_free) char *word = next_word(&advice);
        _cleanup_(cleanup_free) char *value = NULL;

        if (!word || strncmp(word, "--", 2) != 0)
            continue;
        value = next_word(&advice);
        if (!value || is_placeholder(value) || strcmp(word, "--by") == 0) {
            has_option = false;
            break;
        }
        has_option = true;
        if (strcmp(word, "--ring") == 0)
            add_ring(try, about, value);
        else
            add_for_programs(try, word + 2, value);
    }
    try->is_incomplete |= !has_option;
}

/* ---- the line -------------------------------------------------------------------------------- */

static void print_word(const char *word, FILE *file)
{
    size_t plain = strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-+./:=,@%");

    if (*word && !word[plain]) {
        fputs(word, file);
        return;
    }
    fputc('\'', file);
    for (; *word; word++)
        fputs(*word == '\'' ? "'\\''" : (char[]){*word, '\0'}, file);
    fputc('\'', file);
}

/* Whether a given option is left out, because it is wrong or printed with its new value. */
static bool is_left_out(const struct run_try *try, const char *name, const char *value)
{
    for (size_t i = 0; i < try->n_options; i++) {
        const char *other = try->options[i].value;

        if (strcmp(try->options[i].name, name) == 0 &&
            (try->options[i].is_drop ? strcmp(value, other) == 0 : replaces(name, value, other)))
            return true;
    }
    return false;
}

static void print_given(const struct run_try *try, FILE *file)
{
    for (int i = 1; i < try->argc; i++) {
        const char *name = strncmp(try->argv[i], "--", 2) == 0 ? try->argv[i] + 2 : NULL;
        const char *equals = name ? strchr(name, '=') : NULL;
        _cleanup_(cleanup_free) char *bare = name ? strndup(name, strcspn(name, "=")) : NULL;
        const char *value = equals ? equals + 1 : name && i + 1 < try->argc ? try->argv[i + 1] : "";

        if (bare && is_left_out(try, bare, value)) {
            i += !equals;
            continue;
        }
        fputc(' ', file);
        print_word(try->argv[i], file);
    }
}

void run_try_print(const struct run_try *try)
{
    _cleanup_(cleanup_free) char *line = NULL;
    size_t size;
    FILE *file = try->is_incomplete || try->n_options == 0 ? NULL : open_memstream(&line, &size);

    if (!file)
        return;
    fputs("try: ringmill run", file);
    print_given(try, file);
    for (size_t i = 0; i < try->n_options; i++) {
        if (try->options[i].is_drop)
            continue;
        fprintf(file, " --%s ", try->options[i].name);
        print_word(try->options[i].value, file);
    }
    fclose(file);
    if (!line)
        return;
    printable_make(line);
    fprintf(stderr, "%s\n", line);
}
