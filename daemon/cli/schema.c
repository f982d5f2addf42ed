// SPDX-License-Identifier: Apache-2.0

/* The same search and the same conventions as for a source, so that what is shown here is what a
 * pipeline will see. */

#include "cli/schema.h"

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
#include "cli/schema_json.h"
#include "schema/find.h"
#include "schema/kernel.h"
#include "schema/lookup.h"
#include "schema/meaning.h"
#include "schema/table.h"
#include "schema/types.h"
#include "source/pinned.h"

struct question {
    const char *place; /* a file or a map */
    const char *type;  /* NULL: which are there? */
    bool json;
};

/* Where the types come from; what belongs to whom is sorted out in one place. */
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

static void print_usage(FILE *file)
{
    fputs("usage: ringmill schema [--json] FILE|MAP [TYPE]\n"
          "  FILE    a BPF object, or any file with BTF or DWARF, such as /sys/kernel/btf/vmlinux\n"
          "  MAP     a ring in the kernel: its pin in /sys/fs/bpf, id:N, or its name\n"
          "  TYPE    a struct's name; without it, all that there are\n"
          "  --json  the same as JSON\n",
          file);
}

static enum exit_code parse(int argc, char **argv, struct question *question)
{
    enum { JSON = 1, HELP };
    static const struct option options[] = {
        {"json", no_argument, NULL, JSON},
        {"help", no_argument, NULL, HELP},
        {0},
    };

    for (;;) {
        switch (getopt_long(argc, argv, "", options, NULL)) {
        case -1:
            if (argc - optind == 1 || argc - optind == 2) {
                question->place = argv[optind];
                question->type = argv[optind + 1];
                return EXIT_CODE_OK;
            }
            log_error(optind == argc ? "of which file or map?" : "one type at a time");
            print_usage(stderr);
            return EXIT_CODE_ENVIRONMENT;
        case JSON:
            question->json = true;
            break;
        case HELP:
            print_usage(stdout);
            exit(EXIT_CODE_OK);
        default:
            print_usage(stderr);
            return EXIT_CODE_ENVIRONMENT;
        }
    }
}

/* A pin looks like a file; a name that is no file is a map's. */
static bool is_map(const char *place)
{
    struct statfs system;

    if (statfs(place, &system) == 0)
        return system.f_type == BPF_FS_MAGIC;
    return !strchr(place, '/');
}

static int open_map(const struct question *question, struct error *error, struct answer *ret)
{
    _cleanup_(cleanup_close) int fd = -1;
    int r = pinned_open(question->place, true, error, &fd);

    if (r == 0)
        r = kernel_map_btf(fd, question->type, error, &ret->btf);
    return r;
}

static int open_place(const struct question *question, struct error *error, struct answer *ret)
{
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

static void print_candidate(const struct candidate *candidate)
{
    printf("%8u  %s %s", candidate->type->size, btf_is_union(candidate->type) ? "union" : "struct",
           candidate->name);
    if (candidate->map_length > 0)
        printf("  (of the map %.*s)", candidate->map_length, candidate->map);
    else if (candidate->kept)
        printf("  (kept by a variable)");
    putchar('\n');
}

static enum exit_code list_types(const struct question *question, const struct btf *btf)
{
    _cleanup_(cleanup_free) struct candidate *list = NULL;
    uint32_t count;

    if (lookup_candidates(btf, &list, &count) < 0) {
        log_error("out of memory");
        return EXIT_CODE_FAILED;
    }
    if (question->json)
        return print_json(schema_json_candidates(list, count));
    printf("%8s  type\n", "size");
    for (uint32_t i = 0; i < count; i++)
        print_candidate(&list[i]);
    return EXIT_CODE_OK;
}

static enum exit_code print_type(const struct question *question, struct schema *schema)
{
    struct error error;

    if (meaning_apply(schema, NULL, 0, &error, NULL) < 0) {
        log_error("%s", error.text);
        return EXIT_CODE_FAILED;
    }
    if (question->json)
        return print_json(schema_json_type(schema));
    printf("%s, %u bytes\n", schema->type_name, schema->size);
    table_print(schema, "", stdout);
    return EXIT_CODE_OK;
}

static enum exit_code refuse(const struct question *question, enum exit_code code,
                             const struct error *error)
{
    log_error("%s: %s", question->place, error->text);
    return code;
}

static enum exit_code show_type(const struct question *question, const struct answer *answer)
{
    _cleanup_(cleanup_schema_free) struct schema *schema = NULL;
    const struct btf *btf = btf_of(answer);
    bool dwarf = answer->types && answer->types->has_dwarf;
    struct find_request request = {.type_name = question->type, .btf = btf, .is_all = true};
    struct error error;
    int r;

    if (answer->types && answer->types->elf && !answer->types->is_bpf && !btf && !dwarf) {
        error_set(&error, -EINVAL, "it is no BPF object, and it has neither BTF nor DWARF");
        return refuse(question, EXIT_CODE_ENVIRONMENT, &error);
    }
    if (dwarf) {
        request.elf = answer->types->elf;
        request.elf_size = answer->types->elf_size;
    }
    r = find_schema(&request, &error, NULL, &schema);
    if (r < 0)
        return refuse(question,
                      r == -ENOENT && (btf || dwarf) ? EXIT_CODE_CONFIG : EXIT_CODE_ENVIRONMENT,
                      &error);
    return print_type(question, schema);
}

static enum exit_code run(const struct question *question)
{
    _cleanup_(answer_deinit) struct answer answer = {0};
    struct error error;
    int r = open_place(question, &error, &answer);

    if (r < 0) {
        log_error("%s", error.text);
        return EXIT_CODE_ENVIRONMENT;
    }
    if (!question->type && btf_of(&answer) && !lookup_is_empty(btf_of(&answer)))
        return list_types(question, btf_of(&answer));
    return show_type(question, &answer);
}

enum exit_code schema_command(int argc, char **argv)
{
    struct question question = {0};
    enum exit_code code = parse(argc, argv, &question);

    if (code == EXIT_CODE_OK)
        code = run(&question);
    if (fflush(stdout) != 0) {
        log_error("cannot write to standard output: %s", strerror(errno));
        return EXIT_CODE_ENVIRONMENT;
    }
    return code;
}
