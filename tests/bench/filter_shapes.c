// SPDX-License-Identifier: Apache-2.0
#define PCRE2_CODE_UNIT_WIDTH 8
#include "bench/filter_shapes.h"

#include <arpa/inet.h>
#include <err.h>
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LISTED = 1000, NETWORKS = 100 };
enum { INT_EQ, FIVE_TERMS, REGEX, LIST, CIDR };

#define INLINE static inline __attribute__((always_inline))

static struct field fields[] = {
    {.name = "number", .kind = FIELD_UINT, .offset = offsetof(struct event, number), .size = 8},
    {.name = "pid", .kind = FIELD_UINT, .offset = offsetof(struct event, pid), .size = 4},
    {.name = "uid", .kind = FIELD_UINT, .offset = offsetof(struct event, uid), .size = 4},
    {.name = "saddr",
     .kind = FIELD_UINT,
     .meaning = MEANING_IPV4,
     .offset = offsetof(struct event, saddr),
     .size = 4},
    {.name = "latency", .kind = FIELD_UINT, .offset = offsetof(struct event, latency), .size = 8},
    {.name = "comm", .kind = FIELD_CHARS, .offset = offsetof(struct event, comm), .size = 16},
    {.name = "path", .kind = FIELD_CHARS, .offset = offsetof(struct event, path)},
};
const struct schema filter_schema = {.type_name = "struct event",
                                     .size = EVENT_HEAD,
                                     .n_fields = sizeof(fields) / sizeof(*fields),
                                     .fields = fields};
enum { NUMBER, PID, UID, SADDR, LATENCY, COMM, PATH };

/* ---- the predicates, by hand ----------------------------------------------------------------- */

static int64_t listed[LISTED]; /* ascending */
static struct walker_network networks[NETWORKS];
static pcre2_code *code;
static pcre2_match_data *match_data;
#define PATTERN "^/var/(log|www)/.*\\.(html|log)$"

INLINE bool hand_int_eq(const struct event *event, size_t length)
{
    return length >= EVENT_HEAD && event->pid == 4242;
}

INLINE bool hand_five_terms(const struct event *event, size_t length)
{
    return length >= EVENT_HEAD && event->pid > 500 && event->uid != 33 &&
           event->latency >= 200000 && strncmp(event->comm, "nginx", sizeof(event->comm)) == 0 &&
           length >= EVENT_HEAD + 9 && strncmp(event->path, "/var/www/", 9) == 0;
}

INLINE bool hand_regex(const struct event *event, size_t length)
{
    return length >= EVENT_HEAD &&
           pcre2_match(code, (PCRE2_SPTR)event->path, strnlen(event->path, length - EVENT_HEAD), 0,
                       0, match_data, NULL) >= 0;
}

static int compare_integers(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

    return a < b ? -1 : a > b;
}

INLINE bool hand_list(const struct event *event, size_t length)
{
    int64_t pid = event->pid;

    return length >= EVENT_HEAD &&
           bsearch(&pid, listed, LISTED, sizeof(*listed), compare_integers) != NULL;
}

INLINE bool hand_networks(const struct event *event, size_t length)
{
    uint32_t address = ntohl(event->saddr);

    if (length < EVENT_HEAD)
        return false;
    for (int i = 0; i < NETWORKS; i++) {
        if ((address & networks[i].mask) == networks[i].address)
            return true;
    }
    return false;
}

