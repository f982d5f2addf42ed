// SPDX-License-Identifier: Apache-2.0

#include "encode/text.h"

#include <errno.h>

#include "base/cleanup.h"
#include "encode/event_id.h"
#include "encode/line_encoder.h"
#include "encode/template.h"

struct text_config {
    const char *template;
};

static const struct setting text_settings[] = {
    {
        .name = "template",
        .type = SETTING_TEXT,
        .offset = offsetof(struct text_config, template),
        .minimum = 1,
        .required = true,
        .doc = "the line of an event; {field} is replaced by the value",
    },
    {0},
};

static const struct encode_style style = {.quoting = QUOTING_TEXT};

static const struct line_format format = {
    .ops = &text_encoder_ops, .style = &style, .loss = "%u %s: %n records lost since %b\n"};

static int text_open(const struct schema *schema, const char *source,
                     const struct encoder_options *options, struct error *error,
                     struct encoder **ret_encoder)
{
    const struct text_config *config = options->config;
    _cleanup_(cleanup_free) char *id = event_id_new(source);
    const struct encode_plan_options plan_options = {.style = &style,
                                                     .source = source,
                                                     .type = options->type,
                                                     .id = id,
                                                     .resolve_names = options->resolver != NULL};
    struct encode_plan plan;
    size_t offset;
    int r;

    if (!id)
        return error_set(error, -ENOMEM, "out of memory");
    r = template_init(&plan, config->template, schema, &plan_options, options->siblings, error,
                      &offset);
    if (r == 0)
        return line_encoder_open_plan(&format, &plan, schema, source, options, error, ret_encoder);
    encode_plan_deinit(&plan);
    if (r == -EINVAL && options->place)
        *options->place = (struct encoder_place){"template", offset};
    return r;
}

const struct encoder_ops text_encoder_ops = {
    .name = "text",
    .doc = "a line of text made by a template",
    .settings = text_settings,
    .config_size = sizeof(struct text_config),
    .open = text_open,
    .encode = line_encoder_encode,
    .encode_loss = line_encoder_encode_loss,
    .close = line_encoder_close,
};
