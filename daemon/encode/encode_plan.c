// SPDX-License-Identifier: Apache-2.0

/* The keys of the event itself, and then its fields. How a tree becomes steps is in plan_builder.c.
 */

#include "encode/encode_plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "encode/plan_builder.h"

const struct encode_style encode_style_json = {.quoting = QUOTING_JSON,
                                               .nested = true,
                                               .begin = "{",
                                               .before_key = "\"",
                                               .after_key = "\":",
                                               .between = ",",
                                               .end = "}\n"};

const struct field *encode_plan_find_time(const struct schema *schema)
{
    const struct field *time = NULL;

    for (uint32_t i = 0; i < schema->n_fields; i++) {
        const struct field *field = &schema->fields[i];

        if (strcmp(field->name, "ktime") == 0 && field->meaning == MEANING_KTIME &&
            value_print_of(field, MEANING_KTIME) == PRINT_KTIME)
            time = field;
    }
    return time;
}

/* The keys time, source, type, _id and _lost belong to the event; a field of such a name gets
 * another key. */
static int reserve_keys(struct unique_keys *keys, const struct plan_builder *builder)
{
    const char *const own[] = {builder->time ? "time" : NULL, "source",
                               builder->options->type ? "type" : NULL,
                               builder->options->id ? "_id" : NULL, "_lost"};

    for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
        if (own[i] && !unique_keys_add(keys, own[i]))
            return -ENOMEM;
    return 0;
}

static int add_word(struct plan_builder *builder, const char *key, const char *text, bool first)
{
    int r = plan_builder_append_key(builder, key, first);

    return r < 0 ? r : plan_builder_append_value(builder, text);
}

/* The id's text is plain, so its quotes are JSON's or none. */
static int add_id(struct plan_builder *builder)
{
    const char *quote = builder->style->quoting == QUOTING_JSON ? "\"" : "";
    int r = plan_builder_append_key(builder, "_id", false);

    if (r == 0)
        r = plan_builder_append(builder, quote, strlen(quote));
    if (r == 0)
        r = plan_builder_append(builder, builder->options->id, strlen(builder->options->id));
    if (r == 0)
        r = plan_builder_add_special(builder, PRINT_POSITION);
    return r < 0 ? r : plan_builder_append(builder, quote, strlen(quote));
}

static int add_head(struct plan_builder *builder)
{
    int r = plan_builder_append(builder, builder->style->begin, strlen(builder->style->begin));

    if (r == 0 && builder->time)
        r = plan_builder_append_key(builder, "time", true);
    if (r == 0 && builder->time)
        r = plan_builder_add_value(builder, builder->time, MEANING_KTIME);
    if (r == 0)
        r = add_word(builder, "source", builder->options->source, !builder->time);
    if (r == 0 && builder->options->type)
        r = add_word(builder, "type", builder->options->type, false);
    if (r == 0 && builder->options->id)
        r = add_id(builder);
    return r;
}

/* A loss has a column of its own, which records leave empty. */
static int end_header(struct plan_builder *builder)
{
    struct encode_plan *plan = builder->plan;
    int r = plan_builder_append_key(builder, "_lost", false);
    char *line;

    if (r < 0)
        return r;
    if (asprintf(&line, "%s\n", plan->header) < 0)
        return -ENOMEM;
    free(plan->header);
    plan->header = line;
    return 0;
}

static int add_tail(struct plan_builder *builder)
{
    int r = builder->style->in_header ? end_header(builder) : 0;

    if (r == 0)
        r = plan_builder_append(builder, builder->style->end, strlen(builder->style->end));
    return r < 0 ? r : plan_builder_end(builder);
}

static int add_event(struct plan_builder *builder, const struct schema *schema)
{
    struct unique_keys keys = {0};
    int r = reserve_keys(&keys, builder);

    if (r == 0)
        r = add_head(builder);
    if (r == 0)
        r = plan_builder_add_members(builder, schema->fields, schema->n_fields, &keys, "", false);
    if (r == 0)
        r = add_tail(builder);
    unique_keys_deinit(&keys);
    return r;
}

int encode_plan_init(struct encode_plan *plan, const struct schema *schema,
                     const struct encode_plan_options *options, struct error *error)
{
    struct plan_builder builder = {.plan = plan,
                                   .options = options,
                                   .style = options->style,
                                   .time = encode_plan_find_time(schema),
                                   .has_columns = schema->n_columns > 0,
                                   .error = error};
    int r;

    *plan = (struct encode_plan){0};
    r = add_event(&builder, schema);
    free(builder.pending);
    return r == -ENOMEM ? error_set(error, r, "out of memory") : r;
}

void encode_plan_deinit(struct encode_plan *plan)
{
    for (uint32_t i = 0; i < plan->n_steps; i++) {
        struct encode_step *step = &plan->steps[i];

        prepared_text_deinit(&step->before);
        if (step->print == PRINT_ENUM)
            enum_names_deinit(&step->names);
        if (encode_step_has_steps(step))
            prepared_text_deinit(&step->array.tail);
    }
    free(plan->steps);
    free(plan->header);
    free(plan->fields);
    prepared_text_deinit(&plan->tail);
    *plan = (struct encode_plan){0};
}
