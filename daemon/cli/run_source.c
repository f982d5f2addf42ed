// SPDX-License-Identifier: Apache-2.0

/* One row for each option: which key it writes, and where. Keys of a ring are written at the
 * source, or below the name of the ring if --ring chooses one; of several rings, each can only have
 * its type here. Keys for attaching programs are written to `attach:` without the name of a
 * program: they are for every program that needs them. */

#include "cli/run_source.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "config/refusal.h"
#include "source/builtin.h"

enum option_place { AT_SOURCE, AT_RING, AT_ATTACH, AT_NOTHING };

enum option_form {
    ONE,   /* key: "value" */
    MANY,  /* key: ["value", ...] */
    PAIRS, /* key: {"name": "value", ...}, from NAME=VALUE */
};

enum path { NO_PATH, PATH, MAY_BE_PATH /* if it has a slash */ };

struct run_source_option {
    const char *name;
    const char *key;
    enum option_place place;
    enum option_form form;
    enum path path;
    const char *argument;
    const char *doc;
};

static const struct run_source_option options_[] = {
    {"object", "object", AT_SOURCE, ONE, PATH, "FILE",
     "load and attach this BPF object, and read its rings"},
    {"map", "map", AT_SOURCE, ONE, MAY_BE_PATH, "MAP",
     "read this existing ring: pinned path, id:N, or name"},
    {"ring", "rings", AT_NOTHING, MANY, NO_PATH, "NAME[=T]",
     "read only this ring of the object; may be repeated"},
    {"type", "type", AT_RING, ONE, NO_PATH, "T", "the type of the records, as in \"struct event\""},
    {"select", "select", AT_RING, ONE, NO_PATH, "FIELD",
     "the field that says which type a record has"},
    {"types", "types", AT_RING, PAIRS, NO_PATH, "V=T", "the type for that value; may be repeated"},
    {"types-from", "types_from", AT_RING, ONE, PATH, "FILE",
     "a file with BTF or DWARF that describes the type"},
    {"layout", "layout", AT_RING, ONE, NO_PATH, "TEXT", "the type as C text"},
    {"as", "as", AT_RING, PAIRS, NO_PATH, "FIELD=M", "the meaning of a field, as in saddr=ipv4"},
    {"lost", "lost", AT_RING, ONE, NO_PATH, "NAME", "the map or variable that counts lost records"},
    {"sequence", "sequence", AT_RING, ONE, NO_PATH, "FIELD",
     "the field that numbers the records; gaps count as lost"},
    {"order", "order", AT_RING, ONE, NO_PATH, "FIELD",
     "the time field by which sharded rings are merged"},
    {"program", "programs", AT_SOURCE, MANY, NO_PATH, "P",
     "load only this program; may be repeated"},
    {"optional", "optional", AT_SOURCE, MANY, NO_PATH, "P",
     "continue if this program cannot be attached; may be repeated"},
    {"constant", "constants", AT_SOURCE, PAIRS, NO_PATH, "NAME=V", "a value for a global constant"},
    {"interface", "interface", AT_ATTACH, MANY, NO_PATH, "I",
     "the network interface for XDP and TC programs"},
    {"direction", "direction", AT_ATTACH, ONE, NO_PATH, "D", "ingress or egress, for TC programs"},
    {"cgroup", "cgroup", AT_ATTACH, ONE, PATH, "FOLDER", "the cgroup for cgroup programs"},
    {"binary", "binary", AT_ATTACH, ONE, MAY_BE_PATH, "FILE",
     "the program or library that uprobes and USDT trace"},
    {"symbol", "symbol", AT_ATTACH, ONE, NO_PATH, "S", "the function, for uprobes and kprobes"},
    {"usdt", "usdt", AT_ATTACH, ONE, NO_PATH, "P:N", "the USDT probe, PROVIDER:NAME"},
    {"pid", "pid", AT_ATTACH, ONE, NO_PATH, "PID", "trace this process only"},
    {"perf", "perf", AT_ATTACH, ONE, NO_PATH, "HZ", "samples per second and CPU"},
    {0},
};

void run_source_deinit(struct run_source *source)
{
    for (size_t i = 0; i < source->n_given; i++)
        free(source->given[i].value);
    source->n_given = 0;
}

void run_source_options(struct option *options, size_t n, size_t room)
{
    for (size_t i = 0; options_[i].name && n + 1 < room; i++)
        options[n++] =
            (struct option){options_[i].name, required_argument, NULL, RUN_SOURCE_FIRST + (int)i};
}

void run_source_usage(FILE *file)
{
    for (const struct run_source_option *option = options_; option->name; option++) {
        int used = fprintf(file, "  --%s %s", option->name, option->argument);

        fprintf(file, "%*s%s\n", used < 23 ? 23 - used : 1, "", option->doc);
    }
}

/* ---- taking ---------------------------------------------------------------------------------- */

