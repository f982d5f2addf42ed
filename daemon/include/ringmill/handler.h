// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Handlers of your own: a shared object that ringmilld loads as a step of its pipelines.
 *
 *     plugins: [/usr/lib/ringmill/plugins/depth.so]          in ringmill.yaml
 *     ...
 *       handlers: [{depth: {field: path, at_most: 4}}, {forward: out}]
 *
 * The object exports one table, which lives as long as the object:
 *
 *     RINGMILL_EXPORT const struct ringmill_handler ringmill_handler_table = {
 *         .abi = RINGMILL_HANDLER_ABI, .name = "depth", .open = ..., .process = ..., ...
 *     };
 *
 *     cc -shared -fPIC -o depth.so depth.c          nothing is linked: all comes by pointers
 *
 * ringmilld loads it only when the file and all folders above it belong to root and nobody else can
 * write to them, and when its `abi` is the one that ringmilld was built with. It then runs inside
 * of ringmilld: a fault there is a fault of the daemon.
 *
 * Calls and threads. For each place where the handler is in a pipeline, and each type of record
 * that comes there, open() is called once and makes a state of its own.
 *
 *     open()      the setup thread; the only time to take memory
 *     process()   the consumer thread, for each batch; with one state never twice at a time
 *     counter()   any thread, at any time between open() and close()
 *     close()     the setup thread, after the last process(); once for each open() that succeeded
 *
 * The setup thread is the main thread at the start and the end, and another thread at a reload;
 * never two at once. At a reload open() and close() run beside process() of other states, so what
 * states share, such as a static variable, must be safe for threads. A state may also be opened and
 * closed without any process(), to check a config: a reload does that before it opens the states
 * that will run.
 *
 * process() lies on the way of every record: it must not block, lock, allocate or make system
 * calls. Who holds a batch longer than the pipeline's budget is named in the log and in status.
 *
 * What may be kept. The host, fields and option texts: until close() returns. Of a batch, nothing:
 * views, texts and values are gone when process() returns.
 *
 * Books. What process() drops is counted as `filtered`; a handler can neither add records nor bring
 * back what a step before it took out. */

#include <ringmill/ring.h>
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* It changes whenever a struct below does. */
#define RINGMILL_HANDLER_ABI 2

#define RINGMILL_EXPORT __attribute__((visibility("default")))

/* ---- Values ---------------------------------------------------------------------------------- */

enum ringmill_kind {
    RINGMILL_KIND_OTHER,    /* a struct, an array...: cannot be read, so always null */
    RINGMILL_KIND_UNSIGNED, /* also enums and pointers */
    RINGMILL_KIND_SIGNED,
    RINGMILL_KIND_BOOL,  /* 0 or not */
    RINGMILL_KIND_FLOAT, /* float or double */
    RINGMILL_KIND_TEXT,
    RINGMILL_KIND_BYTES, /* of a fixed length, such as an IPv6 address */
};

struct ringmill_string {
    const char *bytes; /* not NUL-ended; may hold any byte */
    uint32_t length;
};

/* One field's values, by the view's index in the batch. Integers are extended to 64 bits; a signed
 * one has the same bits as int64_t. What is where null is, is a text of length 0, or anything
 * else. */
struct ringmill_values {
    union {
        uint64_t integers[RINGMILL_BATCH_MAX];
        double floats[RINGMILL_BATCH_MAX];
        struct ringmill_string texts[RINGMILL_BATCH_MAX];
    };
    uint64_t null[RINGMILL_BATCH_MAX / 64]; /* a set bit: there is no value */
};

static inline bool ringmill_is_null(const struct ringmill_values *values, uint32_t index)
{
    return values->null[index / 64] >> (index % 64) & 1;
}

static inline void ringmill_set_null(struct ringmill_values *values, uint32_t index, bool null)
{
    uint64_t bit = UINT64_C(1) << (index % 64);

    values->null[index / 64] =
        null ? values->null[index / 64] | bit : values->null[index / 64] & ~bit;
}

/* The records that came to the handler, up to RINGMILL_BATCH_MAX of them:
 *
 *     for (uint32_t i = 0; i < batch->count; i++) {
 *         uint32_t index = batch->indexes[i];
 *         if (is_boring(&batch->views[index]))
 *             ringmill_drop(batch, index);
 *     } */
