// SPDX-License-Identifier: Apache-2.0

/* Where the two formats differ, it is here: OpenMetrics takes the _total off a counter's family
 * name, has units, and an end. */

#include "control/page.h"

#include <event2/buffer.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

void page_put(struct page *page, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    if (evbuffer_add_vprintf(page->out, format, arguments) < 0)
        page->failed = true;
    va_end(arguments);
}

static const char *suffix(const struct page *page)
{
    return page->family->type == COUNTER ? "_total" : "";
}

void page_sample(struct page *page, uint64_t value, const char *labels)
{
    page_put(page, "%s%s%s%s%s %" PRIu64 "\n", page->family->name, suffix(page),
             labels[0] ? "{" : "", labels, labels[0] ? "}" : "", value);
}

void page_sample_seconds(struct page *page, double seconds, const char *labels)
{
    page_put(page, "%s%s%s%s%s %.9f\n", page->family->name, suffix(page), labels[0] ? "{" : "",
             labels, labels[0] ? "}" : "", seconds);
}

const char *page_label(char buffer[PAGE_LABELS_MAX], const char *key, const char *value)
{
    snprintf(buffer, PAGE_LABELS_MAX, "%s=\"%s\"", key, value);
    return buffer;
}

void page_head(struct page *page)
{
    static const char *const types[] = {"counter", "gauge", "histogram"};
    const struct family *family = page->family;
    const char *end = page->open ? "" : suffix(page);

    page_put(page, "# HELP %s%s %s.\n# TYPE %s%s %s\n", family->name, end, family->help,
             family->name, end, types[family->type]);
    if (page->open && family->unit[0])
        page_put(page, "# UNIT %s %s\n", family->name, family->unit);
}

void page_histogram(struct page *page, const struct histogram *histogram, const char *labels)
{
    uint64_t count = 0;

    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        count += counter_get(&histogram->buckets[i]);
        if (i < HISTOGRAM_BOUNDED)
            page_put(page, "%s_bucket{%s,le=\"%.9g\"} %" PRIu64 "\n", page->family->name, labels,
                     (double)histogram_bound(i) / 1e9, count);
        else
            page_put(page, "%s_bucket{%s,le=\"+Inf\"} %" PRIu64 "\n", page->family->name, labels,
                     count);
    }
    page_put(page, "%s_sum{%s} %.9f\n%s_count{%s} %" PRIu64 "\n", page->family->name, labels,
             (double)counter_get(&histogram->sum) / 1e9, page->family->name, labels, count);
}
