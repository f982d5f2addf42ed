// SPDX-License-Identifier: Apache-2.0

/* Small programs, compiled while the test runs: the files to be read are what compilers write. */

#include "schema/dwarf.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "schema/choice.h"
#include "unit/schema/member.h"

static const char source[] =
    "typedef unsigned int __u32; typedef __u32 address_t; typedef address_t host_t;\n"
    "typedef unsigned char u8; typedef signed char s8;\n"
    "enum state { IDLE, BUSY = 5 }; enum far { FAR = 0x100000000 }; enum low { LOW = -1, HIGH };\n"
    "struct ringmill_text { unsigned short offset, length; };\n"
    "struct key { host_t hosts[2]; short port; } __attribute__((packed));\n"
    "union value { unsigned long number; float ratio; };\n"
    "typedef struct { int x; } plain_t; typedef struct key key_t;\n"
    "struct hidden; struct later { struct hidden *pointer; };\n"
    "struct event {\n"
    "  unsigned long time; _Bool ok; char letter; s8 tiny[2]; double d; float f;\n"
    "  enum state state; enum far far; enum low low;\n"
    "  unsigned a : 3; int b : 7; unsigned long c : 60; _Bool flag : 1; enum state s : 4;\n"
    "  struct key keys[3]; union value value; char name[16]; u8 raw[2][3];\n"
    "  struct { int inner; union { short left; char right[4]; }; };\n"
    "  const char *const *texts; struct event *next; void (*call)(int); volatile plain_t plain;\n"
    "  __int128 wide; unsigned empty[0]; struct { } nothing;\n"
    "  struct key tail[];\n"
    "};\n"
    "struct event *event; union value *value; plain_t *plain; key_t *key; struct later *later;\n"
    "long use(int n) {\n"
    "  struct local { int l; } volatile local = {n};\n"
    "  { struct deep { long d; } volatile deep = {n}; n += deep.d; }\n"
    "  return local.l + n;\n"
    "}\n";

static const char *const commands[] = {
    "clang -target bpf -O2 -gdwarf-4 -c",
    "clang -target bpf -O2 -gdwarf-5 -c",
    "clang -target bpf -O2 -gdwarf-3 -gstrict-dwarf -c",
    "clang -g -c",
    "gcc -gdwarf-2 -gstrict-dwarf -c",
    "gcc -gdwarf-3 -gstrict-dwarf -c",
    "gcc -gdwarf-4 -c",
    "gcc -gdwarf-5 -c",
    "gcc -g -gz -c",
    "gcc -g -gz -shared -nostdlib",
    "gcc -g -fdebug-types-section -shared -nostdlib",
};

struct file {
    void *bytes;
    size_t size;
};

static void file_deinit(struct file *file)
{
    free(file->bytes);
}

static struct file read_file(const char *path)
{
    _cleanup_(cleanup_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct file file = {0};
    struct stat status;

    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &status), 0);
    file.size = (size_t)status.st_size;
    file.bytes = malloc(file.size);
    assert_non_null(file.bytes);
    assert_int_equal(read(fd, file.bytes, file.size), status.st_size);
    return file;
}

static struct file compile(const char *command, const char *text)
{
    char folder[] = "/tmp/ringmill-dwarf-XXXXXX", line[512], path[64];
    struct file file;
    FILE *pipe;

    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/out", folder);
    snprintf(line, sizeof(line), "%s -w -x %s -o %s -", command,
             strncmp(command, "g++", 3) == 0 ? "c++" : "c", path);
    pipe = popen(line, "w");
    assert_non_null(pipe);
    assert_int_equal(fwrite(text, 1, strlen(text), pipe), strlen(text));
    assert_int_equal(pclose(pipe), 0);
    file = read_file(path);
    unlink(path);
    rmdir(folder);
    return file;
}

static struct schema *read_type(const struct file *file, const char *name)
{
    struct schema *schema = NULL;
    struct error error = {0};

    if (schema_from_dwarf(file->bytes, file->size, name, &error, &schema) < 0)
        fail_msg("%s", error.text);
    return schema;
}

static void assert_refused(const struct file *file, const char *name, int code,
                           const char *sentence)
{
    struct schema *schema = (void *)file;
    struct error error = {0};

    assert_int_equal(schema_from_dwarf(file->bytes, file->size, name, &error, &schema), code);
    assert_string_equal(error_join(&error), sentence);
    assert_ptr_equal(schema, file);
}

static const struct field *assert_field(const struct schema *schema, const char *name,
                                        enum field_kind kind, uint32_t offset, uint32_t size,
                                        const char *type_name)
{
    const struct field *field = schema_find(schema, name);

    if (!field)
        fail_msg("there is no field %s", name);
    if (field->kind != kind || field->offset != offset || field->size != size ||
        strcmp(field->type_name, type_name) != 0)
        fail_msg("%s: kind %d, offset %u, size %u, %s", name, (int)field->kind, field->offset,
                 field->size, field->type_name);
    assert_int_equal(field->meaning, MEANING_NONE);
    return field;
}

