// SPDX-License-Identifier: Apache-2.0

/* libbpf can load an object only once: if the kernel refuses one program, all are unloaded, and the
 * object cannot be loaded again. So each attempt opens a fresh one from the same bytes and copies
 * the choices made on the plan. Both list programs and maps in the order of the file. */

#include "source/object.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/printable.h"
#include "base/signals.h"
#include "source/bpf_error.h"
#include "source/libbpf_log.h"
#include "source/refusals.h"
#include "source/unseen_calls.h"

DEFINE_CLEANUP(struct bpf_object, bpf_object__close);

enum {
    ABSENT_TEXT_MAX = 400
}; /* bytes of the hooks that are named in one message; more are left out */

/* ---- open ------------------------------------------------------------------------------------ */

static int open_bytes(const struct object *object, struct error *error, struct bpf_object **ret)
{
    LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = object->name);
    _cleanup_(libbpf_log_end) struct libbpf_log log;
    struct bpf_program *program;
    struct bpf_object *opened;

    libbpf_log_begin(&log);
    opened = bpf_object__open_mem(object->bytes, object->size, &options);
    if (!opened)
        return bpf_error_on_open(-errno, &log, error);
    bpf_object__for_each_program(program, opened)
    {
        if (bpf_program__type(program) == BPF_PROG_TYPE_UNSPEC ||
            bpf_program__type(program) == BPF_PROG_TYPE_SCHED_ACT)
            hook_set_type(program, bpf_program__section_name(program));
    }
    *ret = opened;
    return 0;
}

static int list_programs(struct object *object, struct error *error)
{
    struct bpf_program *program;
    uint32_t count = 0;

    bpf_object__for_each_program(program, object->plan) count++;
    if (count > OBJECT_PROGRAMS_MAX)
        return error_set(error, -E2BIG, "has too many programs: %u; at most %d are allowed", count,
                         OBJECT_PROGRAMS_MAX);
    object->programs = calloc(count + 1, sizeof(*object->programs));
    if (!object->programs)
        return error_set(error, -ENOMEM, "out of memory");
    bpf_object__for_each_program(program, object->plan)
    {
        const char *section = bpf_program__section_name(program);

        object->programs[object->n_programs++] = (struct object_program){
            .program = program,
            .name = bpf_program__name(program),
            .hook = hook_of(program, section),
            .arguments = {.section = section},
            .chosen = bpf_program__autoload(program),
            .attach = bpf_program__autoload(program),
            .target_fd = -1,
        };
    }
    return 0;
}

/* Messages show these names, and nothing that is made to be read has others. */
static int check_names(const struct object *object, struct error *error)
{
    const struct bpf_map *map;

    for (uint32_t i = 0; i < object->n_programs; i++)
        if (!printable(object->programs[i].name) ||
            !printable(bpf_program__section_name(object->programs[i].program)))
            return error_set(error, -EINVAL,
                             "is damaged: the name of a program is not printable text");
    bpf_object__for_each_map(map, object->plan) if (
        !printable(bpf_map__name(
            map))) return error_set(error, -EINVAL,
                                    "is damaged: the name of a map is not printable text");
    return 0;
}

int object_open(const char *name, const void *bytes, size_t size, struct error *error,
                struct object **ret)
{
    _cleanup_(cleanup_object_free) struct object *object = calloc(1, sizeof(*object));
    int result;

    if (!object)
        return error_set(error, -ENOMEM, "out of memory");
    object->name = name;
    object->bytes = bytes;
    object->size = size;
    result = open_bytes(object, error, &object->plan);
    if (result == 0)
        result = list_programs(object, error);
    if (result == 0)
        result = check_names(object, error);
    if (result < 0)
        return result;
    *ret = TAKE_PTR(object);
    return 0;
}

static void close_target(struct object_program *program)
{
    if (program->target_fd >= 0)
        close(program->target_fd);
    program->target_fd = -1;
}

void object_free(struct object *object)
{
    if (!object)
        return;
    attachments_release(&object->attachments);
    bpf_object__close(object->loaded);
    bpf_object__close(object->plan);
    map_values_deinit(&object->values);
    for (uint32_t i = 0; i < object->n_programs; i++)
        close_target(&object->programs[i]);
    free(object->programs);
    free(object);
}

