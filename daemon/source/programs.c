// SPDX-License-Identifier: Apache-2.0

/* A missing argument of a program is a mistake in the config, and found before anything is loaded.
 * In most objects one program needs an argument, so it can be given without the name of the
 * program. */

#include "source/programs.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/suggestion.h"
#include "schema/btf_lookup.h"
#include "source/argument_examples.h"
#include "source/hook.h"
#include "source/object.h"

/* ---- names ----------------------------------------------------------------------------------- */

static void refuse_name(const struct object *object, const char *name,
                        struct suggestion *suggestion)
{
    suggestion_init(suggestion, name);
    for (uint32_t i = 0; i < object->n_programs; i++)
        suggestion_offer(suggestion, object->programs[i].name);
}

/* Calls mark for each named program. */
static int mark_programs(struct object *object, const struct setting_texts *names,
                         void (*mark)(struct object_program *program), struct diag *diag)
{
    int result = 0;

    for (uint32_t i = 0; i < names->count; i++) {
        struct object_program *program = object_find(object, names->items[i]);
        struct suggestion suggestion;

        if (program) {
            mark(program);
            continue;
        }
        refuse_name(object, names->items[i], &suggestion);
        diag_add(diag, names->nodes[i], "the object has no program \"%s\"; %s", names->items[i],
                 suggestion_words(&suggestion));
        result = -EINVAL;
    }
    return result;
}

static void choose(struct object_program *program)
{
    program->chosen = true;
    program->attach = true;
}

static void make_optional(struct object_program *program)
{
    program->optional = true;
}

static int mark_optional(struct object *object, const struct setting_texts *names,
                         struct diag *diag)
{
    if (names->count != 1 || strcmp(names->items[0], "all") != 0 || object_find(object, "all"))
        return mark_programs(object, names, make_optional, diag);
    for (uint32_t i = 0; i < object->n_programs; i++)
        make_optional(&object->programs[i]);
    return 0;
}

/* ---- arguments ------------------------------------------------------------------------------- */

static const struct setting *find_setting(const char *name)
{
    for (const struct setting *setting = hook_settings; setting->name; setting++)
        if (strcmp(setting->name, name) == 0)
            return setting;
    return NULL;
}

static void copy_argument(const struct setting *setting, const struct hook_arguments *from,
                          struct hook_arguments *to)
{
    size_t size = setting->type == SETTING_NAMES      ? sizeof(struct setting_texts)
                  : setting->type == SETTING_CHOICE   ? sizeof(int)
                  : setting->type == SETTING_INTEGER  ? sizeof(int64_t)
                  : setting->type == SETTING_DURATION ? sizeof(uint64_t)
                                                      : sizeof(const char *);

    memcpy((char *)to + setting->offset, (const char *)from + setting->offset, size);
}

static void refuse_section(const struct object_program *program, const struct config_node *node,
                           struct diag *diag)
{
    diag_add(diag, node,
             "\"%s\" is not a section name that stands for a program type; write it as in SEC(), "
             "such as %s, or none to load the program without attaching it",
             node->text, hook_example(program->arguments.section));
}

/* libbpf 1.1 loads a program by the section name of the object, whatever type it has been given. */
static void refuse_other_type(const struct object_program *program, const struct config_node *node,
                              struct diag *diag)
{
    const char *own = bpf_program__section_name(program->program);

    diag_add(
        diag, node,
        "program \"%s\" cannot be attached as %s: it is SEC(\"%s\"), which libbpf 1.1 loads for "
        "a target only, as in %s; for another type change SEC() and compile it again",
        program->name, node->text, own, hook_example(own));
}

/* Attaches the program as if its section had that name. `none`: does not attach it. */
static int set_section(struct object_program *program, const char *section,
                       const struct config_node *node, struct diag *diag)
{
    bool is_targetless = program->hook == &hook_targetless;

    if (strcmp(section, "none") == 0) {
        program->attach = false;
        return 0;
    }
    if (hook_set_type(program->program, section) < 0) {
        refuse_section(program, node, diag);
        return -EINVAL;
    }
    if (is_targetless && bpf_program__type(program->program) != BPF_PROG_TYPE_TRACING &&
        bpf_program__type(program->program) != BPF_PROG_TYPE_LSM) {
        refuse_other_type(program, node, diag);
        return -EINVAL;
    }
    program->arguments.section = section;
    program->hook = hook_of(program->program, section);
    return 0;
}

