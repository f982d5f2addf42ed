// SPDX-License-Identifier: Apache-2.0

/* Nothing is allocated on a record's way: whole pipelines, from the ring to the sinks' chunks, with
 * every operator and handler, from the first record on. */

#include <stdatomic.h>
#include <sys/stat.h>

#include "expr/pattern.h"
#include "unit/expr/sample.h"
#include "unit/pipeline/made.h"

/* ---- what counts ----------------------------------------------------------------------------- */

static atomic_bool counting;
static atomic_uint calls;

static void count(void)
{
    if (atomic_load_explicit(&counting, memory_order_relaxed))
        atomic_fetch_add(&calls, 1);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)

int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void *, size_t),
                                              void (*on_free)(const volatile void *));

static void on_malloc(const volatile void *block, size_t size)
{
    (void)block;
    (void)size;
    count();
}

static void on_free(const volatile void *block)
{
    if (block)
        count();
}

static void watch_allocations(void)
{
    assert_true(__sanitizer_install_malloc_and_free_hooks(on_malloc, on_free) > 0);
}

#else

/* Those of the C library under its other names; also all libraries call ours. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *block);

#define EXPORTED __attribute__((visibility("default")))

EXPORTED void *malloc(size_t size)
{
    count();
    return __libc_malloc(size);
}

EXPORTED void *calloc(size_t n, size_t size)
{
    count();
    return __libc_calloc(n, size);
}

EXPORTED void *realloc(void *block, size_t size)
{
    count();
    return __libc_realloc(block, size);
}

EXPORTED void *aligned_alloc(size_t alignment, size_t size)
{
    count();
    return __libc_memalign(alignment, size);
}

EXPORTED int posix_memalign(void **ret, size_t alignment, size_t size)
{
    count();
    *ret = __libc_memalign(alignment, size);
    return *ret ? 0 : ENOMEM;
}

EXPORTED void free(void *block)
{
    if (block)
        count();
    __libc_free(block);
}

static void watch_allocations(void)
{
}

#endif

/* The C library's own, too. */
static void they_are_counted(void **state)
{
    char *text;

    (void)state;
    calls = 0;
    atomic_store(&counting, true);
    text = strdup("ten bytes");
    free(text);
    atomic_store(&counting, false);
    assert_int_equal(calls, 2);
}

/* ---- records --------------------------------------------------------------------------------- */

enum { TURNS = 40, RECORDS = 100, COMPUTED = 7 };

static struct field own_fields[sizeof(sample_fields) / sizeof(*sample_fields) - COMPUTED];
static const struct schema own_schema = {.size = offsetof(struct sample, tail),
                                         .n_fields = sizeof(own_fields) / sizeof(*own_fields),
                                         .fields = own_fields};

/* key: for redact; table: for enrich. */
static char folder[] = "/tmp/ringmill-allocations.XXXXXX";

static void write_file(const char *name, const char *text)
{
    char path[sizeof(folder) + 20];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fchmod(fileno(file), 0400), 0);
    fclose(file);
}

static int set_up(void **state)
{
    (void)state;
    memcpy(own_fields, sample_fields, sizeof(own_fields));
    for (size_t i = 0; i < own_schema.n_fields; i++)
        if (strcmp(own_fields[i].name, "u32") == 0)
            own_fields[i].meaning = MEANING_UID;
    watch_allocations();
    if (!mkdtemp(folder))
        return -1;
    write_file("key", "000102030405060708090a0b0c0d0e0f\n");
    write_file("table.csv", "name,team\ncron,Ann\nabc,Bob\n");
    write_file("numbers.json", "[{\"n\": 5, \"share\": 0.5}, {\"n\": 255, \"share\": 1}]\n");
    return 0;
}

static int tear_down(void **state)
{
    char command[sizeof(folder) + 20];

    (void)state;
    snprintf(command, sizeof(command), "rm -r %s", folder);
    return system(command);
}