const struct btf *object_btf(const struct object *object)
{
    return bpf_object__btf(object->plan);
}

struct object_program *object_find(const struct object *object, const char *name)
{
    for (uint32_t i = 0; i < object->n_programs; i++)
        if (strcmp(object->programs[i].name, name) == 0)
            return &object->programs[i];
    return NULL;
}

/* ---- load ------------------------------------------------------------------------------------ */

/* Logs the reason without the hint, which is to make the program optional, and without the log of
 * the verifier. What may be absent is reported once, see report_absent(). */
static void leave_out(struct object *object, struct object_program *program,
                      const struct error *why)
{
    program->chosen = false;
    program->absent = !program->optional;
    log_about(program->absent ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARNING, "source", object->name,
              "continuing without program %s: %.*s", program->name, (int)strcspn(why->text, "\n"),
              why->text);
}

/* The kernel has refused the program: the load was not interrupted, and memory was not missing. */
static bool is_refusal(int result)
{
    return result != -EAGAIN && result != -EINTR && result != -ECANCELED && result != -ENOMEM &&
           result != -EPERM;
}

/* Leaves the program out, and notes it if that was not allowed. false: no other program is to be
 * tried. refused: as bpf_error_on_load() has it. */
static bool do_without(struct object *object, struct object_program *program, int code,
                       bool refused, const struct error *why, struct refusals *refusals)
{
    bool lacking = refused && code == -ENOTSUP;

    if (!is_refusal(code))
        return false;
    if (program->optional || (program->may_be_absent && lacking)) {
        leave_out(object, program, why);
        return true;
    }
    if (!refused || program->may_be_absent)
        return false;
    program->chosen = false;
    refusals_add(refusals, program->name, code, why);
    return true;
}

/* Does not try programs whose hook is known to be missing: the error of the kernel would be less
 * clear. */
static void leave_out_lacking(struct object *object, struct refusals *refusals, struct error *error)
{
    for (uint32_t i = 0; i < object->n_programs; i++) {
        struct object_program *program = &object->programs[i];
        const char *lack = NULL;

        if (program->chosen && program->attach && program->hook->lacks)
            lack = program->hook->lacks(&program->arguments);
        if (lack)
            do_without(object, program, bpf_error_on_lack(lack, program, error), true, error,
                       refusals);
    }
}

static int copy_map(struct bpf_map *from, struct bpf_map *to)
{
    const void *value;
    size_t size;

    if (bpf_map__max_entries(from) != bpf_map__max_entries(to) &&
        bpf_map__set_max_entries(to, bpf_map__max_entries(from)) < 0)
        return -EINVAL;
    if (bpf_map__set_pin_path(to, bpf_map__pin_path(from)) < 0)
        return -EINVAL;
    value = bpf_map__initial_value(from, &size);
    /* .kconfig is filled by libbpf itself */
    if (value && !strstr(bpf_map__name(from), ".kconfig"))
        return bpf_map__set_initial_value(to, value, size);
    return 0;
}

/* A section name that the config gives: libbpf knows only that of the object. */
static int set_section(const struct object_program *from, struct bpf_program *to,
                       struct error *error, bool *ret_refused)
{
    const char *section = from->arguments.section;
    struct libbpf_log log;
    int result;

    if (!from->chosen || strcmp(section, bpf_program__section_name(to)) == 0)
        return 0;
    libbpf_log_begin(&log);
    result = hook_set_type(to, section);
    if (result == 0)
        result = hook_set_target(to, section);
    libbpf_log_end(&log);
    return result < 0 ? bpf_error_on_load(result, &log, from, error, ret_refused) : 0;
}

static int set_target(struct object_program *from, struct bpf_program *to, struct error *error)
{
    struct libbpf_log log;
    int result;

    close_target(from);
    if (!from->chosen || !from->arguments.target)
        return 0;
    libbpf_log_begin(&log);
    result = hook_open_target(to, &from->arguments, error, &from->target_fd);
    libbpf_log_end(&log);
    if (result < 0)
        error_prefix(error, "program \"%s\" (%s)", from->name, from->arguments.section);
    return result;
}

