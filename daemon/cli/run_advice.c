// SPDX-License-Identifier: Apache-2.0
#include "cli/run_advice.h"

#include <stdio.h>
#include <string.h>

#include "cli/run_options.h"

/* "describe it in layout:" becomes "describe it in --layout". */
static void put_hint(const char *hint, size_t length, FILE *file)
{
    for (const char *end = hint + length; hint < end;) {
        size_t word = strspn(hint, "abcdefghijklmnopqrstuvwxyz_");
        const struct run_source_option *option =
            hint[word] == ':' ? run_option_of(hint, word) : NULL;

        if (option) {
            fprintf(file, "--%s", option->name);
            hint += word + 1;
            continue;
        }
        word += word == 0;
        fwrite(hint, 1, word, file);
        hint += word;
    }
}

/* How advice begins: what is to be typed, or one of several values that may be meant. */
static const char *lead_of(bool is_example)
{
    return is_example ? "; for example, " : "; say ";
}

/* " 'name=value'", quoted where a shell needs it. */
static void put_argument(const char *name, int name_length, const char *value, int value_length,
                         FILE *file)
{
    const char *quote =
        memchr(name, ' ', (size_t)name_length) || memchr(value, ' ', (size_t)value_length) ? "'"
                                                                                           : "";

    fprintf(file, " %s%.*s%s%.*s%s", quote, name_length, name, value_length ? "=" : "",
            value_length, value, quote);
}

/* "--by a=b" for "[..., {a: b}]". */
static void put_by(const char *hint, FILE *file)
{
    const char *name = hint + strspn(hint, "[{., ");
    const char *end = name + strcspn(name, ":");
    const char *value = end + strspn(end, ": ");
    const char *stop = strstr(value, "}]");

    fputs("--by", file);
    put_argument(name, (int)(end - name), value, stop ? (int)(stop - value) : (int)strlen(value),
                 file);
}

/* "--types 1=a --types 2=b" for "{1: a, 2: b}". */
static void put_pairs(const char *option, const char *hint, FILE *file)
{
    const char *between = "";

    for (const char *at = hint + strspn(hint, "{, "); *at && *at != '}'; at += strspn(at, ", ")) {
        const char *name = at, *end = at + strcspn(at, ":");
        const char *value = end + strspn(end, ": ");

        at = value + strcspn(value, ",}");
        fprintf(file, "%s--%s", between, option);
        put_argument(name, (int)(end - name), value, (int)(at - value), file);
        between = " ";
    }
}

/* "--program a --program b" for "[a, b]". */
static void put_list(const char *option, const char *hint, FILE *file)
{
    const char *between = "";

    for (const char *at = hint + strspn(hint, "[, "); *at && *at != ']'; at += strspn(at, ", ")) {
        size_t length = strcspn(at, ",]");

        fprintf(file, "%s--%s %.*s", between, option, (int)length, at);
        between = " ";
        at += length;
    }
}

/* "--select f --types 1=a --types 2=b" for "f, types: {1: a, 2: b}". */
static void put_selection(const char *hint, FILE *file)
{
    static const char types[] = ", types: ";
    const char *rest = strstr(hint, types);

    fprintf(file, "--select %.*s", (int)(rest ? rest - hint : (long)strlen(hint)), hint);
    if (!rest)
        return;
    fputc(' ', file);
    put_pairs("types", rest + strlen(types), file);
}

/* "--ring a=b --ring c" for "{a: {type: b}, c: {}}". Of one of several rings an option can have
 * only the type, so with other settings it is the only one. */
static void put_rings(const char *hint, FILE *file)
{
    static const char type[] = "type: ", selection[] = "select: ";
    const char *between = "", *at = hint + strspn(hint, "{");

    while (*at && *at != '}') {
        const char *name = at, *end = at + strcspn(at, ":");
        const char *value = end + strspn(end, ": {");
        size_t length = strncmp(value, type, strlen(type)) == 0 ? strcspn(value, "}") : 0;

        fprintf(file, "%s--ring", between);
        put_argument(name, (int)(end - name), value + (length ? strlen(type) : 0),
                     length ? (int)(length - strlen(type)) : 0, file);
        if (strncmp(value, selection, strlen(selection)) == 0) {
            fputc(' ', file);
            put_selection(value + strlen(selection), file);
            return;
        }
        between = " ";
        at = value + strcspn(value, "}");
        at += strspn(at, "}, ");
    }
}

