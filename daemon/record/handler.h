// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A handler is one step of a pipeline: it gets a batch and narrows the selection. All kinds of
 * handlers, built in or plugged in, are tables of the type struct handler_ops. One instance serves
 * one chain, which is one pipeline's handlers for one type of one of its sources, so it knows the
 * one schema it will ever see.
 *
 * Threads: open() and close() on the setup thread (base/thread.h), which is the main thread at the
 * start and the loader thread at a reload, while process() of other handlers runs; never two at
 * once. A handler may be opened and closed only to check a config.
 * process() and what goes with it on the chain's consumer thread only.
 * Memory is taken in open(); process() does not allocate, block or lock, and keeps no view after it
 * returns. It makes no system call but one: resolver_end() wakes the resolver thread, once for each
 * batch, if a name was asked for. close(), rows() and samples() run on the main thread, too, so
 * they must not block either. */

#include <stdbool.h>

#include "config/diag.h"
#include "config/node.h"
#include "record/batch.h"
#include "record/books.h"
#include "record/loss.h"
#include "record/metric.h"
#include "record/row.h"

struct expr_defs;
struct lane;
struct setting;
struct wall_offset;
struct encoder_ops;
struct resolver;

enum {
    HANDLER_BATCH_MAX = 32, /* records that a pipeline's handler gets at a time */
    HANDLER_MADE_MAX = 32,  /* records that a handler makes at a time */
};

struct handler {
    const struct handler_ops *ops;
    /* Of what comes out, set by open() and owned by the handler; NULL: the same as what came in.
     * process() then sets batch->schema to it and fills the columns that it adds. */
    const struct schema *schema;
    const struct metric *metrics; /* n_metrics of them, set by open() and owned by the handler */
    uint32_t n_metrics;
    /* Set by open(): the one that this one counts with, see handler_host.first; NULL: none. */
    const struct handler *common;
    bool exhausted;    /* set by process(): no record will ever pass again; of `common`, if there is
                          one */
    bool waits;        /* set by process() and make(): no record may come before make() made some */
    bool records_wait; /* set before make(): records have come that it has not seen yet */
};

static inline bool handler_is_exhausted(const struct handler *handler)
{
    return handler->common ? handler->common->exhausted : handler->exhausted;
}

/* What all events of a sink have in common, where its format asks for that: the first encoder that
 * is opened for the sink says it. The sink's owner frees the texts. */
struct outlet_common {
    char *text; /* NULL: nobody has said it */
    char *type; /* the type of whoever has, for messages */
};

/* A sink as handlers see it: a way to put events into it, and the format they must have. */
struct outlet {
    const char *sink_name;
    const struct encoder_ops *format;
    const void *format_config;        /* what the format's settings were bound into */
    const struct config_node *config; /* the sink's, for messages about its format; may be NULL */
    struct outlet_common *common;     /* NULL: nobody asks */
    struct lane *lane;                /* NULL while a config is only checked */
    uint32_t event_max;               /* bytes of the longest event of a long type; 0: EVENT_MAX */
};

/* A list of handlers inside a handler's own config. */
struct branch {
    /* Takes the batch's selection through to the end: afterwards each of its records is accounted
     * for. copies: they also go on elsewhere, so they count as copies. Scribbles on the batch's
     * selection, schema, failed and forwarded. Consumer thread, within process() only. */
    void (*run)(struct branch *branch, struct batch *batch, bool copies);
};