static const char *find_given(const struct run_source *source, const char *name)
{
    for (size_t i = 0; i < source->n_given; i++)
        if (strcmp(source->given[i].option->name, name) == 0)
            return source->given[i].value;
    return NULL;
}

static size_t count_given(const struct run_source *source, const char *name)
{
    size_t count = 0;

    for (size_t i = 0; i < source->n_given; i++)
        count += strcmp(source->given[i].option->name, name) == 0;
    return count;
}

/* The first option given that belongs there; NULL: none. */
static const struct run_source_option *first_at(const struct run_source *source,
                                                enum option_place place)
{
    for (size_t i = 0; i < source->n_given; i++)
        if (source->given[i].option->place == place)
            return source->given[i].option;
    return NULL;
}

/* The value as the config wants it: relative paths made absolute. The caller frees it. NULL after a
 * message. */
static char *make_value(const struct run_source_option *option, const char *value)
{
    bool is_path = option->path == PATH || (option->path == MAY_BE_PATH && strchr(value, '/'));
    char *made = is_path && *value != '/' ? realpath(value, NULL) : strdup(value);

    if (!made)
        log_error("--%s %s: %s", option->name, value, strerror(errno));
    return made;
}

bool run_source_take(struct run_source *source, int val, const char *value)
{
    const struct run_source_option *option = &options_[val - RUN_SOURCE_FIRST];

    if (source->n_given == RUN_SOURCE_GIVEN_MAX) {
        log_error("at most %d source options can be given", RUN_SOURCE_GIVEN_MAX);
        return false;
    }
    if (option->form == ONE && find_given(source, option->name)) {
        log_error("--%s may be given only once", option->name);
        return false;
    }
    if (option->form == PAIRS && (!strchr(value, '=') || *value == '=')) {
        log_error("--%s %s: expected %s", option->name, value, option->argument);
        return false;
    }
    source->given[source->n_given].option = option;
    source->given[source->n_given].value = make_value(option, value);
    return source->given[source->n_given].value && ++source->n_given;
}

/* "numbers" for /some/where/numbers.bpf.o, with nothing in it that a name may not have. */
static void make_name(const char *from, char name[RUN_SOURCE_NAME_MAX])
{
    static const char *const endings[] = {".o", ".bpf"};
    const char *slash = strrchr(from, '/');

    snprintf(name, RUN_SOURCE_NAME_MAX, "%s", slash && slash[1] ? slash + 1 : from);
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        size_t length = strlen(name), cut = strlen(endings[i]);

        if (length > cut && strcmp(name + length - cut, endings[i]) == 0)
            name[length - cut] = '\0';
    }
    for (char *at = name; *at; at++)
        if (!isalnum((unsigned char)*at) && !strchr("_-.", *at))
            *at = '_';
}

static enum exit_code check_builtin(const char *name)
{
    struct refusal refusal;

    if (builtin_find(name))
        return EXIT_CODE_OK;
    refusal_init(&refusal, name);
    for (const struct builtin *builtin = builtins; builtin->name; builtin++)
        refusal_offer(&refusal, builtin->name);
    log_error("unknown built-in source \"%s\"; %s", name, refusal_text(&refusal));
    return EXIT_CODE_CONFIG;
}

enum exit_code run_source_finish(struct run_source *source)
{
    const char *object = find_given(source, "object");
    const char *map = find_given(source, "map");

    if (!source->builtin && !object && !map) {
        log_error("no source given: NAME, --object FILE or --map MAP");
        return EXIT_CODE_ENVIRONMENT;
    }
    if ((source->builtin != NULL) + (object != NULL) + (map != NULL) > 1) {
        log_error("only one source can be given: NAME, --object FILE or --map MAP");
        return EXIT_CODE_ENVIRONMENT;
    }
    if (source->builtin && source->n_given > 0) {
        log_error("--%s cannot be used with a built-in source", source->given[0].option->name);
        return EXIT_CODE_ENVIRONMENT;
    }
    if (count_given(source, "ring") > 1 && first_at(source, AT_RING)) {
        log_error("--%s cannot be used with several --ring options; give each ring its type, as in "
                  "--ring NAME=T, or write a config",
                  first_at(source, AT_RING)->name);
        return EXIT_CODE_ENVIRONMENT;
    }
    make_name(source->builtin ? source->builtin : object ? object : map, source->name);
    return source->builtin ? check_builtin(source->builtin) : EXIT_CODE_OK;
}

/* ---- writing --------------------------------------------------------------------------------- */

void run_source_put_quoted(FILE *file, const char *text)
{
    fputc('"', file);
    for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
        if (*at < 0x20 || *at == 0x7f)
            fprintf(file, "\\x%02x", *at);
        else
            fprintf(file, *at == '"' || *at == '\\' ? "\\%c" : "%c", *at);
    }
    fputc('"', file);
}