static void assert_bits(const struct schema *schema, const char *name, uint32_t first,
                        uint32_t bits, bool is_signed)
{
    const struct field *field = schema_find(schema, name);

    assert_non_null(field);
    assert_int_equal(8 * field->offset + field->shift, first);
    assert_int_equal(field->bits, bits);
    assert_int_equal(field->size, (field->shift + bits + 7) / 8);
    assert_int_equal(field->is_signed, is_signed);
}

static void assert_event(const struct schema *schema)
{
    const struct field *field;

    assert_string_equal(schema->type_name, "struct event");
    assert_field(schema, "time", FIELD_UINT, 0, 8, "unsigned long");
    assert_field(schema, "ok", FIELD_BOOL, 8, 1, "_Bool");
    assert_field(schema, "letter", FIELD_INT, 9, 1, "char");
    assert_field(schema, "tiny", FIELD_ARRAY, 10, 2, "s8[2]");
    assert_field(schema, "d", FIELD_FLOAT, 16, 8, "double");
    assert_field(schema, "f", FIELD_FLOAT, 24, 4, "float");
    field = assert_field(schema, "state", FIELD_ENUM, 28, 4, "enum state");
    assert_int_equal(field->n_names, 2);
    assert_string_equal(field->names[1].name, "BUSY");
    assert_int_equal(field->names[1].value, 5);
    assert_false(field->is_signed);
    field = assert_field(schema, "far", FIELD_ENUM, 32, 8, "enum far");
    assert_int_equal(field->names[0].value, 0x100000000);
    field = assert_field(schema, "low", FIELD_ENUM, 40, 4, "enum low");
    assert_true(field->is_signed);
    assert_int_equal(field->names[0].value, -1);
    assert_bits(schema, "a", 352, 3, false);
    assert_bits(schema, "b", 355, 7, true);
    assert_bits(schema, "c", 384, 60, false);
    assert_bits(schema, "flag", 444, 1, false);
    assert_int_equal(schema_find(schema, "flag")->kind, FIELD_BOOL);
    assert_bits(schema, "s", 448, 4, false);
    assert_int_equal(schema_find(schema, "s")->kind, FIELD_ENUM);
    field = assert_field(schema, "keys", FIELD_ARRAY, 57, 30, "struct key[3]");
    assert_int_equal(field->count, 3);
    assert_int_equal(field->stride, 10);
    assert_int_equal(member_find(field->members, "port")->offset, 65);
    assert_string_equal(member_find(field->members, "hosts")->members->type_name, "host_t");
    field = assert_field(schema, "value", FIELD_UNION, 88, 8, "union value");
    assert_int_equal(member_find(field, "ratio")->kind, FIELD_FLOAT);
    assert_field(schema, "name", FIELD_CHARS, 96, 16, "char[16]");
    field = assert_field(schema, "raw", FIELD_ARRAY, 112, 6, "u8[2][3]");
    assert_int_equal(field->stride, 3);
    assert_int_equal(field->members->count, 3);
    assert_field(schema, "inner", FIELD_INT, 120, 4, "int");
    assert_field(schema, "left", FIELD_INT, 124, 2, "short");
    assert_field(schema, "right", FIELD_CHARS, 124, 4, "char[4]");
    assert_field(schema, "texts", FIELD_POINTER, 128, 8, "const char *const *");
    assert_field(schema, "next", FIELD_POINTER, 136, 8, "struct event *");
    assert_field(schema, "call", FIELD_POINTER, 144, 8, "void (*)()");
    assert_field(schema, "plain", FIELD_STRUCT, 152, 4, "plain_t");
    assert_field(schema, "wide", FIELD_BYTES, 160, 16, "__int128");
    assert_null(schema_find(schema, "empty"));
    assert_null(schema_find(schema, "nothing"));
    field = assert_field(schema, "tail", FIELD_ARRAY, 176, 0, "struct key[]");
    assert_int_equal(field->count, 0);
    assert_int_equal(member_find(field->members, "port")->offset, 184);
    assert_int_equal(schema->size, 176);
}

static void all_compilers_are_understood(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
        _cleanup_(file_deinit) struct file file = compile(commands[i], source);
        _cleanup_(cleanup_schema_free) struct schema *schema = read_type(&file, "event");

        print_message("%s\n", commands[i]);
        assert_event(schema);
    }
}