static int copy_choices(const struct object *object, struct bpf_object *fresh, struct error *error)
{
    struct bpf_map *from = NULL, *to = NULL;

    while ((from = bpf_object__next_map(object->plan, from)) &&
           (to = bpf_object__next_map(fresh, to)))
        if (copy_map(from, to) < 0)
            return error_set(error, -EINVAL, "cannot set the size, the value or the path of map %s",
                             bpf_map__name(from));
    return 0;
}

/* *ret_program, *ret_refused: as try_load() has them. */
static int copy_programs(struct object *object, struct bpf_object *fresh, struct error *error,
                         struct object_program **ret_program, bool *ret_refused)
{
    struct bpf_program *to = NULL;

    for (uint32_t i = 0; i < object->n_programs; i++) {
        int result;

        to = bpf_object__next_program(fresh, to);
        bpf_program__set_autoload(to, object->programs[i].chosen);
        result = set_section(&object->programs[i], to, error, ret_refused);
        if (result == 0)
            result = set_target(&object->programs[i], to, error);
        if (result < 0) {
            *ret_program = &object->programs[i];
            return result;
        }
    }
    return 0;
}

/* libbpf uses a map that is pinned at the path already, with what is in it. */
static void report_pinned(const struct object *object)
{
    const struct bpf_map *map;

    bpf_object__for_each_map(map, object->plan)
    {
        const char *path = bpf_map__pin_path(map);

        if (path && access(path, F_OK) == 0)
            log_about(LOG_LEVEL_INFO, "source", object->name, "uses the map that is pinned at %s",
                      path);
    }
}

/* *ret_program: the one that was refused, or NULL; *ret_refused: the object may do without it. */
static int try_load(struct object *object, struct error *error, struct object_program **ret_program,
                    bool *ret_refused)
{
    _cleanup_(cleanup_bpf_object__close) struct bpf_object *fresh = NULL;
    struct libbpf_log log;
    int result = open_bytes(object, error, &fresh);

    *ret_program = NULL;
    *ret_refused = false;
    if (result == 0)
        result = copy_choices(object, fresh, error);
    if (result == 0)
        result = copy_programs(object, fresh, error, ret_program, ret_refused);
    if (result == 0)
        result = map_template_apply(&object->templates, fresh, error);
    if (result == 0 && object->prepare)
        result = object->prepare(fresh, object->prepare_data, error);
    if (result < 0)
        return result;
    libbpf_log_begin(&log);
    result = bpf_object__load(fresh);
    libbpf_log_end(&log);
    map_template_close(&object->templates);
    if (result == 0) {
        object->loaded = TAKE_PTR(fresh);
        return 0;
    }
    *ret_program = object_find(object, log.program);
    return bpf_error_on_load(result, &log, *ret_program, error, ret_refused);
}

static int load_rest(struct object *object, struct refusals *refusals, struct error *error)
{
    struct object_program *program;
    bool refused;
    int result;

    while ((result = try_load(object, error, &program, &refused)) < 0) {
        if (!program || !program->chosen ||
            !do_without(object, program, result, refused, error, refusals))
            return result;
    }
    return 0;
}

static int attach_rest(struct object *object, struct refusals *refusals, struct error *error);

int object_load(struct object *object, struct error *error)
{
    struct error own;
    struct error *why = error ? error : &own; /* needed to log why a program is left out */
    struct refusals refusals = {0};
    int result;

    leave_out_lacking(object, &refusals, why);
    report_pinned(object);
    result = load_rest(object, &refusals, why);
    if (result == 0 && refusals.count == 0)
        result = map_values_write(&object->values, object->loaded, why);
    if (result < 0)
        return result;
    if (refusals.count > 0) {
        /* only to name in the same message what cannot be attached */
        attach_rest(object, &refusals, why);
        object_detach(object);
        bpf_object__close(object->loaded);
        object->loaded = NULL;
    }
    return refusals_report(&refusals, object, why);
}

/* ---- attach ---------------------------------------------------------------------------------- */

static int attach_program(struct object *object, struct object_program *program,
                          struct error *error, bool *ret_refused)
{
    struct bpf_program *loaded = bpf_object__find_program_by_name(object->loaded, program->name);
    uint32_t before = object->attachments.count;
    struct libbpf_log log;
    char place[256];
    int result;

