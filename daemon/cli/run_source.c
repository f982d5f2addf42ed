// SPDX-License-Identifier: Apache-2.0

/* Keys of a ring are set at the source, or below the name of the ring if --ring chooses one; with
 * several rings, each can only have its type. Keys for attaching programs go to `attach:` without
 * the name of a program, for every program that needs them, or with it: --interface PROGRAM=eth0.
 */

#include "cli/run_source.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/printable.h"
#include "base/suggestion.h"
#include "cli/run_advice.h"
#include "cli/run_options.h"
#include "config/setting.h"
#include "schema/ctext.h"
#include "source/builtin.h"

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
    for (size_t i = 0; run_options[i].name && n + 1 < room; i++)
        options[n++] = (struct option){run_options[i].name, required_argument, NULL,
                                       RUN_SOURCE_FIRST + (int)i};
}

void run_source_usage(FILE *file)
{
    for (const struct run_source_option *option = run_options; option->name; option++) {
        int used = fprintf(file, "  --%s %s", option->name, option->argument);

        fprintf(file, "%*s%s\n", used < 23 ? 23 - used : 1, "", option->doc);
    }
}

void run_source_settings_usage(FILE *file)
{
    fputs("what --set can set, by built-in source:\n"
          "  all: own_events      true: also the events of this ringmill (default: false)\n",
          file);
    for (const struct builtin *builtin = builtins; builtin->name; builtin++)
        for (const struct setting *row = builtin->settings; row && row->name; row++) {
            int used = fprintf(file, "  %s: %s", builtin->name, row->name);

            fprintf(file, "%*s%s (default: %s)\n", used < 23 ? 23 - used : 1, "", row->doc,
                    row->fallback               ? row->fallback
                    : row->type == SETTING_BOOL ? "false"
                                                : "0");
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
            source->given[i].option->of != OF_BUILTIN &&
            strcmp(source->given[i].option->name, "map") != 0)
            return source->given[i].option;
    return NULL;
}

/* The content of a file, up to what a layout may have and one byte more. NULL after a message. */
static char *read_text(const struct run_source_option *option, const char *path)
{
    _cleanup_(cleanup_fclose) FILE *file = fopen(path, "re");
    _cleanup_(cleanup_free) char *text = calloc(1, CTEXT_LENGTH_MAX + 2);
    size_t length = file && text ? fread(text, 1, CTEXT_LENGTH_MAX + 1, file) : 0;

    if (!file || !text || ferror(file)) {
        log_error("--%s %s: %s", option->name, path, strerror(errno));
        return NULL;
    }
    if (length > CTEXT_LENGTH_MAX || strlen(text) < length || !utf8_is_valid(text) || length == 0) {
        log_error("--%s %s: expected a C header of up to %d KiB", option->name, path,
                  CTEXT_LENGTH_MAX / 1024);
        return NULL;
    }
    return TAKE_PTR(text);
}

/* The value as the config wants it: relative paths made absolute, and the content of a header. The
 * caller frees it. NULL after a message. */
static char *make_value(const struct run_source_option *option, const char *value)
{
    bool is_path =
        option->path == PATH ||
        (option->path == PATH_OR_NUMBER && strspn(value, "0123456789") < strlen(value)) ||
        (option->path == MAY_BE_PATH && strchr(value, '/'));
    char *made;

    if (option->path == TEXT_OR_FILE && !strchr(value, '{'))
        return read_text(option, value);
    made = is_path && *value != '/' ? realpath(value, NULL) : strdup(value);
    if (!made)
        log_error("--%s %s: %s", option->name, value, strerror(errno));
    return made;
}