/* "[1, 2]" is a list of texts, anything else one text. */
static void put_value(FILE *file, const char *value)
{
    size_t length = strlen(value);
    char *list, *rest, *item;

    if (length < 2 || value[0] != '[' || value[length - 1] != ']') {
        run_source_put_quoted(file, value);
        return;
    }
    rest = list = strndup(value + 1, length - 2);
    fputc('[', file);
    for (bool first = true; rest && *rest && (item = strsep(&rest, ",")); first = false) {
        fputs(first ? "" : ", ", file);
        run_source_put_quoted(file, item + strspn(item, " "));
    }
    fputc(']', file);
    free(list);
}

static void put_pair(FILE *file, const char *pair)
{
    char *name = strndup(pair, strcspn(pair, "="));

    run_source_put_quoted(file, name ? name : "");
    fputs(": ", file);
    put_value(file, strchr(pair, '=') + 1);
    free(name);
}

/* One key with all that was given for it. */
static void put_key(const struct run_source *source, const struct run_source_option *option,
                    FILE *file)
{
    bool first = true;

    fprintf(file, "%s: %s", option->key,
            option->form == MANY    ? "["
            : option->form == PAIRS ? "{"
                                    : "");
    for (size_t i = 0; i < source->n_given; i++) {
        if (source->given[i].option != option)
            continue;
        fputs(first ? "" : ", ", file);
        first = false;
        if (option->form == PAIRS)
            put_pair(file, source->given[i].value);
        else
            run_source_put_quoted(file, source->given[i].value);
    }
    fputs(option->form == MANY ? "], " : option->form == PAIRS ? "}, " : ", ", file);
}

static void put_keys(const struct run_source *source, enum option_place place, FILE *file)
{
    for (const struct run_source_option *option = options_; option->name; option++)
        if (option->place == place && find_given(source, option->name))
            put_key(source, option, file);
}

/* "evens" or "evens=struct even". */
static void put_ring(const struct run_source *source, const char *ring, FILE *file)
{
    const char *type = strchr(ring, '=');
    char *name = strndup(ring, strcspn(ring, "="));

    run_source_put_quoted(file, name ? name : "");
    free(name);
    fputs(": {", file);
    if (type) {
        fputs("type: ", file);
        run_source_put_quoted(file, type + 1);
        fputs(", ", file);
    }
    put_keys(source, AT_RING, file);
    fputs("}, ", file);
}

void run_source_write(const struct run_source *source, FILE *file)
{
    run_source_put_quoted(file, source->name);
    fputs(": {", file);
    if (source->builtin) {
        fputs("builtin: ", file);
        run_source_put_quoted(file, source->builtin);
    }
    put_keys(source, AT_SOURCE, file);
    if (first_at(source, AT_ATTACH)) {
        fputs("attach: {", file);
        put_keys(source, AT_ATTACH, file);
        fputs("}, ", file);
    }
    if (!find_given(source, "ring")) {
        put_keys(source, AT_RING, file);
        fputs("}", file);
        return;
    }
    fputs("rings: {", file);
    for (size_t i = 0; i < source->n_given; i++)
        if (strcmp(source->given[i].option->name, "ring") == 0)
            put_ring(source, source->given[i].value, file);
    fputs("}}", file);
}

/* ---- messages -------------------------------------------------------------------------------- */

static const struct run_source_option *option_of(const char *key, size_t length)
{
    for (const struct run_source_option *option = options_; option->name; option++)
        if (strlen(option->key) == length && strncmp(option->key, key, length) == 0)
            return option;
    return NULL;
}

static const struct run_source_option *find_option(const char *name)
{
    const struct run_source_option *option = options_;

    while (option->name && strcmp(option->name, name) != 0)
        option++;
    return option;
}

/* The path is "attach.interface", "constants.min_bytes", "rings.events.type", "object"...: the last
 * part that is the key of an option identifies the option; a part below a map of values is a name.
 */
const char *run_source_label(const struct run_source *source, const char *text, char *label,
                             size_t size)
{
    const struct run_source_option *found = NULL;
    size_t length = strlen(source->name);
    const char *at = text + strlen("sources.") + length, *what = strstr(text, ": ");

    if (!what || strncmp(text, "sources.", strlen("sources.")) != 0 ||
        strncmp(text + strlen("sources."), source->name, length) != 0 || at > what)
        return NULL;
    while (at < what && !(found && found->form == PAIRS)) {
        const struct run_source_option *option;

        at += *at == '.';
        length = strcspn(at, ".:[");
        option = option_of(at, length);
        found = option ? option : found;
        at += length;
        if (*at == '[')
            at += strcspn(at, ".:");
    }
    if (!found)
        found = find_option(find_given(source, "map") ? "map" : "object");
    at += at < what && *at == '.';
    snprintf(label, size, "--%s%s%.*s", found->name, at < what ? " " : "", (int)(what - at), at);
    return what + 2;
}