/* Each predicate stands in the loop that needs it, as one writes it there: it is no call. */
#define LOOPS(predicate)                                                                         \
    static int on_##predicate(void *context, void *sample, size_t length)                        \
    {                                                                                            \
        struct filter_tally *tally = context;                                                    \
                                                                                                 \
        tally->records++;                                                                        \
        if (hand_##predicate(sample, length))                                                    \
            filter_keep(tally, sample);                                                          \
        return 0;                                                                                \
    }                                                                                            \
    static void batch_##predicate(struct filter_tally *tally, const struct ringmill_view *views, \
                                  uint32_t n)                                                    \
    {                                                                                            \
        tally->records += n;                                                                     \
        for (uint32_t i = 0; i < n; i++)                                                         \
            if (hand_##predicate(views[i].data, views[i].length))                                \
                filter_keep(tally, views[i].data);                                               \
    }
LOOPS(int_eq)
LOOPS(five_terms)
LOOPS(regex)
LOOPS(list)
LOOPS(networks)
#define HAND(predicate) .on_record = on_##predicate, .on_batch = batch_##predicate

/* ---- and as expressions and trees ------------------------------------------------------------ */

/* in file scope these live for ever */
#define FIELD_NODE(index)   (&(const struct walker){.kind = WALKER_FIELD, .field = &fields[index]})
#define INTEGER_NODE(value) (&(const struct walker){.kind = WALKER_INTEGER, .integer = value})
#define TEXT_NODE(value) \
    (&(const struct walker){.kind = WALKER_TEXT, .text = {value, sizeof(value) - 1}})
#define NODE(of, a, b) (&(const struct walker){.kind = of, .left = a, .right = b})

static const struct walker *const int_eq = NODE(WALKER_EQ, FIELD_NODE(PID), INTEGER_NODE(4242));
static const struct walker *const five_terms =
    NODE(WALKER_AND, NODE(WALKER_GT, FIELD_NODE(PID), INTEGER_NODE(500)),
         NODE(WALKER_AND, NODE(WALKER_NE, FIELD_NODE(UID), INTEGER_NODE(33)),
              NODE(WALKER_AND, NODE(WALKER_GE, FIELD_NODE(LATENCY), INTEGER_NODE(200000)),
                   NODE(WALKER_AND, NODE(WALKER_EQ, FIELD_NODE(COMM), TEXT_NODE("nginx")),
                        NODE(WALKER_STARTS, FIELD_NODE(PATH), TEXT_NODE("/var/www/"))))));
static struct walker match_node = {.kind = WALKER_MATCH, .left = FIELD_NODE(PATH)};
static const struct walker list_node = {
    .kind = WALKER_LIST, .left = FIELD_NODE(PID), .integers = listed, .n = LISTED};
static const struct walker networks_node = {
    .kind = WALKER_NETWORKS, .left = FIELD_NODE(SADDR), .networks = networks, .n = NETWORKS};

struct filter_shape filter_shapes[FILTER_SHAPES] = {
    {.name = "int-eq", .text = "pid == 4242", HAND(int_eq)},
    {.name = "five-terms",
     .text = "pid > 500 && uid != 33 && latency >= 200us && comm == \"nginx\" && "
             "startswith(path, \"/var/www/\")",
     HAND(five_terms)},
    {.name = "regex",
     .text = "path =~ \"^/var/(log|www)/.*\\\\.(html|log)$\"",
     HAND(regex),
     .walker = &match_node},
    {.name = "list-1000", HAND(list), .walker = &list_node},
    {.name = "cidr-100", HAND(networks), .walker = &networks_node},
};

static uint64_t draw(uint64_t *seed)
{
    uint64_t x = *seed;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    *seed = x;
    return x >> 11;
}

static void make_list(void)
{
    char *at = filter_shapes[LIST].text;
    uint64_t seed = 88172645463325252;

    for (int i = 0; i < LISTED; i++)
        listed[i] = 32 * i + (int64_t)(draw(&seed) % 32);
    at += sprintf(at, "pid in [");
    for (int i = 0; i < LISTED; i++)
        at += sprintf(at, "%s%lld", i ? "," : "", (long long)listed[i]);
    sprintf(at, "]");
}

static void make_networks(void)
{
    char *at = filter_shapes[CIDR].text, text[INET_ADDRSTRLEN];
    uint64_t seed = 362436069;

    at += sprintf(at, "saddr in [");
    for (int i = 0; i < NETWORKS; i++) {
        unsigned bits = 12 + (unsigned)(draw(&seed) % 17); /* /12 to /28 */
        uint32_t raw;

        networks[i].mask = ~UINT32_C(0) << (32 - bits);
        networks[i].address = (uint32_t)draw(&seed) & networks[i].mask;
        raw = htonl(networks[i].address);
        at += sprintf(at, "%s%s/%u", i ? ", " : "", inet_ntop(AF_INET, &raw, text, sizeof(text)),
                      bits);
    }
    sprintf(at, "]");
}

static void make_pattern(void)
{
    PCRE2_SIZE at;
    int error;

    code = pcre2_compile((PCRE2_SPTR)PATTERN, PCRE2_ZERO_TERMINATED, 0, &error, &at, NULL);
    if (!code || pcre2_jit_compile(code, PCRE2_JIT_COMPLETE) != 0)
        errx(1, "the regular expression does not compile");
    match_data = pcre2_match_data_create_from_pattern(code, NULL);
    walker_set_pattern(&match_node, PATTERN);
}

void filter_make_shapes(void)
{
    filter_shapes[INT_EQ].walker = int_eq;
    filter_shapes[FIVE_TERMS].walker = five_terms;
    make_list();
    make_networks();
    make_pattern();
}