static bool has_name(const struct run_source_option *option)
{
    return option->form >= PAIRS;
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

/* "NAME[KEY]=VALUE" or "NAME[KEY].MEMBER=VALUE". */
static bool is_element(const char *value)
{
    size_t name = strcspn(value, "[=");
    const char *end = value[name] == '[' && name > 0 ? strchr(value + name, ']') : NULL;

    return end && end > value + name + 1 && (end[1] == '=' || (end[1] == '.' && strchr(end, '=')));
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
        (option->form == VALUES && !is_element(value)) ||
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
    const struct run_source_option *option = &run_options[val - RUN_SOURCE_FIRST];
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

/* False after a message. */
static bool check_given_to_builtin(const struct run_source *source)
{
    for (size_t i = 0; i < source->n_given; i++) {
        const struct run_source_option *option = source->given[i].option;
        const char *value = source->given[i].value;
        _cleanup_(cleanup_free) char *name = strndup(value, strcspn(value, "="));

        if (option->of == OF_OBJECT) {
            log_error("--%s cannot be used with a built-in source", option->name);
            return false;
        }
        if (source->given[i].program) {
            log_error("--%s %s=%s: a built-in source takes it without a program: --%s %s",
                      option->name, source->given[i].program, value, option->name, value);
            return false;
        }
        if (option->form == KEYS && name && find_given(source, name)) {
            log_error("--set %s and --%s cannot be used together; leave out one of them", name,
                      name);
            return false;
        }
        if (option->form == KEYS && name && strcmp(name, "builtin") == 0) {
            log_error("--set builtin: the source is given by its name alone: ringmill run %s",
                      value + strlen(name) + 1);
            return false;
        }
    }
    return true;
}

/* False after a message. */
static bool check_given_to_object(const struct run_source *source)
{
    for (size_t i = 0; i < source->n_given; i++) {
        const struct run_source_option *option = source->given[i].option;

        if (option->of == OF_BUILTIN) {
            log_error("--%s is for built-in sources only%s", option->name,
                      option->form == KEYS ? "; values for an object are set by --constant NAME=V"
                                           : "");
            return false;
        }
    }
    return true;
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
    if (!(source->builtin ? check_given_to_builtin(source) : check_given_to_object(source)))
        return EXIT_CODE_ENVIRONMENT;
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

/* The map below a key, which several options may fill. */
static struct config_node *child(struct config_node *parent, const char *key, const char *label)
{
    for (const struct config_node *at = parent->first; at; at = at->next)
        if (at->key && strcmp(at->key, key) == 0)
            return (struct config_node *)(uintptr_t)at; /* it is not complete yet */
    return config_add(parent, CONFIG_MAP, key, label);
}

/* "NAME[KEY].MEMBER=VALUE". */
static void add_element(struct config_node *parent, const char *value, const char *label)
{
    const char *bracket = strchr(value, '['), *end = strchr(bracket, ']'), *text = strchr(end, '=');
    _cleanup_(cleanup_free) char *name = strndup(value, (size_t)(bracket - value));
    _cleanup_(cleanup_free) char *key = strndup(bracket + 1, (size_t)(end - bracket - 1));
    _cleanup_(cleanup_free) char *member =
        end[1] == '.' ? strndup(end + 2, (size_t)(text - end - 2)) : NULL;
    struct config_node *values = child(child(parent, name, label), "values", label);

    if (member)
        add_value(child(values, key, label), member, text + 1, label);
    else
        add_value(values, key, text + 1, label);
}

/* "TYPE,KEY,VALUE,SIZE". */
static void add_inner(struct config_node *map, const char *value, const char *label)
{
    static const char *const keys[] = {"type", "key", "value", "size"};
    _cleanup_(cleanup_free) char *copy = strdup(value);
    struct config_node *inner = child(map, "inner", label);
    char *rest = copy, *word;

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && (word = strsep(&rest, ",")); i++)
        config_add_text(inner, keys[i], word, label);
}

/* One of the values given for an option. */
static void add_given(struct config_node *parent, const struct run_source_option *option,
                      const char *program, const char *value)
{
    _cleanup_(cleanup_free) char *name =
        has_name(option) ? strndup(value, strcspn(value, "=")) : NULL;
    _cleanup_(cleanup_free) char *label = make_label(option, program ? program : name);

    if (option->form == SIZES)
        config_add_text(child(parent, name, label), "size", strchr(value, '=') + 1, label);
    else if (option->form == VALUES)
        add_element(parent, value, label);
    else if (option->form == INNER)
        add_inner(child(parent, name, label), strchr(value, '=') + 1, label);
    else if (option->form == KEYS)
        config_add_text(parent, name, strchr(value, '=') + 1, label);
    else if (option->form == PAIRS)
        add_value(parent, name, strchr(value, '=') + 1, label);
    else
        config_add_text(parent, option->form == ONE ? option->key : NULL, value, label);
}

/* program: adds what was given for it; NULL: what was given for no program. */
static void add_keys(const struct run_source *source, enum option_place place, const char *program,
                     struct config_node *parent)
{
    for (const struct run_source_option *option = run_options; option->name; option++) {
        struct config_node *node = option->form == ONE || option->form == KEYS ? parent : NULL;

        if (option->place != place || !is_program_given(source, option, program ? program : "",
                                                        program ? strlen(program) : 0))
            continue;
        if (!node) {
            _cleanup_(cleanup_free) char *label = make_label(option, program);

            node = option->form == MANY ? config_add(parent, CONFIG_LIST, option->key, label)
                                        : child(parent, option->key, label);
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

/* `ringmill run` leaves out its own events unless a setting says otherwise. */
static void add_builtin(const struct run_source *source, struct config_node *node)
{
    config_add_text(node, "builtin", source->builtin, NULL);
    if (!config_map_get(node, "own_events"))
        config_add_text(node, "own_events", "false", NULL);
    add_keys(source, AT_RING, NULL, node);
    add_keys(source, AT_ATTACH, NULL, node);
}

void run_source_add(const struct run_source *source, struct config_node *sources)
{
    const char *label = source->builtin                ? source->builtin
                        : find_given(source, "object") ? "--object"
                                                       : "--map";
    struct config_node *node = config_add(sources, CONFIG_MAP, source->name, label), *rings;

    add_keys(source, AT_SOURCE, NULL, node);
    if (source->builtin) {
        add_builtin(source, node);
        return;
    }
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

void run_source_report(const struct diag *diag, struct run_try *try)
{
    for (size_t i = 0; i < diag->kept; i++) {
        const struct diag_message *message = &diag->messages[i];
        _cleanup_(cleanup_free) char *advice = run_advice(message);

        log_error("%s%s%s%s", message->file, *message->file ? ": " : "", message->text,
                  advice ? advice : "");
        if (message->excerpt)
            fputs(message->excerpt, stderr);
        if (try)
            run_try_add(try, message->file, advice);
    }
}

void run_source_explain(struct error *error, struct run_try *try)
{
    size_t first = strcspn(error->text, "\n");
    const struct diag_message message = {
        .file = "",
        .text = error->text,
        .hint = error->hint[0] ? error->hint : NULL,
        .hint_key = error->hint_key,
        .is_example = error->is_example,
    };
    _cleanup_(cleanup_free) char *advice = run_advice(&message);

    log_error("%.*s%s%s", (int)first, error->text, advice ? advice : "", error->text + first);
    run_try_add(try, "", advice);
}