/* What a handler may ask while it is opened. */
struct handler_host {
    const struct schema *schema; /* of what comes in; outlives the handler */
    /* Of what comes in to this place from the other types that this source's records can have,
     * NULL-ended; NULL: none. Valid in open() only. A name that only they have is not
     * an error; it is null here. */
    const struct schema *const *siblings;
    /* The handler at this place for the first of those types; NULL: this is it, or it did not open.
     * It is opened before this one; whichever is closed first, neither is used after. */
    struct handler *first;
    const struct handler_ops *ops; /* the row that is opened */
    const struct expr_defs *defs;  /* the config's named expressions; NULL: none */
    const char *pipeline_name;
    const char *source_name;
    const char *type;  /* the records', for the events to say; NULL: the source has no other */
    bool lost_unknown; /* the number of lost records of its stream is unknown */
    const struct wall_offset *wall; /* kept fresh by the consumer thread */
    /* CLOCK_MONOTONIC, for a handler that has reason to believe that batch->now is long ago; NULL:
     * batch->now is all that is known. Not for each record. */
    int64_t (*clock)(void);
    struct resolver *resolver; /* of the names of ids; NULL: nobody knows them */
    /* For messages: the name of another source of the pipeline whose records have a field of that
     * name, or NULL. The callback itself may be NULL. Valid in open() only. */
    const char *(*elsewhere)(const struct handler_host *host, const char *field);
    /* The outlet of a sink, alive as long as the handler, or NULL after a message in diag. */
    const struct outlet *(*outlet)(const struct handler_host *host, const struct config_node *name,
                                   struct diag *diag);
    /* A branch of the handlers of a nested list, which get what comes in here and are opened after
     * open() has returned; label is what their names begin with, such as "route[1]". NULL after a
     * message in diag; the branch belongs to the host and lives as long as the handler. */
    struct branch *(*branch)(const struct handler_host *host, const struct config_node *list,
                             const char *label, struct diag *diag);
};

struct handler_ops {
    const char *name; /* the key in `handlers:` */
    const char *doc;
    enum book removes; /* the row for what it takes out of the selection; failures have their own */
    const struct setting *settings; /* the keys of its map, or of each map in its list; NULL: its
                                       config is something else */
    bool reads_fields; /* its config names fields, so it says nothing without a schema */
    bool reshapes;     /* what comes out of it has fields that did not come in */
    bool forwards;     /* it puts the selection into outlets, one record into each */
    bool forgets;      /* it holds back, or lets pass, by what it has seen before */
    bool divides;      /* each record goes into one of its branches, which batch->forwarded counts,
                          or is removed; none goes on in its own list, which it ends */

    /* Reads its config. Returns 0 and the handler, which the caller owns, or a negative errno after
     * at least one message in diag. */
    int (*open)(const struct config_node *config, const struct handler_host *host,
                struct diag *diag, struct handler **ret);
    void (*process)(struct handler *handler, struct batch *batch);
    /* As process(), of the same batch: so many of the records that it let pass then turned out too
     * long for an event. NULL: that changes nothing. */
    void (*give_back)(struct handler *handler, uint32_t records);
    /* For a handler that makes records of its own, which go on after it: as process(), but called
     * at each turn's beginning, with the time of it, and again as long as it returns true: there
     * is more to do. Fills the batch with the next of them, HANDLER_MADE_MAX at most and
     * perhaps none; they stay until the next call. What one call does is bounded. last: nothing
     * comes any more; all that is there is to be made. NULL: it makes none. */
    bool (*make)(struct handler *handler, int64_t now, bool last, struct batch *batch);
    /* As process(): when make() has to be called next, ns, monotonic; INT64_MAX: no matter when.
     * Goes with make(). */
    int64_t (*due)(const struct handler *handler);
    /* As process(): records of this chain's stream were lost before it could see them. Puts an
     * event about that into each of its outlets that can take one and returns how many did; there
     * is room for LOSS_BYTES_MAX in each. NULL: it has no outlets. */
    uint32_t (*lost)(struct handler *handler, const struct loss *loss);
    /* Any thread, while it is open: gives its own rows, always the same ones in the same order.
     * NULL: it has none. */
    void (*rows)(const struct handler *handler, row_emit emit, void *data);
    /* Main thread, while it is open: gives the samples of metrics[metric]. Goes with metrics. */
    void (*samples)(const struct handler *handler, uint32_t metric, metric_emit emit, void *data);
    void (*close)(struct handler *handler); /* accepts NULL */
};