/* Binds the entry of one program: arguments, or only a section name. */
static int bind_own(struct object_program *program, const struct config_node *entry,
                    struct diag *diag)
{
    const char *section = program->arguments.section;
    const struct config_node *node = config_map_get(entry, "section");
    char keys[ARGUMENT_KEYS_MAX];
    int result = 0;

    if (entry->kind == CONFIG_SCALAR && !config_node_is_null(entry))
        return set_section(program, entry->text, entry, diag);
    result = setting_bind(hook_settings, entry, &program->arguments, diag) > 0 ? -EINVAL : 0;
    program->arguments.section = section;
    if (result == 0 && node)
        result = set_section(program, node->text, node, diag);
    if (result < 0)
        return result;
    for (const struct config_node *key = entry->first; key; key = key->next) {
        if ((program->hook->keys | HOOK_SECTION) & argument_key(find_setting(key->key)))
            continue;
        arguments_list_keys(program->hook->keys, ", ", keys);
        diag_add_key(diag, key, "%s does not take this argument; %s%s", program->hook->what,
                     *keys ? "it takes " : "it takes no arguments", keys);
        result = -EINVAL;
    }
    return result;
}

static uint32_t missing_keys(const struct object_program *program)
{
    if (!program->chosen || !program->attach || !program->hook->missing)
        return 0;
    return program->hook->missing(&program->arguments);
}

/* The keys of which each program has its own value: if several programs say it in their section
 * names, one value for all of them is a mistake. */
enum { OWN_KEYS = HOOK_SYMBOL | HOOK_USDT | HOOK_TRACEPOINT | HOOK_COOKIE };

static bool has_unknown(const struct object *object)
{
    for (uint32_t i = 0; i < object->n_programs; i++)
        if (object->programs[i].chosen && object->programs[i].attach &&
            object->programs[i].hook == &hook_unknown)
            return true;
    return false;
}

static void refuse_shared(const struct config_node *entry, uint32_t used, const char *program,
                          struct diag *diag)
{
    struct error error;

    error_set(&error, 0, "%u programs have this in their section names; give it to one of them",
              used);
    error_hint_example(&error, "attach", "{%s: {%s: %s}}", program, entry->key, entry->text);
    diag_add_error(diag, entry, &error);
}

/* Gives an argument directly below `attach:` to the programs that lack it; if none does, to all
 * that take it, or to the only one if it is one of OWN_KEYS. A pid restricts, so it goes to all. */
static int share_argument(struct object *object, const struct setting *setting,
                          const struct hook_arguments *shared, const uint32_t *missing,
                          const struct config_node *entry, struct diag *diag)
{
    uint32_t key = argument_key(setting);
    const char *first = NULL;
    bool is_missed = false;
    uint32_t used = 0;

    for (uint32_t i = 0; i < object->n_programs && key != HOOK_PID; i++)
        is_missed |= (missing[i] & key) != 0;
    for (uint32_t i = 0; i < object->n_programs; i++) {
        struct object_program *program = &object->programs[i];

        if (!program->chosen || !program->attach || !(program->hook->keys & key) ||
            (is_missed && !(missing[i] & key)))
            continue;
        copy_argument(setting, shared, &program->arguments);
        first = first ? first : program->name;
        used++;
    }
    if (used == 0 && has_unknown(object))
        return 0; /* it may be for a program of which the type is asked for */
    if (used == 0)
        diag_add_key(diag, entry, "no program that will be attached takes this argument");
    else if (used > 1 && !is_missed && (key & OWN_KEYS))
        refuse_shared(entry, used, first, diag);
    else
        return 0;
    return -EINVAL;
}

/* The setting of an argument directly below `attach:`; NULL: the entry is for one program. */
static const struct setting *shared_setting(const struct object *object,
                                            const struct config_node *entry)
{
    return object_find(object, entry->key) ? NULL : find_setting(entry->key);
}

static int share_arguments(struct object *object, const struct config_node *attach,
                           struct diag *diag)
{
    uint32_t missing[OBJECT_PROGRAMS_MAX]; /* after the entries of the programs themselves */
    struct hook_arguments shared = {0};
    int result = 0;

    for (uint32_t i = 0; i < object->n_programs; i++)
        missing[i] = missing_keys(&object->programs[i]);
    for (const struct config_node *entry = attach->first; entry; entry = entry->next) {
        const struct setting *setting = shared_setting(object, entry);

        if (!setting)
            continue;
        if (setting_bind_value(setting, entry, &shared, diag) > 0 ||
            share_argument(object, setting, &shared, missing, entry, diag) < 0)
            result = -EINVAL;
    }
    return result;
}

