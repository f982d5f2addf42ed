// SPDX-License-Identifier: Apache-2.0

/* What an event says of itself, and then its fields. How a tree becomes steps is in draft.c. */

#include "encode/plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "encode/draft.h"

const struct plan_style plan_json = {.quoting = QUOTING_JSON,
                                     .nested = true,
                                     .begin = "{",
                                     .before_key = "\"",
                                     .behind_key = "\":",
                                     .between = ",",
                                     .end = "}\n"};

const struct field *plan_find_time(const struct schema *schema)
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

/* What an event says of itself stands first; a field of such a name gives way. */
static int reserve_keys(struct keyset *keys, const struct draft *draft)
{
    const char *const own[] = {draft->time ? "time" : NULL, "source",
                               draft->options->type ? "type" : NULL,
                               draft->options->id ? "_id" : NULL, "_lost"};

    for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
        if (own[i] && !keyset_add(keys, own[i]))
            return -ENOMEM;
    return 0;
}

static int add_word(struct draft *draft, const char *key, const char *text, bool first)
{
    int r = draft_say_key(draft, key, first);

    return r < 0 ? r : draft_say_text(draft, text);
}

/* The id's text is plain, so its quotes are JSON's or none. */
static int add_id(struct draft *draft)
{
    const char *quote = draft->style->quoting == QUOTING_JSON ? "\"" : "";
    int r = draft_say_key(draft, "_id", false);

    if (r == 0)
        r = draft_say(draft, quote, strlen(quote));
    if (r == 0)
        r = draft_say(draft, draft->options->id, strlen(draft->options->id));
    if (r == 0)
        r = draft_add_special(draft, PRINT_POSITION);
    return r < 0 ? r : draft_say(draft, quote, strlen(quote));
}

static int add_head(struct draft *draft)
{
    int r = draft_say(draft, draft->style->begin, strlen(draft->style->begin));

    if (r == 0 && draft->time)
        r = draft_say_key(draft, "time", true);
    if (r == 0 && draft->time)
        r = draft_add_value(draft, draft->time, MEANING_KTIME);
    if (r == 0)
        r = add_word(draft, "source", draft->options->source, !draft->time);
    if (r == 0 && draft->options->type)
        r = add_word(draft, "type", draft->options->type, false);
    if (r == 0 && draft->options->id)
        r = add_id(draft);
    return r;
}

/* A loss has a column of its own, which records leave empty. */
static int end_header(struct draft *draft)
{
    struct plan *plan = draft->plan;
    int r = draft_say_key(draft, "_lost", false);
    char *line;

    if (r < 0)
        return r;
    if (asprintf(&line, "%s\n", plan->header) < 0)
        return -ENOMEM;
    free(plan->header);
    plan->header = line;
    return 0;
}

static int add_tail(struct draft *draft)
{
    int r = draft->style->in_header ? end_header(draft) : 0;

    if (r == 0)
        r = draft_say(draft, draft->style->end, strlen(draft->style->end));
    return r < 0 ? r : draft_end(draft);
}

static int add_event(struct draft *draft, const struct schema *schema)
{
    struct keyset keys = {0};
    int r = reserve_keys(&keys, draft);

    if (r == 0)
        r = add_head(draft);
    if (r == 0)
        r = draft_add_members(draft, schema->fields, schema->n_fields, &keys, "", false);
    if (r == 0)
        r = add_tail(draft);
    keyset_deinit(&keys);
    return r;
}

int plan_init(struct plan *plan, const struct schema *schema, const struct plan_options *options,
              struct error *error)
{
    struct draft draft = {.plan = plan,
                          .options = options,
                          .style = options->style,
                          .time = plan_find_time(schema),
                          .error = error};
    int r;

    *plan = (struct plan){0};
    r = add_event(&draft, schema);
    free(draft.pending);
    return r == -ENOMEM ? error_set(error, r, "out of memory") : r;
}

void plan_deinit(struct plan *plan)
{
    for (uint32_t i = 0; i < plan->n_steps; i++) {
        struct plan_step *step = &plan->steps[i];

        snippet_deinit(&step->before);
        if (step->print == PRINT_ENUM)
            names_deinit(&step->names);
        if (step->print == PRINT_ARRAY || step->print == PRINT_OBJECT)
            snippet_deinit(&step->array.tail);
    }
    free(plan->steps);
    free(plan->header);
    free(plan->fields);
    snippet_deinit(&plan->tail);
    *plan = (struct plan){0};
}