struct ringmill_records {
    /* With RINGMILL_READS_VIEWS, of the batch, also of records that are out already; else NULL. */
    const struct ringmill_view *views;
    const uint16_t *indexes;                   /* of the views that are in, ascending */
    uint32_t count;                            /* of indexes */
    uint32_t reserved;                         /* 0 */
    int64_t now;                               /* ns of CLOCK_MONOTONIC, read not long ago */
    uint64_t dropped[RINGMILL_BATCH_MAX / 64]; /* by the view's index; all 0 at first */
};

static inline void ringmill_drop(struct ringmill_records *batch, uint32_t index)
{
    batch->dropped[index / 64] |= UINT64_C(1) << (index % 64);
}

/* ---- What ringmilld offers ------------------------------------------------------------------- */

struct ringmill_field; /* of the records that come in */

/* Belongs to ringmilld; given to open() and valid until close() returns. */
struct ringmill_handler_host {
    const char *source_name; /* as the config has it */
    const char *type_name;   /* the C type of the records, as in "struct exec_event" */

    /* In open(): the field that an option names, also inside of structs, as in "src.port". NULL
     * after a message that names the option: open() should then fail. */
    const struct ringmill_field *(*field)(const struct ringmill_handler_host *host,
                                          const char *option, const char *path);
    /* In open(): records get one field more, of any kind but RINGMILL_KIND_OTHER and
     * RINGMILL_KIND_BYTES. process() fills the values, and what texts point to must stay valid
     * until the next process(); those of a record that is dropped do not matter. NULL after a
     * message. */
    struct ringmill_values *(*add_field)(const struct ringmill_handler_host *host, const char *name,
                                         enum ringmill_kind kind);
    /* In open(): a message for the user, one sentence without its full stop, about an option, or
     * with NULL about the handler. open() should then fail. */
    void (*refuse)(const struct ringmill_handler_host *host, const char *option,
                   const char *sentence);

    enum ringmill_kind (*kind)(const struct ringmill_field *field);
    /* In process(): that field of each record that is in. Texts point into the records. */
    void (*read)(const struct ringmill_records *batch, const struct ringmill_field *field,
                 struct ringmill_values *ret_values);
};

/* ---- What a handler is ----------------------------------------------------------------------- */

enum ringmill_option_type {
    RINGMILL_OPTION_TEXT,     /* text; bytes */
    RINGMILL_OPTION_PATH,     /* text: an absolute path */
    RINGMILL_OPTION_BOOL,     /* truth */
    RINGMILL_OPTION_INTEGER,  /* integer; the value */
    RINGMILL_OPTION_SIZE,     /* integer: bytes, as in 64KiB; the value */
    RINGMILL_OPTION_DURATION, /* integer: ns, as in 10ms; the value */
};

/* A key of the handler's config. The table ends with a row without a name. */
struct ringmill_option {
    const char *name;
    enum ringmill_option_type type;
    bool required;        /* and so without a fallback */
    int64_t minimum;      /* of what the type's comment says */
    int64_t maximum;      /* 0 with a minimum of 0 or more: none */
    const char *fallback; /* as it would be in the config; NULL: nothing, 0, false */
    const char *doc;      /* one line without its full stop */
};

struct ringmill_option_value {
    const char *text;
    int64_t integer;
    bool truth;
    bool given; /* it is in the config */
};

/* A number that status and metrics show. The table ends with a row without a name. */
struct ringmill_counter {
    const char *name; /* lower case words joined by _ */
    const char *help; /* one sentence without its full stop */
    bool level;       /* it goes up and down; else it only grows */
};

/* Flags of a handler. */

/* It looks at records as they lie in the ring, and not only at fields by read(). Such records hold
 * what a redact or select before the handler has hidden, so there it is refused. */
#define RINGMILL_READS_VIEWS UINT32_C(1)

struct ringmill_handler {
    uint32_t abi;     /* RINGMILL_HANDLER_ABI */
    uint32_t flags;   /* 0, or RINGMILL_READS_VIEWS */
    const char *name; /* the key in `handlers:`: a lower case word, at most 32 bytes */
    const char *doc;  /* one line without its full stop */
    const struct ringmill_option *options;   /* NULL: none */
    const struct ringmill_counter *counters; /* NULL: none */

    /* options: values in the order of the table, checked against it. 0 and the handler's state;
     * or a negative errno, after a message unless it is -ENOMEM. */
    int (*open)(const struct ringmill_handler_host *host,
                const struct ringmill_option_value *options, void **ret_state);
    void (*process)(void *state, struct ringmill_records *batch);
    /* The value of counters[index]; NULL where there are none. process() may run meanwhile. */
    uint64_t (*counter)(const void *state, uint32_t index);
    void (*close)(void *state); /* NULL: nothing is to be done */
};

#ifdef __cplusplus
}
#endif
