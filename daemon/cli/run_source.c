// SPDX-License-Identifier: Apache-2.0

/* One row for each option: which config key it sets, and where. Keys of a ring are set at the
 * source, or below the name of the ring if --ring chooses one; with several rings, each can only
 * have its type. Keys for attaching programs go to `attach:` without the name of a program, for
 * every program that needs them, or with it: --interface PROGRAM=eth0. */

#include "cli/run_source.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/suggestion.h"
#include "source/builtin.h"

enum option_place { AT_SOURCE, AT_RING, AT_ATTACH, AT_NOTHING };

enum option_form {
    ONE,   /* key: "value" */
    MANY,  /* key: ["value", ...] */
    PAIRS, /* key: {"name": "value", ...}, from NAME=VALUE */
    SIZES, /* key: {"name": {size: "value"}, ...}, from NAME=VALUE */
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
     "continue if this program (all: any) cannot be attached; may be repeated"},
    {"constant", "constants", AT_SOURCE, PAIRS, NO_PATH, "NAME=V",
     "a value for a global, const volatile or not"},
    {"map-size", "maps", AT_SOURCE, SIZES, NO_PATH, "NAME=N",
     "the size of a map that has none in the object; may be repeated"},
    {"ring-size", "ring_size", AT_SOURCE, ONE, NO_PATH, "SIZE",
     "the size of the rings, as in 4MiB"},
    {"attach", "section", AT_ATTACH, ONE, NO_PATH, "P=SECTION",
     "attach program P as its SEC() would say, as in P=tc/ingress; P=none: do not attach it"},
    {"interface", "interface", AT_ATTACH, MANY, NO_PATH, "I",
     "the network interface for XDP, TC and socket programs; this and all below for one program: "
     "P=I"},
    {"direction", "direction", AT_ATTACH, ONE, NO_PATH, "D", "ingress or egress, for TC programs"},
    {"cgroup", "cgroup", AT_ATTACH, ONE, PATH, "FOLDER", "the cgroup for cgroup programs"},
    {"binary", "binary", AT_ATTACH, ONE, MAY_BE_PATH, "FILE",
     "the program or library that uprobes and USDT trace"},
    {"symbol", "symbol", AT_ATTACH, ONE, NO_PATH, "S", "the function, for uprobes and kprobes"},
    {"usdt", "usdt", AT_ATTACH, ONE, NO_PATH, "P:N", "the USDT probe, PROVIDER:NAME"},
    {"tracepoint", "tracepoint", AT_ATTACH, ONE, NO_PATH, "T",
     "the tracepoint, GROUP/NAME, for tracepoint programs that name none"},
    {"pid", "pid", AT_ATTACH, ONE, NO_PATH, "PID", "trace this process only"},
    {"perf", "perf", AT_ATTACH, ONE, NO_PATH, "HZ", "samples per second and CPU"},
    {"every", "every", AT_ATTACH, ONE, NO_PATH, "TIME", "how often iterators are run, as in 5s"},
    {"elements", "elements", AT_ATTACH, ONE, NO_PATH, "MAP",
     "the map of the object for an iterator over map elements"},
    {"netfilter", "netfilter", AT_ATTACH, ONE, NO_PATH, "F/H",
     "the netfilter hook, FAMILY/HOOK, as in ipv4/input"},
    {"cookie", "cookie", AT_ATTACH, ONE, NO_PATH, "N",
     "what bpf_get_attach_cookie() returns, as P=N for each program"},
    {0},
};