static int bind_attach(struct object *object, const struct config_node *attach, struct diag *diag)
{
    int result = 0;

    if (attach->kind != CONFIG_MAP) {
        diag_add(diag, attach,
                 "expected arguments, as in attach: {interface: eth0} or attach: {PROGRAM: "
                 "{interface: eth0}}; found %s",
                 config_node_kind_name(attach));
        return -EINVAL;
    }
    for (const struct config_node *entry = attach->first; entry; entry = entry->next) {
        struct object_program *program = object_find(object, entry->key);
        struct suggestion suggestion;

        if (program && bind_own(program, entry, diag) < 0)
            result = -EINVAL;
        if (program || find_setting(entry->key))
            continue;
        refuse_name(object, entry->key, &suggestion);
        diag_add_key(diag, entry, "the object has no program \"%s\"; %s", entry->key,
                     suggestion_words(&suggestion));
        result = -EINVAL;
    }
    return share_arguments(object, attach, diag) < 0 ? -EINVAL : result;
}

/* ---- the rest -------------------------------------------------------------------------------- */

bool program_needs(const struct object_program *program, char needs[PROGRAM_NEEDS_MAX])
{
    arguments_list_needs(program->hook->missing ? program->hook->missing(&program->arguments) : 0,
                         needs);
    return *needs;
}

static void refuse_missing(const struct object *object, const struct object_program *program,
                           uint32_t missing, const struct config_node *node, struct diag *diag)
{
    char needs[PROGRAM_NEEDS_MAX], examples[ARGUMENT_EXAMPLES_MAX];
    struct error error;

    arguments_list_needs(missing, needs);
    arguments_list_examples(object, &program->arguments, missing, examples);
    error_set(&error, 0, "program \"%s\" (%s) needs %s", program->name, program->arguments.section,
              needs);
    error_hint_setting(&error, "attach", "{%s: {%s}}", program->name, examples);
    diag_add_error(diag, node, &error);
}

/* The section name that an unknown one seems to mean; NULL: nothing is known. */
static const char *seeming_section(const struct object *object,
                                   const struct object_program *program)
{
    const struct btf *btf = object_btf(object);

    return hook_guess(program->arguments.section,
                      btf ? lookup_context(btf, bpf_program__name(program->program)) : NULL);
}

/* The arguments that are given to all programs. */
static uint32_t shared_keys(const struct config_node *attach)
{
    uint32_t keys = 0;

    for (const struct setting *setting = hook_settings; attach && setting->name; setting++)
        if (config_map_get(attach, setting->name))
            keys |= argument_key(setting);
    return keys;
}

/* The hint has all that a program of the type that it seems to be would need. */
static void refuse_unknown(const struct object *object, const struct object_program *program,
                           const struct programs_config *config, const struct config_node *node,
                           struct diag *diag)
{
    struct hook_arguments arguments = program->arguments;
    const char *seeming = seeming_section(object, program);
    char examples[ARGUMENT_EXAMPLES_MAX];
    const struct hook *hook;
    struct error error;

    error_set(&error, 0,
              "the section name of program \"%s\", \"%s\", does not tell its type and where it is "
              "to be attached, or is newer than libbpf 1.1",
              program->name, program->arguments.section);
    arguments.section = seeming ? seeming : HOOK_ANY_EXAMPLE;
    hook_set_type(program->program, arguments.section);
    hook = hook_of(program->program, arguments.section);
    arguments_list_examples(
        object, &arguments,
        (hook->missing ? hook->missing(&arguments) : 0) & ~shared_keys(config->attach), examples);
    error_hint_setting(&error, "attach", "{%s: {section: %s%s%s}}", program->name,
                       arguments.section, *examples ? ", " : "", examples);
    diag_add_error(diag, node, &error);
}

/* The target of a tail call is not attached, but the kernel must know its type, too. */
static int give_type(const struct object *object, struct object_program *program,
                     const struct config_node *node, struct diag *diag)
{
    const char *seeming;
    struct error error;

    if (program->hook != &hook_unknown)
        return 0;
    seeming = seeming_section(object, program);
    if (seeming && hook_set_type(program->program, seeming) == 0) {
        program->arguments.section = seeming;
        return 0;
    }
    error_set(&error, 0,
              "program \"%s\" (%s) cannot be loaded: neither its section name nor the type of its "
              "context tells what type it has",
              program->name, program->arguments.section);
    error_hint(&error, "list the others in programs:");
    diag_add_error(diag, node, &error);
    return -EINVAL;
}

static bool is_attached(const struct object_program *program)
{
    return program->chosen && program->attach && !program->hook->never;
}

