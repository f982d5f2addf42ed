// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The counters of a snapshot, one row each: metrics, the status, `ringmill status` and the books at
 * the end print the same rows, each those with a name for it. The outcomes of a pipeline's records
 * have names of their own (record/books.h). */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum family_type { COUNTER, GAUGE, HISTOGRAM, SUMMARY };

/* What metrics say of all samples of one name. */
struct family {
    const char *name; /* with its unit, without _total */
    enum family_type type;
    const char *unit; /* the name's end; "" for a plain count */
    const char *help;
};

/* Whose counter it is, and so in which struct. One object of the status has the keys of one owner,
 * or of several. */
enum counter_owner {
    COUNTER_OF_CONSUMER,   /* struct snapshot */
    COUNTER_OF_LOSS,       /* struct input_snapshot; also of a source's sum */
    COUNTER_OF_INPUT,      /* struct input_snapshot */
    COUNTER_OF_STOP,       /* struct input_snapshot: what a stop leaves */
    COUNTER_OF_RING,       /* struct ring_snapshot; also of a source's sum */
    COUNTER_OF_RING_SPACE, /* struct ring_snapshot; also of a source's sum */
    COUNTER_OF_SOURCE,     /* struct source_snapshot */
    COUNTER_OF_SINK,       /* struct sink_snapshot */
    COUNTER_OF_QUEUE,      /* struct sink_snapshot */
    COUNTER_OF_RESOLVER,   /* struct resolver_counts */
};

/* Its place in the books, in the order of the rows:
 * SUM = PART + PART + REST; ASIDE */
enum counter_term {
    COUNTER_NO_TERM,
    COUNTER_SUM,
    COUNTER_PART,
    COUNTER_REST, /* only printed where it is not 0 */
    COUNTER_ASIDE,
};

struct counter_row {
    enum counter_owner owner;
    const char *key;      /* in the status and the books; NULL: in neither */
    struct family family; /* without a name: no metric */
    size_t offset;        /* of a uint64_t in the owner's struct */
    size_t known;         /* of a bool there: false where the number is unknown; 0: always known */
    enum counter_term term;
};

/* Ended by a row without key and family. The rows of a source (COUNTER_OF_LOSS to
 * COUNTER_OF_SOURCE) are consecutive, and so are those of a sink (COUNTER_OF_SINK and
 * COUNTER_OF_QUEUE). */
extern const struct counter_row counter_rows[];

/* Reads the row's number from the owner's struct. False: it is unknown, and *ret stays untouched.
 */
bool counter_read(const struct counter_row *row, const void *owner, uint64_t *ret);

/* Adds the owner's keys to the object, null for unknown numbers, and returns the object; NULL when
 * out of memory, and for NULL. */
json_t *counters_add_json(json_t *object, enum counter_owner of, const void *owner);

/* As counter_read(), from where data says. */
typedef bool (*counter_reader)(const void *data, const struct counter_row *row, uint64_t *ret);

/* Prints the books of rows from owner `first` to owner `last`, without a line feed:
 * "produced 12 = seen 12 + discarded 0 + lost 0; skipped unknown". */
void counters_print_books(enum counter_owner first, enum counter_owner last, counter_reader read,
                          const void *data, FILE *file);