void run_source_deinit(struct run_source *source)
{
    for (size_t i = 0; i < source->n_given; i++) {
        free(source->given[i].program);
        free(source->given[i].value);
    }
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

/* The first option given that an existing ring does not have; NULL: none. */
static const struct run_source_option *first_of_object(const struct run_source *source)
{
    for (size_t i = 0; i < source->n_given; i++)
        if (source->given[i].option->place != AT_RING &&
            strcmp(source->given[i].option->name, "map") != 0)
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

static bool has_name(const struct run_source_option *option)
{
    return option->form == PAIRS || option->form == SIZES;
}

/* The length of PROGRAM in PROGRAM=VALUE; 0: it is a value for all programs. */
static size_t program_length(const struct run_source_option *option, const char *value)
{
    size_t length = 0;

    while (option->place == AT_ATTACH &&
           (isalnum((unsigned char)value[length]) || value[length] == '_'))
        length++;
    return value[length] == '=' ? length : 0;
}

static bool is_same(const char *one, const char *other, size_t length)
{
    return strlen(one) == length && strncmp(one, other, length) == 0;
}

/* Whether the option was given for that program already, or for all (length 0). */
static bool is_program_given(const struct run_source *source,
                             const struct run_source_option *option, const char *program,
                             size_t length)
{
    for (size_t i = 0; i < source->n_given; i++)
        if (source->given[i].option == option &&
            is_same(source->given[i].program ? source->given[i].program : "", program, length))
            return true;
    return false;
}

/* Whether a NAME=VALUE of that name was given for the option. */
static bool is_name_given(const struct run_source *source, const struct run_source_option *option,
                          const char *value)
{
    size_t length = strcspn(value, "=");

    for (size_t i = 0; i < source->n_given; i++)
        if (source->given[i].option == option && strcspn(source->given[i].value, "=") == length &&
            strncmp(source->given[i].value, value, length) == 0)
            return true;
    return false;
}

/* False after a message. */
static bool check_given(const struct run_source *source, const struct run_source_option *option,
                        const char *value, size_t program)
{
    if (!value[program > 0 ? program + 1 : 0]) {
        log_error("--%s: expected a value that is not empty", option->name);
        return false;
    }
    if (option->form == ONE && is_program_given(source, option, value, program)) {
        log_error("--%s%s%.*s may be given only once", option->name, program > 0 ? " " : "",
                  (int)program, value);
        return false;
    }
    if ((has_name(option) && (!strchr(value, '=') || *value == '=')) ||
        (strcmp(option->name, "attach") == 0 && program == 0)) {
        log_error("--%s %s: expected %s", option->name, value, option->argument);
        return false;
    }
    if ((has_name(option) || option->place == AT_NOTHING) && is_name_given(source, option, value)) {
        log_error("--%s %.*s may be given only once", option->name, (int)strcspn(value, "="),
                  value);
        return false;
    }
    return true;
}

bool run_source_take(struct run_source *source, int val, const char *value)
{
    const struct run_source_option *option = &options_[val - RUN_SOURCE_FIRST];
    size_t program = program_length(option, value);

    if (source->n_given == RUN_SOURCE_GIVEN_MAX) {
        log_error("at most %d source options can be given", RUN_SOURCE_GIVEN_MAX);
        return false;
    }
    if (!check_given(source, option, value, program))
        return false;
    source->given[source->n_given].option = option;
    source->given[source->n_given].program = program > 0 ? strndup(value, program) : NULL;
    source->given[source->n_given].value =
        make_value(option, value + (program > 0 ? program + 1 : 0));
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
    struct suggestion suggestion;

    if (builtin_find(name))
        return EXIT_CODE_OK;
    suggestion_init(&suggestion, name);
    for (const struct builtin *builtin = builtins; builtin->name; builtin++)
        suggestion_offer(&suggestion, builtin->name);
    log_error("unknown built-in source \"%s\"; %s", name, suggestion_words(&suggestion));
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
    if (map && first_of_object(source)) {
        log_error("--%s cannot be used with --map", first_of_object(source)->name);
        return EXIT_CODE_ENVIRONMENT;
    }
    if (count_given(source, "ring") > 1 && first_at(source, AT_RING)) {
        log_error("--%s cannot be used with several --ring options; give each ring its type, as in "
                  "--ring NAME=T, or write a config",
                  first_at(source, AT_RING)->name);
        return EXIT_CODE_ENVIRONMENT;
    }
    if (find_given(source, "type") && find_given(source, "ring") &&
        strchr(find_given(source, "ring"), '=')) {
        log_error("--type cannot be used with --ring NAME=T, which has the type already; leave out "
                  "one of the two");
        return EXIT_CODE_ENVIRONMENT;
    }
    make_name(source->builtin ? source->builtin : object ? object : map, source->name);
    return source->builtin ? check_builtin(source->builtin) : EXIT_CODE_OK;
}

/* ---- config nodes ---------------------------------------------------------------------------- */

/* "[1, 2]" is a list of texts, anything else one text. */
static void add_value(struct config_node *parent, const char *key, const char *value,
                      const char *label)
{
    _cleanup_(cleanup_free) char *items = NULL;
    size_t length = strlen(value);
    struct config_node *list;
    char *rest, *item;

    if (length < 2 || value[0] != '[' || value[length - 1] != ']') {
        config_add_text(parent, key, value, label);
        return;
    }
    list = config_add(parent, CONFIG_LIST, key, label);
    rest = items = strndup(value + 1, length - 2);
    while (rest && *rest && (item = strsep(&rest, ","))) {
        _cleanup_(cleanup_free) char *item_label = NULL;

        if (asprintf(&item_label, "%s[%u]", label, list->count) < 0)
            item_label = NULL;
        config_add_text(list, NULL, item + strspn(item, " "), item_label);
    }
}

/* "--constant min_bytes". The caller frees it. */
static char *make_label(const struct run_source_option *option, const char *name)
{
    char *label;

    if (asprintf(&label, "--%s%s%s", option->name, name ? " " : "", name ? name : "") < 0)
        return NULL;
    return label;
}

/* One of the values given for an option. */
static void add_given(struct config_node *parent, const struct run_source_option *option,
                      const char *program, const char *value)
{
    _cleanup_(cleanup_free) char *name =
        has_name(option) ? strndup(value, strcspn(value, "=")) : NULL;
    _cleanup_(cleanup_free) char *label = make_label(option, program ? program : name);

    if (option->form == SIZES)
        config_add_text(config_add(parent, CONFIG_MAP, name, label), "size", strchr(value, '=') + 1,
                        label);
    else if (option->form == PAIRS)
        add_value(parent, name, strchr(value, '=') + 1, label);
    else
        config_add_text(parent, option->form == ONE ? option->key : NULL, value, label);
}

/* program: adds what was given for it; NULL: what was given for no program. */
static void add_keys(const struct run_source *source, enum option_place place, const char *program,
                     struct config_node *parent)
{
    for (const struct run_source_option *option = options_; option->name; option++) {
        struct config_node *node = option->form == ONE ? parent : NULL;

        if (option->place != place || !is_program_given(source, option, program ? program : "",
                                                        program ? strlen(program) : 0))
            continue;
        if (!node) {
            _cleanup_(cleanup_free) char *label = make_label(option, program);

            node = config_add(parent, option->form == MANY ? CONFIG_LIST : CONFIG_MAP, option->key,
                              label);
        }
        for (size_t i = 0; i < source->n_given; i++)
            if (source->given[i].option == option &&
                strcmp(source->given[i].program ? source->given[i].program : "",
                       program ? program : "") == 0)
                add_given(node, option, program, source->given[i].value);
    }
}

static void add_attach(const struct run_source *source, struct config_node *parent)
{
    struct config_node *attach;

    if (!first_at(source, AT_ATTACH))
        return;
    attach = config_add(parent, CONFIG_MAP, "attach", NULL);
    add_keys(source, AT_ATTACH, NULL, attach);
    for (size_t i = 0; i < source->n_given; i++) {
        const char *program = source->given[i].program;
        _cleanup_(cleanup_free) char *label = NULL;

        if (!program || config_map_get(attach, program))
            continue;
        label = make_label(source->given[i].option, program);
        add_keys(source, AT_ATTACH, program, config_add(attach, CONFIG_MAP, program, label));
    }
}

/* "evens" or "evens=struct even". */
static void add_ring(const struct run_source *source, const struct run_source_option *option,
                     const char *value, struct config_node *rings)
{
    _cleanup_(cleanup_free) char *name = strndup(value, strcspn(value, "="));
    _cleanup_(cleanup_free) char *label = make_label(option, name);
    struct config_node *ring = config_add(rings, CONFIG_MAP, name, label);
    const char *type = strchr(value, '=');

    if (type)
        config_add_text(ring, "type", type + 1, NULL);
    add_keys(source, AT_RING, NULL, ring);
}

void run_source_add(const struct run_source *source, struct config_node *sources)
{
    const char *label = source->builtin                ? source->builtin
                        : find_given(source, "object") ? "--object"
                                                       : "--map";
    struct config_node *node = config_add(sources, CONFIG_MAP, source->name, label), *rings;

    if (source->builtin)
        config_add_text(node, "builtin", source->builtin, NULL);
    add_keys(source, AT_SOURCE, NULL, node);
    add_attach(source, node);
    if (!find_given(source, "ring")) {
        add_keys(source, AT_RING, NULL, node);
        return;
    }
    rings = config_add(node, CONFIG_MAP, "rings", NULL);
    for (size_t i = 0; i < source->n_given; i++)
        if (strcmp(source->given[i].option->name, "ring") == 0)
            add_ring(source, source->given[i].option, source->given[i].value, rings);
}

/* ---- messages -------------------------------------------------------------------------------- */

static const struct run_source_option *option_of(const char *key, size_t length)
{
    for (const struct run_source_option *option = options_; option->name; option++)
        if (strlen(option->key) == length && strncmp(option->key, key, length) == 0)
            return option;
    return NULL;
}

/* "describe it in layout:" becomes "describe it in --layout". */
static void put_hint(const char *hint, size_t length, FILE *file)
{
    for (const char *end = hint + length; hint < end;) {
        size_t word = strspn(hint, "abcdefghijklmnopqrstuvwxyz_");
        const struct run_source_option *option = hint[word] == ':' ? option_of(hint, word) : NULL;

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

/* "; say --types 1=a" for "{1: a, 2: b}", "; say --ring a=b" for "{a: {type: b}}", "; say --by a=b"
 * for "[..., {a: b}]". A ring can have only its type in its option. */
static void put_pair(const char *key, const char *hint, FILE *file)
{
    bool is_ring = strcmp(key, "rings") == 0;
    const char *name = hint + strspn(hint, "[{., ");
    const char *value = name + strcspn(name, ":");
    const char *end, *quote;
    int length = (int)(value - name);

    value += strspn(value, ": {");
    if (is_ring && strncmp(value, "type: ", strlen("type: ")) == 0)
        value += strlen("type: ");
    else if (is_ring)
        value = "";
    end = strcmp(key, "by") == 0 ? strstr(value, "}]") : value + strcspn(value, ",}");
    end = end ? end : value + strlen(value);
    quote = memchr(value, ' ', (size_t)(end - value)) ? "'" : "";
    fprintf(file, "; say --%s %s%.*s%s%.*s%s", is_ring ? "ring" : key, quote, length, name,
            *value ? "=" : "", (int)(end - value), value, quote);
}

/* "; as in --attach a=tc/ingress --interface eth0" for "{a: {section: tc/ingress, interface:
 * eth0}}". Where a key has no option, there is no advice. */
static void put_attach(const char *hint, FILE *file)
{
    const char *program = hint + strspn(hint, "{"), *keys = strrchr(hint, '{') + 1;
    int length = (int)strcspn(program, ":");
    const char *before = "; as in ";

    for (const char *end; *keys && *keys != '}'; keys = end + strspn(end, ", ")) {
        size_t name = strcspn(keys, ":");
        const struct run_source_option *option = option_of(keys, name);

        end = keys + strcspn(keys, ",}");
        if (!option)
            return;
        keys += name + strspn(keys + name, ": ");
        fprintf(file, "%s--%s ", before, option->name);
        if (strcmp(option->key, "section") == 0)
            fprintf(file, "%.*s=", length, program);
        fwrite(keys, 1, (size_t)(end - keys), file);
        before = " ";
    }
}

/* Writes what to type next. */
static void put_advice(const struct diag_message *message, FILE *file)
{
    const char *hint = message->hint, *key = message->hint_key, *name, *size;
    const struct run_source_option *option;

    if (!key) {
        fputs("; ", file);
        put_hint(hint, strlen(hint), file);
        return;
    }
    if (strcmp(key, "attach") == 0 && strchr(hint + 1, '{')) {
        put_attach(hint, file);
        return;
    }
    if (strcmp(key, "attach") == 0 || strcmp(key, "rings") == 0 || strcmp(key, "by") == 0) {
        put_pair(key, hint, file);
        return;
    }
    option = option_of(key, strlen(key));
    if (option && option->form == PAIRS)
        put_pair(option->name, hint, file);
    else if (option && option->form == SIZES && (name = strchr(hint, '{')) &&
             (size = strrchr(hint, ' ')))
        fprintf(file, "; say --%s %.*s=%.*s", option->name, (int)strcspn(name + 1, ":"), name + 1,
                (int)strcspn(size + 1, "}"), size + 1);
    else if (option)
        fprintf(file, "; say --%s %s", option->name, hint);
}

void run_source_report(const struct diag *diag)
{
    for (size_t i = 0; i < diag->kept; i++) {
        const struct diag_message *message = &diag->messages[i];
        _cleanup_(cleanup_free) char *advice = NULL;
        size_t length;
        FILE *file = message->hint ? open_memstream(&advice, &length) : NULL;

        if (file) {
            put_advice(message, file);
            fclose(file);
        }
        log_error("%s%s%s%s", message->file, *message->file ? ": " : "", message->text,
                  advice ? advice : "");
        if (message->excerpt)
            fputs(message->excerpt, stderr);
    }
}