static void write_records(struct made *made, uint32_t turn)
{
    struct sample samples[] = {sample_typical(), sample_highest(), sample_lowest()};

    for (uint32_t i = 0; i < RECORDS; i++) {
        struct sample *sample = &samples[i % 3];

        sample->u32 = i * 7919 + turn * RECORDS;
        memset(sample->comm, (int)('a' + i % 26), 1 + i % 16);
        assert_int_equal(
            fake_write(made->fakes[0][0], sample, i % 9 ? SAMPLE_LENGTH : SAMPLE_SHORT, 0), 0);
    }
}

static const char sinks[] =
    "out: {type: stdout, format: json, id: true}, flat: {type: \"null\", format: json-flat}, "
    "logfmt: {type: \"null\", format: logfmt}, csv: {type: \"null\", format: csv}, "
    "text: {type: \"null\", format: text, template: \"{time} {source}\"}, "
    "raw: {type: \"null\", format: raw}, journal: {type: journal}";

static void run(const char *handlers)
{
    static struct made made;

    made = (struct made){.streams = {{.n_types = 1, .n_rings = 1}},
                         .handlers = handlers,
                         .sinks = sinks,
                         .schema = &own_schema};
    made_init(&made);
    calls = 0;
    for (uint32_t turn = 0; turn < TURNS; turn++) {
        write_records(&made, turn);
        atomic_store(&counting, true);
        made_turn(&made);
        atomic_store(&counting, false);
    }
    if (calls > 0)
        fail_msg("%u calls of malloc() or free() in: %s", calls, handlers);
    assert_int_equal(made_book(&made, BOOK_SEEN), TURNS * RECORDS);
    made_deinit(&made);
}

/* ---- expressions ----------------------------------------------------------------------------- */

static const char *const expressions[] = {
    "u8 == 5 && s16 < 0 || u64 >= 5ms && !flag",
    "u8 + u16 * 2 - s32 / 3 % 7 > (u32 << 2 >> 1) || (u8 & 3 | u16 ^ 7) == ~u32",
    "u8 / (u8 - 5) == 1 || -s64 > 0",
    "f64 * 2.0 + f32 > u8 || f64 / 0 < 1",
    "net.state == TCP_CLOSE && flags & O_CREAT || mood in [GLOOMY, CALM]",
    "b3 == 5 || s5 == -3 || lit || wide in 1..257",
    "hosts[1].ports[0] == 81 && either.half[1] == 2 && numbers[1] == 7",
    "u16 in [1, 2, 3, 500, 7, 9, 11, 13, 15, 17, 19, 21..30] || u32 in [5, 1000000, 70000000, "
    "9, 88, 1 << 40, 77, 66, 55, 44, 33]",
    "u64 in u32..u32 + 5000000",
    "comm in [\"cron\", \"b\", \"cc\", \"ddd\", \"e\", \"ff\", \"g\", \"h\", \"i\", \"jjj\"]",
    "v4 in 192.168.0.0/16 || v4b in [10.0.0.0/8, 172.16.0.0/12, 127.0.0.0/8]",
    "v6 in [fe80::/10, 2001:db8::/32] || v6 == fe80::1",
    "hw == 52:54:00:12:34:56 || ip(raw4) in 10.1.0.0/16 || mac(hw) == 52:54:00:12:34:56",
    "net(v4, 16) == 192.168.0.0 || net(v6, 8) == fe00::",
    "comm == \"cron\" || path != other || id == \"ab\\0cd\"",
    "startswith(path, \"/etc\") && endswith(path, comm) || contains(args[0], \"l\")",
    "lower(comm) == upper(tag) || basename(path) == \"passwd\" && dirname(path) == \"/etc\"",
    "len(path) + len(args) + len(hosts) + len(numbers) > 3 && has(tail) || has(args[1])",
    "hash(comm, u32, f64, v6, args[1]) % 2 == 0",
    "bucket(u32, 1000) == bucket(u64, log2) || bucket(s32, 10) < 0",
    "now() - when > 1s || now() > 0",
    "path =~ \"^/etc/\" || comm =~ \"(?i)^c[a-z]+n$\" || path !~ \"passwd$\"",
    "path =~ \"(([a-z/])+.)+[A-Z]([a-z])+$\"",
    "path =~ \"^((.)(?=(.*)))+\\\\2x\" || comm =~ \"(a+)+b\"",
};