static void types_are_found_by_name(void **state)
{
    _cleanup_(file_deinit) struct file file = compile(commands[1], source);
    static const char *const names[][2] = {
        {"struct event", "struct event"}, {"value", "union value"},
        {"union value", "union value"},   {"plain_t", "plain_t"},
        {"key_t", "struct key"},          {"key", "struct key"},
        {"local", "struct local"},        {"struct deep", "struct deep"},
        {"later", "struct later"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        _cleanup_(cleanup_schema_free) struct schema *schema = read_type(&file, names[i][0]);

        assert_string_equal(schema->type_name, names[i][1]);
    }
}

static void a_name_that_is_not_there_is_refused(void **state)
{
    _cleanup_(file_deinit) struct file file =
        compile("gcc -g -c", "struct event { int x; } *a; union value { int y; } *b; struct none; "
                             "typedef struct { int z; } plain_t; plain_t *c; struct none *d;");
    _cleanup_(file_deinit) struct file empty = compile("gcc -g -c", "int x;");
    (void)state;

    assert_refused(
        &file, NULL, CHOICE_OPEN,
        "which type do the records have? found in DWARF: event, value, plain_t; for example, set "
        "type: event");
    assert_refused(&file, "evnt", -ENOENT,
                   "no type \"evnt\" in the DWARF; there are: event, value, "
                   "plain_t; did you mean \"event\"?");
    assert_refused(&file, "struct value", -ENOENT,
                   "no type \"struct value\" in the DWARF; there are: event, value, plain_t");
    assert_refused(&file, "none", -ENOENT,
                   "no type \"none\" in the DWARF; there are: event, value, plain_t");
    assert_refused(&empty, "event", -ENOENT, "the DWARF has no struct");
}

static int count_candidate(void *context, const struct dwarf_candidate *candidate)
{
    uint32_t *sum = context;

    *sum += candidate->size;
    if (strcmp(candidate->name, "value") == 0)
        assert_true(candidate->is_union);
    if (strcmp(candidate->name, "plain_t") == 0)
        assert_true(candidate->is_typedef);
    return strcmp(candidate->name, "deep") == 0 ? 5 : 0;
}

static void candidates_are_listed_once(void **state)
{
    _cleanup_(file_deinit) struct file file = compile(
        "gcc -g -c", "struct event { int x; } *a; union value { long y; } *b; struct none *d;"
                     "typedef struct { short z; } plain_t; plain_t *c; struct empty { } *e;"
                     "void f(void) { struct event { char x; } l; } ");
    _cleanup_(file_deinit) struct file other = compile(commands[0], source);
    uint32_t sum = 0;
    (void)state;

    assert_int_equal(schema_list_dwarf(file.bytes, file.size, NULL, count_candidate, &sum), 0);
    assert_int_equal(sum, 4 + 8 + 2);
    assert_int_equal(schema_list_dwarf(other.bytes, other.size, NULL, count_candidate, &sum), 5);
}

/* A unit that only declares what another one defines. */
static void a_definition_wins_over_a_declaration(void **state)
{
    static const char text[] = "struct key; typedef struct key key_t; key_t *first;\n"
                               "void f(void) { struct key *inside; }\n"
                               "struct key { int x; long y; };\n"
                               "struct event { key_t key; } *event;\n";
    _cleanup_(file_deinit) struct file file = compile("gcc -g -c", text);
    _cleanup_(cleanup_schema_free) struct schema *schema = read_type(&file, "event");
    _cleanup_(cleanup_schema_free) struct schema *key = read_type(&file, "key_t");
    (void)state;

    assert_int_equal(schema->fields[0].n_members, 2);
    assert_string_equal(key->type_name, "struct key");
}

/* C++ declares a class where it is not whole, and nests types in classes and namespaces. */
static void other_languages_are_read_as_far_as_they_are_like_c(void **state)
{
    static const char text[] =
        "namespace n { struct base { int b; static int s; };\n"
        "struct event : base { struct key { short k; } key; int *&reference; bool ok; }; }\n"
        "n::event *event;\n";
    _cleanup_(file_deinit) struct file file = compile("g++ -g -c", text);
    _cleanup_(cleanup_schema_free) struct schema *schema = read_type(&file, "event");
    (void)state;

    assert_field(schema, "b", FIELD_INT, 0, 4, "int");
    assert_field(schema, "key", FIELD_STRUCT, 4, 2, "struct key");
    assert_int_equal(schema_find(schema, "reference")->kind, FIELD_POINTER);
    assert_field(schema, "ok", FIELD_BOOL, 16, 1, "bool");
    assert_null(schema_find(schema, "s"));
}

static void texts_are_known_by_their_type(void **state)
{
    _cleanup_(file_deinit) struct file file =
        compile(commands[0], "struct ringmill_text { unsigned short offset, length; };\n"
                             "struct event { struct ringmill_text path; char data[]; } *event;");
    _cleanup_(cleanup_schema_free) struct schema *schema = read_type(&file, "event");
    (void)state;

    assert_int_equal(schema->n_fields, 1);
    assert_field(schema, "path", FIELD_TEXT, 0, 4, "struct ringmill_text");
}

/* ---- files that are none ---- */

static void other_files_are_refused(void **state)
{
    struct file text = {.bytes = "struct event { int x; };", .size = 24};
    _cleanup_(file_deinit) struct file bare = compile("gcc -c", "int x;");
    _cleanup_(file_deinit) struct file file = compile("gcc -g -c", "struct event { int x; } *e;");
    _cleanup_(file_deinit) struct file old =
        compile("gcc -g -gz=zlib-gnu -c", "struct event { int x; } *e;");
    Elf64_Ehdr *header = file.bytes;
    (void)state;

    assert_refused(&text, "event", -EINVAL, "not an ELF file");
    assert_refused(&(struct file){.bytes = "", .size = 0}, "event", -EINVAL, "not an ELF file");
    assert_refused(&bare, "event", -ENOENT, "the ELF file has no DWARF: no DWARF information");
    assert_refused(&old, "event", -ENOTSUP,
                   "the object's DWARF is compressed in the obsolete GNU format (.zdebug_*); "
                   "compress it with zlib or zstd");
    header->e_machine = EM_S390;
    assert_refused(&file, "event", -ENOTSUP,
                   "a relocatable object for machine 22; supported are BPF, x86-64 and arm64");
    header->e_machine = EM_X86_64;
    header->e_ident[EI_DATA] = ELFDATA2MSB;
    assert_refused(&file, "event", -ENOTSUP, "the ELF file has the byte order of another machine");
}

/* Of damaged files nothing is known but that each has a name. */
static int accept_candidate(void *context, const struct dwarf_candidate *candidate)
{
    (void)context;
    assert_non_null(candidate->name);
    return 0;
}

/* Whatever comes of it, it comes to an end. */
static void read_damaged(const struct file *file)
{
    struct schema *schema = NULL;
    struct error error = {0};

    if (schema_from_dwarf(file->bytes, file->size, "event", &error, &schema) < 0)
        assert_true(error.text[0] != '\0');
    schema_free(schema);
    schema_list_dwarf(file->bytes, file->size, NULL, accept_candidate, NULL);
}

static void cut_files_do_no_harm(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        _cleanup_(file_deinit) struct file file = compile(commands[i ? 7 : 1], source);

        for (size_t size = 0; size < file.size; size += 37) {
            struct file cut = {.bytes = malloc(size + !size), .size = size};

            memcpy(cut.bytes, file.bytes, size);
            read_damaged(&cut);
            free(cut.bytes);
        }
    }
}

