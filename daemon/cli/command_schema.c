// SPDX-License-Identifier: Apache-2.0

/* Types are found with the code and the conventions of sources, so the output shows what a pipeline
 * will see. */

#include "cli/commands.h"

#include <bpf/btf.h>
#include <errno.h>
#include <getopt.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "cli/arguments.h"
#include "cli/object_survey.h"
#include "cli/schema_list.h"
#include "schema/find.h"
#include "schema/kernel.h"
#include "schema/meaning.h"
#include "schema/schema_table.h"
#include "schema/types.h"
#include "source/builtin.h"
#include "source/builtin_meanings.h"
#include "source/existing_map.h"
#include "source/ring_meanings.h"

enum { TYPE_MAX = 256 };

struct schema_options {
    const char *place; /* a file or a map, or the name of a built-in source */
    const char *type;  /* NULL: list all */
    bool json;
    bool types;                    /* list all types, also of an object */
    const struct builtin *builtin; /* NULL: none */
    char joined[TYPE_MAX];         /* a type of two words */
};

/* Where the types come from. Owns all of its members. */
struct answer {
    struct types *types; /* of a file */
    struct btf *btf;     /* of a map */
};

static void answer_deinit(struct answer *answer)
{
    types_free(answer->types);
    btf__free(answer->btf);
}

DEFINE_CLEANUP(json_t, json_decref);

/* FILE, FILE flow, FILE "struct flow" or FILE struct flow. */
static bool take_words(int count, char **words, struct schema_options *question)
{
    if (count < 1 || count > 3)
        return false;
    question->place = words[0];
    question->type = words[1];
    if (count < 3)
        return true;
    snprintf(question->joined, sizeof(question->joined), "%s %s", words[1], words[2]);
    question->type = question->joined;
    return strcmp(words[1], "struct") == 0 || strcmp(words[1], "union") == 0;
}

static const struct argument command_options[] = {
    {"json", NULL, offsetof(struct schema_options, json), argument_flag, "print JSON"},
    {"types", NULL, offsetof(struct schema_options, types), argument_flag,
     "list all types, also those of the kernel that an object has"},
    {0},
};

static const struct positional operands[] = {
    {"NAME", "a built-in source, such as exec"},
    {"FILE", "a BPF object, or any file with BTF or DWARF, such as /sys/kernel/btf/vmlinux"},
    {"MAP", "a ring in the kernel: its pin in /sys/fs/bpf, id:N, or its name"},
    {"TYPE",
     "the name of a struct; without it, an object's rings, types, programs and constants are\n"
     "shown, and of other files all types"},
    {0},
};

static const struct command_line command_line = {
    .synopsis = "ringmill schema [--json] [--types] NAME|FILE|MAP [TYPE]",
    .operands = operands,
    .options = command_options,
};

static enum exit_code parse(int argc, char **argv, struct schema_options *question)
{
    enum exit_code code = arguments_read(&command_line, argc, argv, question);

    if (code == EXIT_CODE_OK && !take_words(argc - optind, argv + optind, question))
        return arguments_refuse(&command_line, optind == argc ? "no file or map given"
                                                              : "only one type can be given");
    if (code == EXIT_CODE_OK && question->types && question->type)
        return arguments_refuse(&command_line, "--types cannot be used with TYPE");
    return code;
}

/* A pin looks like a file; a name that is not a file is the name of a map. */
static bool is_map(const char *place)
{
    struct statfs system;

    if (statfs(place, &system) == 0)
        return system.f_type == BPF_FS_MAGIC;
    return !strchr(place, '/');
}

static int open_map(const struct schema_options *question, struct error *error, struct answer *ret)
{
    _cleanup_(cleanup_close) int fd = -1;
    int r = existing_map_open(question->place, true, error, &fd);

    if (r == 0)
        return kernel_map_btf(fd, question->type, error, &ret->btf);
    if (access(question->place, F_OK) < 0 && strncmp(question->place, "id:", 3) != 0)
        error_prefix(error, "no such file; as a map");
    return r;
}

static int open_place(const struct schema_options *question, struct error *error,
                      struct answer *ret)
{
    if (question->builtin) {
        size_t size;
        const void *elf = question->builtin->elf(&size);

        return types_open_memory(elf, size, error, &ret->types);
    }
    if (is_map(question->place))
        return open_map(question, error, ret);
    return types_open(question->place, error, &ret->types);
}

static const struct btf *btf_of(const struct answer *answer)
{
    return answer->types ? answer->types->btf : answer->btf;
}

/* ---- what is printed ---- */

static enum exit_code print_json(json_t *value)
{
    _cleanup_(cleanup_json_decref) json_t *owned = value;
    _cleanup_(cleanup_free) char *text = value ? json_dumps(value, JSON_INDENT(2)) : NULL;

    if (!text) {
        log_error("out of memory");
        return EXIT_CODE_FAILED;
    }
    puts(text);
    return EXIT_CODE_OK;
}

static void print_listed(const struct schema_list_type *type)
{
    printf("%8u  %s %s", type->size, type->is_union ? "union" : "struct", type->name);
    if (type->by_length)
        printf("  (of the map %s, the only type of %u bytes)", type->map, type->size);
    else if (type->map)
        printf("  (of the map %s)", type->map);
    else if (type->kept)
        printf("  (kept by a variable)");
    else if (type->in_dwarf)
        printf("  (in the DWARF)");
    putchar('\n');
}