static void expressions_do_not_allocate(void **state)
{
    char handlers[2048];

    pattern_forbid_jit(*state != NULL);
    for (size_t i = 0; i < sizeof(expressions) / sizeof(*expressions); i++) {
        snprintf(handlers, sizeof(handlers), "{filter: '%s'}, {forward: out}", expressions[i]);
        run(handlers);
        snprintf(handlers, sizeof(handlers), "{select: {compute: {x: '%s'}}}, {forward: out}",
                 expressions[i]);
        run(handlers);
    }
    pattern_forbid_jit(false);
}

/* ---- handlers -------------------------------------------------------------------------------- */

/* DIR is the folder. */
static const char *const pipelines[] = {
    "{forward: [out, flat, logfmt, csv, text, raw, journal]}",
    "{limit: {rate: 5/s, by: [comm, u32, v6], keys: 16}}, {forward: out}",
    "{limit: {count: 1000}}, {limit: {rate: 1000/min, burst: 10}}, {forward: out}",
    "{sample: {rate: 3, by: [u32, path]}}, {sample: {rate: 2}}, {forward: out}",
    "{dedup: {by: [comm, u32 % 50], window: 1ms, keys: 16}}, {forward: out}",
    "{select: {keep: [u32, path, args, net.state], rename: {path: file}, compute: {base: "
    "basename(path), low: lower(comm), sum: u32 + u16, address: \"net(v4, 8)\", half: f64 / 2}}}, "
    "{filter: 'low != \"b\"'}, {forward: [out, logfmt]}",
    "{redact: {fields: {path: hash, tail: drop, numbers: drop, other: drop, args: drop, comm: "
    "mask, u8: hash, s64: hash, v6: hash, home: hash, tag: drop, calm_tag: drop}, "
    "key_file: DIR/key}}, {forward: [out, journal]}",
    "{enrich: {labels: {site: berlin}, host: true, table: {file: DIR/table.csv, key: comm, by: "
    "name, add: team}}}, {enrich: {table: {file: DIR/numbers.json, key: u8, by: n, add: share}}}, "
    "{filter: 'share > 0.1 || team == \"Ann\"'}, {forward: out}",
    "{tee: {handlers: [{filter: u8 == 5}, {select: {compute: {y: upper(comm)}}}, {forward: "
    "flat}]}}, {route: [{when: s16 < 0, handlers: [{sample: {rate: 2}}, {forward: [out, flat]}]}, "
    "{when: 'comm =~ \"^[b-d]\"', handlers: [{limit: {rate: 3/h, by: comm}}, {forward: csv}]}, "
    "{handlers: [{forward: raw}]}]}",
    "{aggregate: {window: 1s, by: [comm, u8], groups: 8, values: {n: count(), most: max(u32), "
    "users: distinct(u32), p: \"quantile(u64, 0.9)\", often: \"top(comm, 3)\"}}}, {forward: out}",
};

static void with_folder(const char *text, char *out)
{
    for (const char *at = text; *at;) {
        if (strncmp(at, "DIR", 3) == 0) {
            out = stpcpy(out, folder);
            at += 3;
        } else {
            *out++ = *at++;
        }
    }
    *out = '\0';
}

static void handlers_do_not_allocate(void **state)
{
    char handlers[2048];

    (void)state;
    for (size_t i = 0; i < sizeof(pipelines) / sizeof(*pipelines); i++) {
        with_folder(pipelines[i], handlers);
        run(handlers);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_are_counted),
        cmocka_unit_test(expressions_do_not_allocate),
        cmocka_unit_test_prestate(expressions_do_not_allocate, "without the JIT"),
        cmocka_unit_test(handlers_do_not_allocate),
    };

    return cmocka_run_group_tests_name("pipeline/allocations", tests, set_up, tear_down);
}
