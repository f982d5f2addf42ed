// SPDX-License-Identifier: Apache-2.0
#pragma once

/* One value of an aggregate, such as `quantile(duration, 0.99)`: what it needs to remember of each
 * group, how a batch of records goes into that, and what comes out of it in a row.
 *
 * A value's state is plain memory in its group, of a size that is known when it is opened. Zeroed
 * is empty. One value serves one thread. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aggregate/quantile.h"
#include "aggregate/top.h"
#include "base/clock.h"
#include "expr/expr.h"
#include "record/handler.h"
#include "record/metric.h"

enum {
    VALUES_MAX = 40,      /* of one aggregate */
    VALUE_TEXT_MAX = 116, /* bytes of a text that first() and last() keep */
    VALUE_BOUNDS_MAX = 128,
    VALUE_TOP_MAX = 100,
};

enum value_type { VALUE_UNSIGNED, VALUE_SIGNED, VALUE_FLOAT, VALUE_TEXT };

struct value_ops;

struct value {
    const struct value_ops *ops;
    const char *name;        /* of its field in the rows; the tree's */
    const char *call;        /* as the config has it; the tree's */
    struct expr *expr;       /* NULL: it has no argument, or is one that only merges */
    struct field of;         /* the argument; meaningless where there is none */
    enum value_type type;    /* of the argument */
    struct field result;     /* what a row shows: for a column, or for the row's own bytes */
    uint32_t size;           /* of its state; 0: it reads another's, who keeps it */
    uint32_t offset;         /* of its state, from the group's beginning */
    uint32_t row_bytes;      /* in the row's own bytes: of a list; 0: its result is a column */
    struct field members[4]; /* of a list's elements */
    double fraction;         /* quantile */
    struct quantile_shape quantile;
    uint32_t bits; /* distinct */
    struct top_shape top;
    uint32_t shown;      /* top */
    uint32_t sum_offset; /* hist: of the values' sum, in its state; 0: it has none */
    uint32_t n_bounds;
    double bounds[VALUE_BOUNDS_MAX]; /* hist: each bucket's highest value, but for the last one */
    struct column *argument;         /* of the batch in hand */
    char *source;                    /* the argument's text */
    bool borrows;                    /* the argument's column is another value's, who fills it */
};

/* A batch as its values see it. states are by place in the selection. */
struct value_input {
    const struct batch *batch;
    const uint64_t *weights; /* by the view's index; NULL: each is one */
    char *const *states;     /* groups */
};

/* What a row is made in. */
struct value_output {
    struct column *column; /* NULL: of a list */
    uint32_t index;
    char *row;       /* the list's place */
    double seconds;  /* that the window lasted */
    bool *saturated; /* set when a value is at its limit */
};

/* A kind of value: everything about it. */
struct value_ops {
    const char *name;
    const char *form;     /* as in "quantile(x, 0.99)", for messages */
    bool texts;           /* the argument may be text */
    bool numbers;         /* or a number */
    bool optional;        /* or missing */
    uint32_t least, most; /* words besides the argument */

    /* as a metric */
    enum metric_kind metric; /* METRIC_COUNTER: a gauge where the result is not unsigned */
    bool has_no_metric;
    bool unitless; /* it is not measured in the unit of its argument */

    /* Fills size, result and what is its own, from the words after the argument. False after a
     * message. */
    bool (*open)(struct value *value, char *const *words, uint32_t n_words,
                 const struct config_node *node, struct diag *diag);
    /* Takes in the selected records of a batch. */
    void (*update)(const struct value *value, const struct value_input *input);
    /* Adds the state `from` to the state `into`. */
    void (*merge)(const struct value *value, void *into, const void *from);
    /* Puts the result of a state into a row. */
    void (*get)(const struct value *value, const void *state, struct value_output *output);
    /* NULL: never. Whether two values of the same kind and argument have the same state. */
    bool (*is_same_state)(const struct value *value, const struct value *other);

    /* the state as bytes for other machines, see docs/sketches.md */
    char letter;
    bool is_one_value; /* the state is one value of the argument */
    /* Bytes that write() writes at most. */
    size_t (*max)(const struct value *value);
    /* Writes a state; times of this machine's clock become those of the wall clock, unless wall is
     * NULL. Returns the bytes. */
    size_t (*write)(const struct value *value, const void *state, const struct wall_offset *wall,
                    uint8_t *out);
    /* Reads into a zeroed state. 0; -EINVAL: the bytes are damaged, or of another shape. Called by
     * value_read(). */
    int (*read)(const struct value *value, const uint8_t *bytes, size_t length, void *ret_state);
};

/* Reads the text at node. 0; -EINVAL or -ENOMEM after a message in diag. value_close() follows in
 * all cases. */
int value_open(const struct config_node *node, const struct expr_scope *scope, struct diag *diag,
               struct value *ret_value);

/* Frees what value_open() or value_open_remote() took; accepts a zeroed value. */
void value_close(struct value *value);

/* As value_open(), for the text of a call whose states come from another machine: nothing is
 * computed, and only the type of the argument is known (NULL: the call has no argument). Messages
 * are added at node; name and call are borrowed. */
int value_open_remote(const char *name, const char *call, const struct field *argument,
                      const struct config_node *node, struct diag *diag, struct value *ret_value);

/* Uses an earlier one's argument if it is the same; that one must then live as long. */
void value_share(struct value *value, struct value *earlier);
/* After that: its state is the same, too. */
bool value_shares_state(const struct value *value, const struct value *earlier);

/* Reads the portable form of a state into a zeroed one. 0; -EPROTO: the form has another version;
 * -EINVAL: it is damaged, or of another shape. */
int value_read(const struct value *value, const uint8_t *bytes, size_t length, void *ret_state);

/* The argument as other machines get to know it: without names of enums and without times of this
 * machine's clock. */
struct field value_portable_argument(const struct value *value);

/* Before the value's place in a group is taken: makes a hist() keep the sum of its values. */
void hist_keep_sum(struct value *value);

/* The sum of the values that a hist() with hist_keep_sum() has seen. */
double hist_sum(const struct value *value, const void *state);

/* Computes its argument for the selected views. */
void value_prepare(struct value *value, const struct batch *batch);

static inline uint64_t value_weight(const struct value_input *input, uint32_t index)
{
    return input->weights ? input->weights[index] : 1;
}

/* Call for values that are not null, and no text. */
static inline double value_number(const struct value *value, uint32_t index)
{
    if (value->type == VALUE_FLOAT)
        return value->argument->floats[index];
    return value->type == VALUE_SIGNED ? (double)(int64_t)value->argument->integers[index]
                                       : (double)value->argument->integers[index];
}

/* Of numbers and texts, the same on all machines. */
uint64_t value_hash(const struct value *value, uint32_t index);
