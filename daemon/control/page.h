// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A page of metrics while it is written: Prometheus text, or OpenMetrics. Main thread only. */

#include <stdbool.h>
#include <stdint.h>

#include "base/histogram.h"
#include "control/counters.h"
#include "control/server.h"
#include "control/watch.h"

struct evbuffer;

enum { PAGE_LABELS_MAX = 512 };

struct page {
    const struct watch *watch;
    const struct snapshot *snapshot;
    const struct server *server;
    const struct family *family;
    struct evbuffer *out;
    bool open;
    bool failed;
};

/* Formats into the page; what finds no memory sets failed. */
void page_put(struct page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The HELP, TYPE and UNIT lines of page->family. */
void page_head(struct page *page);

/* One sample of page->family. labels: `source="exec"`, or "". */
void page_sample(struct page *page, uint64_t value, const char *labels);
/* As page_sample(), for a time or a duration. */
void page_sample_seconds(struct page *page, double seconds, const char *labels);
/* Writes all samples of a histogram: cumulative buckets, sum and count, in seconds. labels are not
 * empty. */
void page_histogram(struct page *page, const struct histogram *histogram, const char *labels);

/* Writes one label into the buffer, and returns the buffer. */
const char *page_label(char buffer[PAGE_LABELS_MAX], const char *key, const char *value);
/* Appends a label to those in the buffer. */
const char *page_label_add(char buffer[PAGE_LABELS_MAX], const char *key, const char *value);

/* source, and where the source has several rings, `ring` with the name of the stream. */
const char *page_stream_labels(char buffer[PAGE_LABELS_MAX], const struct input *input);
/* source, and where the source has several rings, `ring` with the name of this one. */
const char *page_ring_labels(char buffer[PAGE_LABELS_MAX], const struct input_ring *ring);
/* source, and where there are several of them `ring` and `type` (the selector's value). */
const char *page_type_labels(char buffer[PAGE_LABELS_MAX], const struct input_type *type);
/* pipeline, source, where there are several of them `ring` and `type` (the selector's value), and
 * the handler's number. */
const char *page_handler_labels(char buffer[PAGE_LABELS_MAX], const struct chain *chain,
                                uint32_t index);

/* Writes the families that handlers and sinks bring by their rows(). At most 64; more are left out.
 */
void page_put_rows(struct page *page);

/* Writes the families that handlers of the config make from the records. */
void page_put_exposed(struct page *page);
