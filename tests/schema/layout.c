// SPDX-License-Identifier: Apache-2.0

/* Prints how the readers see types, for layout.py to compare:
 *
 *     layout-reader btf|dwarf FILE TYPE...     of an object or executable
 *     layout-reader ctext FILE...              of a text's last struct each
 *
 * Output: a line "T name size" for each type, then a line for each field, below it those that it
 * consists of: "F path kind offset size bits shift signed count stride type names...". */

#include <bpf/btf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "schema/btf.h"
#include "schema/ctext.h"
#include "schema/dwarf.h"

struct bytes {
    char *data; /* NUL-ended */
    size_t size;
};

static struct bytes read_file(const char *path)
{
    struct bytes bytes = {0};
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &status) < 0) {
        perror(path);
        exit(1);
    }
    bytes.size = (size_t)status.st_size;
    bytes.data = calloc(1, bytes.size + 1);
    if (!bytes.data || read(fd, bytes.data, bytes.size) != (ssize_t)bytes.size) {
        perror(path);
        exit(1);
    }
    close(fd);
    return bytes;
}

static void print_fields(const struct field *fields, uint32_t count, const char *above);

static void print_field(const struct field *field, const char *path)
{
    uint32_t n_parts = field->kind == FIELD_ARRAY ? 1 : field->n_members;

    printf("F\t%s\t%d\t%u\t%u\t%u\t%u\t%d\t%u\t%u\t%s\t", path, (int)field->kind, field->offset,
           field->size, field->bits, field->shift, field->is_signed, field->count, field->stride,
           field->type_name);
    for (uint32_t i = 0; i < field->n_names; i++)
        printf(" %s=%lld", field->names[i].name, (long long)field->names[i].value);
    printf("\n");
    print_fields(field->members, n_parts, path);
}

static void print_fields(const struct field *fields, uint32_t count, const char *above)
{
    char path[4096];

    for (uint32_t i = 0; i < count; i++) {
        const char *name = fields[i].name;

        snprintf(path, sizeof(path), "%s%s%s", above,
                 *above && *name ? "."
                 : *name         ? ""
                                 : "[]",
                 name);
        print_field(&fields[i], path);
    }
}

static void print_schema(int r, const struct error *error, struct schema *schema, const char *what)
{
    if (r < 0) {
        fprintf(stderr, "%s: %s\n", what, error->text);
        exit(1);
    }
    printf("T\t%s\t%u\n", schema->type_name, schema->size);
    print_fields(schema->fields, schema->n_fields, "");
    schema_free(schema);
}

static void print_btf(const char *path, const char *type)
{
    static struct btf *btf;
    struct schema *schema = NULL;
    struct error error = {0};
    int r;

    if (!btf)
        btf = btf__parse(path, NULL);
    if (!btf) {
        perror(path);
        exit(1);
    }
    r = schema_from_btf(btf, type, &error, &schema);
    print_schema(r, &error, schema, type);
}

static void print_dwarf(struct bytes bytes, const char *type)
{
    struct schema *schema = NULL;
    struct error error = {0};
    int r = schema_from_dwarf(bytes.data, bytes.size, type, &error, &schema);

    print_schema(r, &error, schema, type);
}

static void print_ctext(const char *path)
{
    struct bytes bytes = read_file(path);
    struct schema *schema = NULL;
    struct error error = {0};
    uint32_t line = 0, column = 0;
    char what[4096];
    int r = schema_from_ctext(bytes.data, NULL, &error, &line, &column, &schema);

    snprintf(what, sizeof(what), "%s:%u:%u", path, line, column);
    print_schema(r, &error, schema, what);
    free(bytes.data);
}

int main(int argc, char **argv)
{
    struct bytes bytes = {0};

    if (argc > 2 && strcmp(argv[1], "dwarf") == 0)
        bytes = read_file(argv[2]);
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[1], "ctext") == 0)
            print_ctext(argv[i]);
        else if (i > 2 && strcmp(argv[1], "dwarf") == 0)
            print_dwarf(bytes, argv[i]);
        else if (i > 2)
            print_btf(argv[2], argv[i]);
    }
    free(bytes.data);
    return 0;
}