    snprintf(place, sizeof(place), "%s/%s", object->name, program->name);
    error->text[0] = '\0';
    libbpf_log_begin(&log);
    if (program->arguments.elements)
        program->arguments.elements_fd = object_map_fd(object, program->arguments.elements);
    result = program->hook->attach(loaded, place, &program->arguments, &object->attachments, error);
    libbpf_log_end(&log);
    if (result == 0) {
        for (uint32_t i = before; i < object->attachments.count; i++)
            object->attachments.items[i].program = (uint32_t)(program - object->programs);
        program->attached = true;
        return 0;
    }
    attachments_shrink(&object->attachments, before);
    return bpf_error_on_attach(result, &log, program, error, ret_refused);
}

/* Attaches as many as possible, and notes what the kernel cannot run. */
static int attach_rest(struct object *object, struct refusals *refusals, struct error *error)
{
    for (uint32_t i = 0; i < object->n_programs; i++) {
        struct object_program *program = &object->programs[i];
        bool refused = false;
        int result;

        if (!program->chosen || !program->attach)
            continue;
        if (signals_ends() > 0) /* attaching hundreds of programs takes long */
            return error_set(error, -ECANCELED, "interrupted by a signal");
        result = attach_program(object, program, error, &refused);
        if (result < 0 && !do_without(object, program, result, refused, error, refusals))
            return result;
    }
    return 0;
}

/* Whether a program was attached that is the same for another version of the kernel: NAME, and
 * NAME___VERSION. */
static bool has_twin(const struct object *object, const struct object_program *program)
{
    const char *end = strstr(program->name, "___");
    size_t length = end ? (size_t)(end - program->name) : strlen(program->name);

    for (uint32_t i = 0; i < object->n_programs; i++) {
        const char *name = object->programs[i].name;

        if (object->programs[i].attached && strncmp(name, program->name, length) == 0 &&
            (!name[length] || strncmp(name + length, "___", 3) == 0))
            return true;
    }
    return false;
}

/* In one message. */
static void report_absent(const struct object *object)
{
    char hooks[ABSENT_TEXT_MAX] = "";
    size_t used = 0;

    for (uint32_t i = 0; i < object->n_programs; i++) {
        const struct object_program *program = &object->programs[i];
        const char *hook = program->arguments.section;

        if (program->absent && !has_twin(object, program) &&
            used + strlen(hook) + strlen(", ") < sizeof(hooks))
            used += (size_t)snprintf(hooks + used, sizeof(hooks) - used, "%s%s", used ? ", " : "",
                                     hook);
    }
    if (used > 0)
        log_about(LOG_LEVEL_WARNING, "source", object->name,
                  "continuing without the hooks %s: this kernel lacks them, or a helper function "
                  "that they need",
                  hooks);
}

int object_attach(struct object *object, struct error *error)
{
    struct error own;
    struct error *why = error ? error : &own;
    struct refusals refusals = {0};
    bool wanted = false;
    int result = attach_rest(object, &refusals, why);

    if (result < 0)
        return result;
    if (refusals.count > 0)
        return refusals_report(&refusals, object, why);
    for (uint32_t i = 0; i < object->n_programs; i++)
        wanted |= object->programs[i].attach;
    if (wanted && !object_attached(object, 0))
        return error_set(
            error, -ENOTSUP,
            "no program could be attached: this kernel has none of the hooks that they need");
    report_absent(object);
    unseen_calls_report(object);
    return 0;
}

void object_detach(struct object *object)
{
    attachments_release(&object->attachments);
    for (uint32_t i = 0; i < object->n_programs; i++)
        object->programs[i].attached = false;
}

const char *object_attached(const struct object *object, uint32_t index)
{
    for (uint32_t i = 0; i < object->n_programs; i++)
        if (object->programs[i].attached && index-- == 0)
            return object->programs[i].name;
    return NULL;
}

int object_map_fd(const struct object *object, const char *name)
{
    return object->loaded ? bpf_object__find_map_fd_by_name(object->loaded, name) : -1;
}