/* Not to attach it is only offered if another program is attached. */
static void refuse_never(const struct object *object, const struct object_program *program,
                         const struct config_node *node, struct diag *diag)
{
    bool has_others = false;
    struct error error;

    for (uint32_t i = 0; i < object->n_programs; i++)
        has_others |= is_attached(&object->programs[i]);
    error_set(&error, 0, "program \"%s\" (%s) cannot be attached: it is %s, and %s", program->name,
              program->arguments.section, program->hook->what, program->hook->never);
    if (program->hook == &hook_targetless) {
        error_hint_setting(&error, "attach", "{%s: {section: %s}}", program->name,
                           hook_example(program->arguments.section));
    } else if (has_others) {
        error_append(&error, "; load it without attaching it");
        error_hint_setting(&error, "attach", "{%s: none}", program->name);
    }
    diag_add_error(diag, node, &error);
}

static void refuse_map(const struct object *object, const struct object_program *program,
                       const struct config_node *node, struct diag *diag)
{
    const char *name = program->arguments.elements;
    bool is_map = bpf_object__find_map_by_name(object->plan, name);
    struct suggestion suggestion;
    const struct bpf_map *map;

    suggestion_init(&suggestion, name);
    bpf_object__for_each_map(map, object->plan) if (arguments_can_iterate(map))
        suggestion_offer(&suggestion, bpf_map__name(map));
    diag_add(diag, node, "program \"%s\" (%s): %s \"%s\"%s; %s", program->name,
             program->arguments.section, is_map ? "map" : "the object has no map", name,
             is_map ? " is of a type that iterators cannot read" : "",
             suggestion_words(&suggestion));
}

/* Whether the map whose elements an iterator gets is not there, or has none. */
static bool lacks_elements(const struct object *object, const struct object_program *program)
{
    const char *name = program->arguments.elements;
    const struct bpf_map *map = name ? bpf_object__find_map_by_name(object->plan, name) : NULL;

    return name && !(map && arguments_can_iterate(map));
}

static int check_program(const struct object *object, const struct object_program *program,
                         const struct programs_config *config, struct diag *diag)
{
    const struct config_node *own = config_map_get(config->attach, program->name);
    const struct config_node *node = own ? own : config->node;
    uint32_t missing = missing_keys(program);

    if (program->hook == &hook_unknown) {
        refuse_unknown(object, program, config, node, diag);
        return -EINVAL;
    }
    if (program->hook->never) {
        refuse_never(object, program, node, diag);
        return -EINVAL;
    }
    if (lacks_elements(object, program)) {
        refuse_map(object, program, node, diag);
        return -EINVAL;
    }
    if (missing)
        refuse_missing(object, program, missing, node, diag);
    return missing ? -EINVAL : 0;
}

/* Refuses an object of which every program is one of SEC("?..."). */
static int refuse_none(const struct object *object, const struct config_node *node,
                       struct diag *diag)
{
    struct error error;

    for (uint32_t i = 0; i < object->n_programs; i++)
        if (object->programs[i].chosen)
            return 0;
    if (object->n_programs == 0)
        return 0;
    error_set(&error, 0, "the object loads no program by itself (all are SEC(\"?...\"))");
    for (uint32_t i = 0; i < object->n_programs; i++)
        error_append(&error, "%s%s", i ? ", " : "; its programs are ", object->programs[i].name);
    error_hint_example(&error, "programs", "[%s]", object->programs[0].name);
    diag_add_error(diag, node, &error);
    return -EINVAL;
}

int programs_choose(struct object *object, const struct programs_config *config, struct diag *diag)
{
    int result = 0;

    for (uint32_t i = 0; config->programs.count > 0 && i < object->n_programs; i++)
        object->programs[i].chosen = object->programs[i].attach = false;
    if (mark_programs(object, &config->programs, choose, diag) < 0 ||
        refuse_none(object, config->node, diag) < 0)
        result = -EINVAL;
    if (mark_optional(object, &config->optional, diag) < 0)
        result = -EINVAL;
    if (config->attach && bind_attach(object, config->attach, diag) < 0)
        result = -EINVAL;
    if (result < 0)
        return result; /* later messages would only repeat the mistake */
    for (uint32_t i = 0; i < object->n_programs; i++)
        if (object->programs[i].chosen &&
            (object->programs[i].attach
                 ? check_program(object, &object->programs[i], config, diag)
                 : give_type(object, &object->programs[i], config->node, diag)) < 0)
            result = -EINVAL;
    return result;
}
