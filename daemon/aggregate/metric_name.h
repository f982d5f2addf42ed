// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What a value is called as a metric, of which kind it is and in which unit:
 *
 *     opens: count()                   PREFIX_opens             counter, shown as
 * PREFIX_opens_total wait_ns: sum(wait_ns)            PREFIX_wait_seconds      counter p99:
 * 'quantile(wait_ns, 0.99)'   PREFIX_p99_seconds       gauge seen: last(ktime)
 * PREFIX_seen_timestamp_seconds, since 1970 */

#include <stdbool.h>

#include "aggregate/options.h"
#include "aggregate/value.h"
#include "record/metric.h"

enum { METRIC_NAME_MAX = 160 };

struct metric_name {
    char text[METRIC_NAME_MAX + 1];
    const char *unit; /* "" */
    double factor;    /* from the value's unit to the metric's */
    enum metric_kind kind;
};

/* Whether the value can be a metric: not top(), which has many values, and not texts. */
bool metric_name_is_for(const struct value *value);
/* node: the value's, for messages. 0, or -EINVAL after one. */
int metric_name_make(const char *prefix, const struct value *value, const struct config_node *node,
                     struct diag *diag, struct metric_name *ret_name);

/* What all names of an aggregate begin with. 0, or -EINVAL after a message. */
int metric_name_prefix(const struct options *options, const char *pipeline, struct diag *diag,
                       char ret_prefix[OPTIONS_NAME_MAX + 2]);
/* The group's values may be called so as labels. */
bool metric_name_check_labels(const struct options *options, struct diag *diag);
