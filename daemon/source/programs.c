// SPDX-License-Identifier: Apache-2.0

/* An argument that a program needs and does not have is a mistake in the config, found before
 * anything is loaded. Most objects have one program that needs one, so the argument can be given
 * without saying for whom. */

#include "source/programs.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config/refusal.h"
#include "source/hook.h"
#include "source/object.h"

enum { KEYS_TEXT_MAX = 256 };

/* ---- names ----------------------------------------------------------------------------------- */

static void refuse_name(const struct object *object, const char *name, struct refusal *refusal)
{
    refusal_init(refusal, name);
    for (uint32_t i = 0; i < object->n_programs; i++)
        refusal_offer(refusal, object->programs[i].name);
}

/* Calls mark for each named program. */
static int mark_programs(struct object *object, const struct setting_texts *names,
                         void (*mark)(struct object_program *program), struct diag *diag)
{
    int result = 0;

    for (uint32_t i = 0; i < names->count; i++) {
        struct object_program *program = object_find(object, names->items[i]);
        struct refusal refusal;

        if (program) {
            mark(program);
            continue;
        }
        refuse_name(object, names->items[i], &refusal);
        diag_add(diag, names->nodes[i], "the object has no such program; %s",
                 refusal_text(&refusal));
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

/* ---- arguments ------------------------------------------------------------------------------- */

static const struct setting *find_setting(const char *name)
{
    for (const struct setting *setting = hook_settings; setting->name; setting++)
        if (strcmp(setting->name, name) == 0)
            return setting;
    return NULL;
}

static uint32_t key_of(const struct setting *setting)
{
    return 1U << (setting - hook_settings);
}

static void copy_argument(const struct setting *setting, const struct hook_arguments *from,
                          struct hook_arguments *to)
{
    size_t size = setting->type == SETTING_NAMES     ? sizeof(struct setting_texts)
                  : setting->type == SETTING_CHOICE  ? sizeof(int)
                  : setting->type == SETTING_INTEGER ? sizeof(int64_t)
                                                     : sizeof(const char *);

    memcpy((char *)to + setting->offset, (const char *)from + setting->offset, size);
}

/* "binary", "pid": the names of the keys. */
static const char *list_keys(uint32_t keys, const char *between, char text[KEYS_TEXT_MAX])
{
    size_t used = 0;

    text[0] = '\0';
    for (const struct setting *setting = hook_settings; setting->name && used < KEYS_TEXT_MAX;
         setting++)
        if (keys & key_of(setting))
            used += (size_t)snprintf(text + used, KEYS_TEXT_MAX - used, "%s\"%s\"",
                                     used ? between : "", setting->name);
    return text;
}

/* One program's own entry. */
static int bind_own(struct object_program *program, const struct config_node *entry,
                    struct diag *diag)
{
    char keys[KEYS_TEXT_MAX];
    int result = 0;

    if (entry->kind == CONFIG_SCALAR && strcmp(entry->text, "none") == 0) {
        program->attach = false;
        return 0;
    }
    if (setting_bind(hook_settings, entry, &program->arguments, diag) > 0)
        return -EINVAL;
    for (const struct config_node *key = entry->first; key; key = key->next) {
        if (program->hook->keys & key_of(find_setting(key->key)))
            continue;
        list_keys(program->hook->keys, ", ", keys);
        diag_add_key(diag, key, "%s takes no such argument; %s%s", program->hook->what,
                     *keys ? "it takes " : "it takes none", keys);
        result = -EINVAL;
    }
    return result;
}

static bool lacks_argument(const struct object_program *program)
{
    return program->chosen && program->attach && program->hook->missing &&
           program->hook->missing(program->program, &program->arguments) != 0;
}

/* What stands in `attach:` by itself goes to the programs that lack something; where none does, to
 * all that take it. A process is a restriction and goes to all. */
static int share_argument(struct object *object, const struct setting *setting,
                          const struct hook_arguments *shared, const bool *lacking, bool any_lacks,
                          const struct config_node *entry, struct diag *diag)
{
    uint32_t key = key_of(setting);
    bool used = false;

    for (uint32_t i = 0; i < object->n_programs; i++) {
        struct object_program *program = &object->programs[i];

        if (!program->chosen || !program->attach || !(program->hook->keys & key) ||
            (any_lacks && !lacking[i] && key != HOOK_PID))
            continue;
        copy_argument(setting, shared, &program->arguments);
        used = true;
    }
    if (!used)
        diag_add_key(diag, entry, "no program that is to be attached takes this argument");
    return used ? 0 : -EINVAL;
}

/* An argument for whoever needs it, and not a program's entry. */
static const struct setting *shared_setting(const struct object *object,
                                            const struct config_node *entry)
{
    return object_find(object, entry->key) ? NULL : find_setting(entry->key);
}

static int share_arguments(struct object *object, const struct config_node *attach,
                           struct diag *diag)
{
    bool lacking[OBJECT_PROGRAMS_MAX] = {false};
    struct hook_arguments shared = {0};
    bool any_lacks = false;
    int result = 0;

    for (uint32_t i = 0; i < object->n_programs; i++) {
        lacking[i] = lacks_argument(&object->programs[i]);
        any_lacks |= lacking[i];
    }
    for (const struct config_node *entry = attach->first; entry; entry = entry->next) {
        const struct setting *setting = shared_setting(object, entry);

        if (!setting)
            continue;
        if (setting_bind_value(setting, entry, &shared, diag) > 0 ||
            share_argument(object, setting, &shared, lacking, any_lacks, entry, diag) < 0)
            result = -EINVAL;
    }
    return result;
}

static int bind_attach(struct object *object, const struct config_node *attach, struct diag *diag)
{
    int result = 0;

    if (attach->kind != CONFIG_MAP) {
        diag_add(diag, attach, "expected a map of arguments by the programs' names, found %s",
                 config_node_kind_name(attach));
        return -EINVAL;
    }
    for (const struct config_node *entry = attach->first; entry; entry = entry->next) {
        struct object_program *program = object_find(object, entry->key);
        struct refusal refusal;

        if (program && bind_own(program, entry, diag) < 0)
            result = -EINVAL;
        if (program || find_setting(entry->key))
            continue;
        refuse_name(object, entry->key, &refusal);
        diag_add_key(diag, entry, "the object has no such program; %s", refusal_text(&refusal));
        result = -EINVAL;
    }
    return share_arguments(object, attach, diag) < 0 ? -EINVAL : result;
}

/* ---- the rest -------------------------------------------------------------------------------- */

static int check_program(const struct object_program *program, const struct programs_config *config,
                         struct diag *diag)
{
    const char *section = bpf_program__section_name(program->program);
    const struct config_node *own = config_map_get(config->attach, program->name);
    const struct config_node *node = own ? own : config->node;
    char keys[KEYS_TEXT_MAX];
    uint32_t missing;

    if (program->hook->never) {
        diag_add(diag, node,
                 "program \"%s\" (%s) cannot be attached: it is %s, and %s; leave it out by "
                 "\"programs\", or only load it by attach: {%s: none}",
                 program->name, section, program->hook->what, program->hook->never, program->name);
        return -EINVAL;
    }
    if (!lacks_argument(program))
        return 0;
    missing = program->hook->missing(program->program, &program->arguments);
    diag_add(diag, node, "program \"%s\" (%s) needs %s: %s; as in attach: {%s: {%s: ...}}",
             program->name, section, list_keys(missing, " or ", keys),
             hook_settings[__builtin_ctz(missing)].doc, program->name,
             hook_settings[__builtin_ctz(missing)].name);
    return -EINVAL;
}

int programs_choose(struct object *object, const struct programs_config *config, struct diag *diag)
{
    int result = 0;

    for (uint32_t i = 0; config->programs.count > 0 && i < object->n_programs; i++)
        object->programs[i].chosen = object->programs[i].attach = false;
    if (mark_programs(object, &config->programs, choose, diag) < 0 ||
        mark_programs(object, &config->optional, make_optional, diag) < 0)
        result = -EINVAL;
    if (config->attach && bind_attach(object, config->attach, diag) < 0)
        result = -EINVAL;
    if (result < 0)
        return result; /* what follows from it says nothing new */
    for (uint32_t i = 0; i < object->n_programs; i++)
        if (object->programs[i].chosen && object->programs[i].attach &&
            check_program(&object->programs[i], config, diag) < 0)
            result = -EINVAL;
    return result;
}