static void changed_files_do_no_harm(void **state)
{
    unsigned seed = (unsigned)time(NULL);
    _cleanup_(file_deinit) struct file file = compile(commands[1], source);
    unsigned char *bytes = file.bytes;
    (void)state;

    print_message("seed %u\n", seed);
    srand(seed);
    for (int i = 0; i < 1000; i++) {
        size_t at = (size_t)rand() % file.size;
        unsigned char before = bytes[at];

        bytes[at] = (unsigned char)rand();
        read_damaged(&file);
        bytes[at] = before;
    }
}

/* Each struct of two of the one before. */
static void breadth_and_depth_are_bounded(void **state)
{
    char text[8192], *end = text + sprintf(text, "struct s0 { char x; };\n");
    _cleanup_(cleanup_schema_free) struct schema *deep = NULL;
    (void)state;

    for (int i = 1; i < 25; i++)
        end += sprintf(end, "struct s%d { struct s%d a, b; };\n", i, i - 1);
    end += sprintf(end, "struct s24 *wide; struct d0 { char x; };\n");
    for (int i = 1; i < 60; i++)
        end += sprintf(end, "struct d%d { struct d%d a; };\n", i, i - 1);
    sprintf(end, "struct d59 *deep;\n");
    {
        _cleanup_(file_deinit) struct file file = compile("gcc -g -c", text);

        assert_refused(&file, "s24", -E2BIG,
                       "struct s24 has more than 65536 members, the most allowed");
        deep = read_type(&file, "d59");
        assert_int_equal(deep->size, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_compilers_are_understood),
        cmocka_unit_test(types_are_found_by_name),
        cmocka_unit_test(a_name_that_is_not_there_is_refused),
        cmocka_unit_test(candidates_are_listed_once),
        cmocka_unit_test(a_definition_wins_over_a_declaration),
        cmocka_unit_test(other_languages_are_read_as_far_as_they_are_like_c),
        cmocka_unit_test(texts_are_known_by_their_type),
        cmocka_unit_test(other_files_are_refused),
        cmocka_unit_test(cut_files_do_no_harm),
        cmocka_unit_test(changed_files_do_no_harm),
        cmocka_unit_test(breadth_and_depth_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
