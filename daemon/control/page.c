// SPDX-License-Identifier: Apache-2.0

/* Where the two formats differ, it is here: OpenMetrics takes the _total off a counter's family
 * name, has units, and an end. */

#include "control/page.h"

#include <event2/buffer.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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

/* Names of rings come from BPF objects and may hold anything. What has no room is cut. */
static size_t put_escaped(char *buffer, size_t used, const char *value)
{
    for (; *value && used + 4 < PAGE_LABELS_MAX; value++) {
        if (*value == '\\' || *value == '"' || *value == '\n')
            buffer[used++] = '\\';
        buffer[used++] = *value == '\n' ? 'n' : *value;
    }
    return used;
}

const char *page_label_add(char buffer[PAGE_LABELS_MAX], const char *key, const char *value)
{
    size_t used = strlen(buffer), room = PAGE_LABELS_MAX - used;

    if (strlen(key) + sizeof(",=\"\"") >= room)
        return buffer;
    used += (size_t)snprintf(buffer + used, room, "%s%s=\"", used ? "," : "", key);
    used = put_escaped(buffer, used, value);
    buffer[used] = '"';
    buffer[used + 1] = '\0';
    return buffer;
}

const char *page_label(char buffer[PAGE_LABELS_MAX], const char *key, const char *value)
{
    buffer[0] = '\0';
    return page_label_add(buffer, key, value);
}

const char *page_stream_labels(char buffer[PAGE_LABELS_MAX], const struct input *input)
{
    page_label(buffer, "source", input->source->name);
    if (input_is_one_of_many_rings(input))
        page_label_add(buffer, "ring", input->stream->name);
    return buffer;
}

const char *page_ring_labels(char buffer[PAGE_LABELS_MAX], const struct input_ring *ring)
{
    page_label(buffer, "source", ring->input->source->name);
    if (input_is_one_of_many_rings(ring->input))
        page_label_add(buffer, "ring", ring->name);
    return buffer;
}

static const char *add_type(char buffer[PAGE_LABELS_MAX], const struct input_type *type)
{
    const struct input *input = type->input;
    char number[24];

    page_label_add(buffer, "source", input->source->name);
    if (input_is_one_of_many(input))
        page_label_add(buffer, "ring", input->stream->name);
    snprintf(number, sizeof(number), "%" PRId64, type->stream_type->value);
    if (input->stream->selector != STREAM_ONE_TYPE)
        page_label_add(buffer, "type", number);
    return buffer;
}

const char *page_type_labels(char buffer[PAGE_LABELS_MAX], const struct input_type *type)
{
    buffer[0] = '\0';
    return add_type(buffer, type);
}

const char *page_handler_labels(char buffer[PAGE_LABELS_MAX], const struct chain *chain,
                                uint32_t index)
{
    char number[24];

    page_label(buffer, "pipeline", chain->pipeline->name);
    add_type(buffer, chain->type);
    snprintf(number, sizeof(number), "%" PRIu32, index + 1);
    return page_label_add(buffer, "number", number);
}

void page_head(struct page *page)
{
    static const char *const types[] = {"counter", "gauge", "histogram", "summary"};
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