static enum exit_code print_list(const struct schema_options *question,
                                 const struct schema_list *list)
{
    if (question->json)
        return print_json(schema_json_list(list));
    printf("%8s  type\n", "size");
    for (uint32_t i = 0; i < list->count; i++)
        print_listed(&list->types[i]);
    return EXIT_CODE_OK;
}

/* As the source itself gives them. */
static int give_meanings(const struct schema_options *question, struct schema *schema)
{
    const struct ring_config config = {
        .meanings = question->builtin ? builtin_meanings(question->builtin->name) : NULL};
    struct stream_type type = {.schema = schema};
    struct stream stream = {.types = &type, .n_types = 1};
    struct error error;
    struct diag diag;
    int r;

    if (!config.meanings) {
        r = meaning_apply(schema, NULL, 0, &error, NULL);
        if (r < 0)
            log_error("%s", error_join(&error));
        return r;
    }
    diag_init(&diag);
    r = ring_meanings_give(NULL, &config, &stream, &diag);
    diag_deinit(&diag);
    return r;
}

static enum exit_code print_type(const struct schema_options *question, struct schema *schema)
{
    if (give_meanings(question, schema) < 0)
        return EXIT_CODE_FAILED;
    if (question->json)
        return print_json(schema_json_type(schema));
    printf("%s, %u bytes\n", schema->type_name, schema->size);
    table_print(schema, "", stdout);
    return EXIT_CODE_OK;
}

static enum exit_code refuse(const struct schema_options *question, enum exit_code code,
                             struct error *error)
{
    log_error("%s: %s", question->place, error_join(error));
    return code;
}

static bool has_dwarf(const struct answer *answer)
{
    return answer->types && answer->types->has_dwarf;
}

static enum exit_code refuse_untyped(const struct schema_options *question,
                                     const struct answer *answer)
{
    struct error error;

    if (answer->types && answer->types->elf && !answer->types->is_bpf)
        error_set(&error, 0, "not a BPF object, and no BTF or DWARF found");
    else if (btf_of(answer))
        error_set(&error, 0, "the BTF has no struct");
    else
        error_set(
            &error, 0,
            "no BTF or DWARF found: the types were stripped; for a source, set types_from: to "
            "a file with the types, or describe them in layout:");
    return refuse(question, EXIT_CODE_ENVIRONMENT, &error);
}

static enum exit_code show_object(const struct schema_options *question,
                                  const struct answer *answer)
{
    struct error error = {0};
    _cleanup_(cleanup_json_decref) json_t *survey =
        object_survey(answer->types->elf, answer->types->elf_size, &error);

    if (!survey)
        return refuse(question, EXIT_CODE_ENVIRONMENT, &error);
    if (question->json)
        return print_json(json_incref(survey));
    object_survey_print(survey, stdout);
    return EXIT_CODE_OK;
}

/* An object that has BTF; what libbpf does not open without has types at most. */
static bool is_object(const struct answer *answer)
{
    return answer->types && answer->types->elf && answer->types->is_bpf && answer->types->btf;
}

static enum exit_code list_types(const struct schema_options *question, const struct answer *answer)
{
    _cleanup_(schema_list_deinit) struct schema_list list;
    struct error error;

    if (schema_list_init(&list, btf_of(answer), answer->types, &error) < 0)
        return refuse(question, EXIT_CODE_ENVIRONMENT, &error);
    if (list.count == 0)
        return refuse_untyped(question, answer);
    return print_list(question, &list);
}

static enum exit_code show_type(const struct schema_options *question, const struct answer *answer)
{
    _cleanup_(cleanup_schema_free) struct schema *schema = NULL;
    struct find_request request = {
        .type_name = question->type, .btf = btf_of(answer), .is_all = true};
    struct error error;
    int r;

    if (!request.btf && !has_dwarf(answer))
        return refuse_untyped(question, answer);
    if (has_dwarf(answer)) {
        request.elf = answer->types->elf;
        request.elf_size = answer->types->elf_size;
    }
    r = find_schema(&request, &error, NULL, &schema);
    if (r < 0)
        return refuse(question, r == -ENOENT ? EXIT_CODE_CONFIG : EXIT_CODE_ENVIRONMENT, &error);
    return print_type(question, schema);
}

static enum exit_code run(const struct schema_options *question)
{
    _cleanup_(answer_deinit) struct answer answer = {0};
    struct error error;
    int r = open_place(question, &error, &answer);

    if (r < 0) {
        log_error("%s", error_join(&error));
        return EXIT_CODE_ENVIRONMENT;
    }
    if (question->type)
        return show_type(question, &answer);
    return is_object(&answer) && !question->types ? show_object(question, &answer)
                                                  : list_types(question, &answer);
}

/* A file of that name has precedence. */
static void take_builtin(struct schema_options *question)
{
    if (access(question->place, F_OK) < 0)
        question->builtin = builtin_find(question->place);
    if (question->builtin && !question->type && !question->types)
        question->type = question->builtin->type_name;
}

enum exit_code command_schema(int argc, char **argv)
{
    struct schema_options question = {0};
    enum exit_code code = parse(argc, argv, &question);

    if (code == EXIT_CODE_OK) {
        take_builtin(&question);
        code = run(&question);
    }
    if (fflush(stdout) != 0) {
        log_error("cannot write to standard output: %s", strerror(errno));
        return EXIT_CODE_ENVIRONMENT;
    }
    return code;
}