/* "; as in --attach a=tc/ingress --interface eth0" for "{a: {section: tc/ingress, interface:
 * eth0}}". Where a key has no option, there is no advice. An example is for that program alone:
 * "; for example, --symbol a=main". */
static void put_attach(const char *hint, bool is_example, FILE *file)
{
    const char *program = hint + strspn(hint, "{"), *keys = strrchr(hint, '{') + 1;
    int length = (int)strcspn(program, ":");
    const char *before = is_example ? lead_of(true) : "; as in ";

    for (const char *end; *keys && *keys != '}'; keys = end + strspn(end, ", ")) {
        size_t name = strcspn(keys, ":");
        const struct run_source_option *option = run_option_of(keys, name);

        end = keys + strcspn(keys, ",}");
        if (!option)
            return;
        keys += name + strspn(keys + name, ": ");
        fprintf(file, "%s--%s ", before, option->name);
        if (is_example || strcmp(option->key, "section") == 0)
            fprintf(file, "%.*s=", length, program);
        fwrite(keys, 1, (size_t)(end - keys), file);
        before = " ";
    }
}

/* "--inner-map outer=hash,4,8,1024" for "{outer: {inner: {type: hash, key: 4, ...}}}". */
static void put_inner(const char *hint, FILE *file)
{
    const char *name = hint + strspn(hint, "{"), *separator = "=";

    fprintf(file, "--inner-map %.*s", (int)strcspn(name, ":"), name);
    for (const char *at = strrchr(hint, '{'); (at = strchr(at, ':')); separator = ",") {
        at += strspn(at, ": ");
        fprintf(file, "%s%.*s", separator, (int)strcspn(at, ",}"), at);
    }
}

static void put_option(const struct run_source_option *option, const char *hint, FILE *file)
{
    const char *name = strchr(hint, '{'), *size = strrchr(hint, ' ');

    if (option->form == PAIRS)
        put_pairs(option->name, hint, file);
    else if (option->form == MANY)
        put_list(option->name, hint, file);
    else if (option->form == SIZES && strstr(hint, "{inner: "))
        put_inner(hint, file);
    else if (option->form == SIZES && name && size)
        fprintf(file, "--%s %.*s=%.*s", option->name, (int)strcspn(name + 1, ":"), name + 1,
                (int)strcspn(size + 1, "}"), size + 1);
    else
        fprintf(file, "--%s %s", option->name, hint);
}

/* The name of the ring that a message is about, if its option is --ring; else NULL. */
static const char *ring_of(const struct diag_message *message)
{
    static const char label[] = "--ring ";

    return strncmp(message->file, label, strlen(label)) == 0 ? message->file + strlen(label) : NULL;
}

static void put_advice(const struct diag_message *message, FILE *file)
{
    const char *hint = message->hint, *key = message->hint_key, *ring = ring_of(message);
    const struct run_source_option *option = key ? run_option_of(key, strlen(key)) : NULL;

    if (!key) {
        fputs("; ", file);
        put_hint(hint, strlen(hint), file);
        return;
    }
    if (strcmp(key, "attach") == 0 && strchr(hint + 1, '{')) {
        put_attach(hint, message->is_example, file);
        return;
    }
    if (!option && strcmp(key, "by") != 0 && strcmp(key, "attach") != 0)
        return;
    fputs(lead_of(message->is_example), file);
    if (strcmp(key, "rings") == 0)
        put_rings(hint, file);
    else if (strcmp(key, "by") == 0)
        put_by(hint, file);
    else if (strcmp(key, "attach") == 0)
        put_pairs(key, hint, file);
    else if (strcmp(key, "select") == 0)
        put_selection(hint, file);
    else if (strcmp(key, "type") == 0 && ring) {
        fputs("--ring", file);
        put_argument(ring, (int)strlen(ring), hint, (int)strlen(hint), file);
    } else
        put_option(option, hint, file);
}

char *run_advice(const struct diag_message *message)
{
    char *advice = NULL;
    size_t length;
    FILE *file = message->hint ? open_memstream(&advice, &length) : NULL;

    if (!file)
        return NULL;
    put_advice(message, file);
    fclose(file);
    return advice;
}
