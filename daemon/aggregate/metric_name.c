// SPDX-License-Identifier: Apache-2.0

/* Prometheus wants base units, and the unit in the name. A schema does not know durations, so the
 * names tell: that of the value, or else that of the field it is made of. */

#include "aggregate/metric_name.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "record/edit.h"
#include "record/moment.h"

#define OWN_PREFIX "ringmill_"

struct metric_unit {
    const char *ending;
    const char *unit;
    double factor;
};

static const struct metric_unit units[] = {
    {"_ns", "seconds", 1e-9},   {"_us", "seconds", 1e-6}, {"_ms", "seconds", 1e-3},
    {"_seconds", "seconds", 1}, {"_bytes", "bytes", 1},   {NULL, "", 1},
};

static bool ends_with(const char *text, const char *ending)
{
    size_t length = strlen(text), own = strlen(ending);

    return length > own && strcmp(text + length - own, ending) == 0;
}

static const struct metric_unit *unit_of(const char *name)
{
    const struct metric_unit *unit = units;

    while (unit->ending && !ends_with(name, unit->ending))
        unit++;
    return unit;
}

static bool is_word(const char *text)
{
    return text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_.0123456789")] ==
           '\0';
}

bool metric_name_is_for(const struct value *value)
{
    return !value->ops->has_no_metric && value->result.kind != FIELD_CHARS &&
           value->result.kind != FIELD_BYTES;
}

/* A sum that may fall is a gauge. */
static enum metric_kind kind_of(const struct value *value)
{
    return value->ops->metric == METRIC_COUNTER && value->result.kind != FIELD_UINT
               ? METRIC_GAUGE
               : value->ops->metric;
}

/* A moment, not a duration. */
static bool is_time(const struct value *value)
{
    return moment_is_since_boot(value->result.meaning) || value->result.meaning == MEANING_UNIX_NS;
}

/* Endings that say of other metrics what they are. */
static bool check_ending(const char *name, const struct config_node *node, struct diag *diag)
{
    static const char *const endings[] = {"_total",  "_sum",     "_count", "_bucket",
                                          "_gcount", "_created", "_info",  NULL};

    for (const char *const *ending = endings; *ending; ending++)
        if (ends_with(name, *ending)) {
            diag_add_key(diag, node,
                         "its metric would be %s, but the ending %s is reserved; give the value "
                         "another name",
                         name, *ending);
            return false;
        }
    return true;
}

int metric_name_make(const char *prefix, const struct value *value, const struct config_node *node,
                     struct diag *diag, struct metric_name *ret_name)
{
    const struct metric_unit *unit = &units[sizeof(units) / sizeof(units[0]) - 1];
    static const struct metric_unit moment = {"", "timestamp_seconds", 1e-9};
    enum metric_kind kind = kind_of(value);
    size_t length = strlen(value->name);
    char name[EDIT_NAME_MAX + 1];

    if (kind == METRIC_COUNTER && ends_with(value->name, "_total"))
        length -= strlen("_total");
    snprintf(name, sizeof(name), "%.*s", (int)length, value->name);
    if (is_time(value)) {
        unit = &moment;
    } else if (!value->ops->unitless) {
        unit = unit_of(name);
        if (unit->ending)
            name[strlen(name) - strlen(unit->ending)] = '\0';
        else if (value->source && is_word(value->source))
            unit = unit_of(value->source);
    }
    *ret_name = (struct metric_name){
        .unit = unit == &moment ? "seconds" : unit->unit, .factor = unit->factor, .kind = kind};
    snprintf(ret_name->text, sizeof(ret_name->text), "%s_%s%s%s", prefix, name,
             unit->unit[0] ? "_" : "", unit->unit);
    return check_ending(ret_name->text, node, diag) ? 0 : -EINVAL;
}

/* ---- prefix and labels ----------------------------------------------------------------------- */

static bool is_metric_name(const char *name)
{
    const char *const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_:";
    const char *const word = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_:0123456789";

    return *name && strchr(letters, *name) && name[strspn(name, word)] == '\0';
}

int metric_name_prefix(const struct options *options, const char *pipeline, struct diag *diag,
                       char ret_prefix[OPTIONS_NAME_MAX + 2])
{
    const char *prefix = options->prefix ? options->prefix : pipeline;

    snprintf(ret_prefix, OPTIONS_NAME_MAX + 2, "%s%.*s",
             !options->prefix && *prefix >= '0' && *prefix <= '9' ? "_" : "", OPTIONS_NAME_MAX,
             prefix);
    for (char *at = ret_prefix; *at && !options->prefix; at++)
        if (*at == '-' || *at == '.')
            *at = '_';
    if (!is_metric_name(ret_prefix))
        diag_add(diag, options->expose,
                 "a metric name has letters, digits, _ and :, and does not begin with a digit");
    else if (strncmp(ret_prefix, OWN_PREFIX, strlen(OWN_PREFIX)) == 0 ||
             strcmp(ret_prefix, "ringmill") == 0)
        diag_add(diag, options->expose,
                 "metrics that begin with " OWN_PREFIX
                 " are the daemon's own; give these a prefix of their own, as in {prefix: dns}");
    else
        return 0;
    return -EINVAL;
}

bool metric_name_check_labels(const struct options *options, struct diag *diag)
{
    static const char *const own[] = {"source", "ring", "type", "other", "le", "quantile", NULL};
    size_t before = diag_count(diag);

    for (uint32_t i = 0; i < options->n_parts; i++) {
        bool taken = strncmp(options->names[i], "__", 2) == 0;

        for (const char *const *name = own; *name; name++)
            taken |= strcmp(options->names[i], *name) == 0;
        if (taken)
            diag_add(diag, options->nodes[i],
                     "the label %s is reserved; give this value another name, as in {my_%s: %s}",
                     options->names[i], options->names[i] + strspn(options->names[i], "_"),
                     options->texts[i]);
    }
    return diag_count(diag) == before;
}
