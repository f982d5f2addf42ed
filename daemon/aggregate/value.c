// SPDX-License-Identifier: Apache-2.0

/* `name(argument, word, word)`: the argument is an expression of the language, the words after it
 * are numbers and names of the value's own. So the text is cut at its outer commas, and only the
 * first piece is compiled. */

#include "aggregate/value.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "aggregate/value_kind.h"
#include "base/cleanup.h"
#include "base/suggestion.h"
#include "expr/handler_expr.h"
#include "record/moment.h"

enum { WORDS_MAX = VALUE_BOUNDS_MAX + 2 };

static const struct value_ops *const kinds[] = {
    &count_value,    &rate_value,     &sum_value,   &mean_value, &stddev_value,
    &min_value,      &max_value,      &first_value, &last_value, &hist_value,
    &quantile_value, &distinct_value, &top_value,   NULL,
};

/* The pieces of a call, in one block. */
struct value_call {
    char *text; /* "count\0x\00.99\0" */
    char *name;
    uint32_t argument; /* bytes from the beginning of the whole text */
    char *words[WORDS_MAX];
    uint32_t n_words;
};

static char *trim(char *word)
{
    size_t length;

    while (isspace((unsigned char)*word))
        word++;
    for (length = strlen(word); length > 0 && isspace((unsigned char)word[length - 1]); length--)
        word[length - 1] = '\0';
    return word;
}

/* Past a quoted text, or one character. */
static char *skip(char *at)
{
    char quote = *at;

    if (quote != '"' && quote != '\'')
        return at + 1;
    for (at++; *at && *at != quote; at++)
        if (*at == '\\' && at[1])
            at++;
    return *at ? at + 1 : at;
}

/* Cuts what is between the call's brackets. NULL, or the last bracket. */
static char *cut(struct value_call *call, char *at)
{
    char *begin = at;
    int depth = 0;

    for (; *at; at = skip(at)) {
        if (*at == '(' || *at == '[')
            depth++;
        else if (depth > 0 && (*at == ')' || *at == ']'))
            depth--;
        else if (depth == 0 && (*at == ',' || *at == ')')) {
            bool last = *at == ')';

            if (call->n_words == WORDS_MAX)
                return NULL;
            *at = '\0';
            call->words[call->n_words++] = trim(begin);
            begin = at + 1;
            if (last)
                return at;
        }
    }
    return NULL;
}

/* False: the text is not a call. */
static bool call_read(struct value_call *call)
{
    char *open = strchr(call->text, '('), *end;

    if (!open)
        return false;
    *open = '\0';
    call->name = trim(call->text);
    end = cut(call, open + 1);
    if (!end || *trim(end + 1))
        return false;
    call->argument = (uint32_t)(call->words[0] - call->text);
    if (call->n_words == 1 && !call->words[0][0])
        call->n_words = 0;
    return true;
}

static const struct value_ops *find_kind(const char *name)
{
    for (const struct value_ops *const *kind = kinds; *kind; kind++)
        if (strcmp((*kind)->name, name) == 0)
            return *kind;
    return NULL;
}

static void refuse_kind(const struct config_node *node, const char *name, struct diag *diag)
{
    struct suggestion suggestion;

    suggestion_init(&suggestion, name);
    for (const struct value_ops *const *kind = kinds; *kind; kind++)
        suggestion_offer(&suggestion, (*kind)->name);
    diag_add(diag, node, "unknown aggregate function; %s", suggestion_words(&suggestion));
}

static enum value_type type_of(const struct field *field)
{
    if (field->kind == FIELD_FLOAT)
        return VALUE_FLOAT;
    if (field->kind == FIELD_CHARS || field->kind == FIELD_BYTES)
        return VALUE_TEXT;
    return field->is_signed ? VALUE_SIGNED : VALUE_UNSIGNED;
}

static int open_argument(struct value *value, const struct value_call *call,
                         const struct config_node *node, const struct expr_scope *scope,
                         struct diag *diag)
{
    struct expr_error error;
    int result = expr_compile_value(call->words[0], scope, &error, &value->expr);

    if (result < 0) {
        if (!error.def)
            error.column += call->argument;
        expr_report(&error, node, diag);
        return result;
    }
    value->of = *expr_result(value->expr);
    value->type = type_of(&value->of);
    value->argument = malloc(sizeof(*value->argument));
    value->source = strdup(call->words[0]);
    if (!value->argument || !value->source)
        return -ENOMEM;
    if (value->type == VALUE_TEXT ? value->ops->texts : value->ops->numbers)
        return 0;
    diag_add(diag, node, "%s() needs a number; %s is %s", value->ops->name, call->words[0],
             value->of.kind != FIELD_BYTES ? "text"
             : value->of.meaning           ? "an address"
                                           : "bytes");
    return -EINVAL;
}

static bool check_words(const struct value *value, const struct value_call *call, uint32_t n_words,
                        const struct config_node *node, struct diag *diag)
{
    if (n_words >= value->ops->least && n_words <= value->ops->most &&
        (call->n_words > 0 || value->ops->optional))
        return true;
    diag_add(diag, node, "wrong arguments; write it as in %s", value->ops->form);
    return false;
}

/* scope: NULL where nothing is computed. */
static int open_call(struct value *value, struct value_call *call, const struct config_node *node,
                     const struct expr_scope *scope, struct diag *diag)
{
    uint32_t n_words = call->n_words > 0 ? call->n_words - 1 : 0;
    int result;

    if (!check_words(value, call, n_words, node, diag))
        return -EINVAL;
    if (call->n_words > 0 && scope) {
        result = open_argument(value, call, node, scope, diag);
        if (result < 0)
            return result;
    }
    return value->ops->open(value, call->words + 1, n_words, node, diag) ? 0 : -EINVAL;
}

static int open_text(struct value *value, const char *text, const struct config_node *node,
                     const struct expr_scope *scope, struct diag *diag)
{
    struct value_call call = {.text = strdup(text)};
    int result = -EINVAL;

    value->call = text;
    if (!call.text)
        return -ENOMEM;
    if (!call_read(&call))
        diag_add(diag, node, "expected a value, as in count() or quantile(duration, 0.99)");
    else if (!(value->ops = find_kind(call.name)))
        refuse_kind(node, call.name, diag);
    else
        result = open_call(value, &call, node, scope, diag);
    free(call.text);
    value->size = (value->size + 7) / 8 * 8;
    return result;
}

int value_open(const struct config_node *node, const struct expr_scope *scope, struct diag *diag,
               struct value *ret_value)
{
    memset(ret_value, 0, sizeof(*ret_value));
    if (node->kind != CONFIG_SCALAR) {
        diag_add(diag, node, "expected a value, as in count(), found %s",
                 config_node_kind_name(node));
        return -EINVAL;
    }
    ret_value->name = node->key;
    return open_text(ret_value, node->text, node, scope, diag);
}

int value_open_remote(const char *name, const char *call, const struct field *argument,
                      const struct config_node *node, struct diag *diag, struct value *ret_value)
{
    int result;

    memset(ret_value, 0, sizeof(*ret_value));
    ret_value->name = name;
    if (argument) {
        ret_value->of = *argument;
        ret_value->type = type_of(argument);
    }
    result = open_text(ret_value, call, node, NULL, diag);
    if (result < 0 || !argument)
        return result;
    return (ret_value->type == VALUE_TEXT ? ret_value->ops->texts : ret_value->ops->numbers)
               ? 0
               : -EINVAL;
}

void value_close(struct value *value)
{
    expr_free(value->expr);
    free(value->source);
    if (!value->borrows)
        free(value->argument);
    memset(value, 0, sizeof(*value));
}

void value_share(struct value *value, struct value *earlier)
{
    if (value->borrows || !value->source || !earlier->source ||
        strcmp(value->source, earlier->source) != 0)
        return;
    free(value->argument);
    value->argument = earlier->argument;
    value->borrows = true;
}

bool value_shares_state(const struct value *value, const struct value *earlier)
{
    return value->borrows && value->argument == earlier->argument && earlier->size > 0 &&
           value->ops == earlier->ops && value->ops->is_same_state &&
           value->ops->is_same_state(value, earlier);
}

void value_prepare(struct value *value, const struct batch *batch)
{
    if (value->expr && !value->borrows)
        expr_values(value->expr, batch, value->argument);
}

uint64_t value_hash(const struct value *value, uint32_t index)
{
    uint64_t bits;

    if (value->type == VALUE_TEXT)
        return XXH3_64bits(value->argument->texts[index].bytes,
                           value->argument->texts[index].length);
    bits = value->argument->integers[index];
    return XXH3_64bits(&bits, sizeof(bits));
}

/* ---- the portable form ----------------------------------------------------------------------- */

/* Of the values that are one moment of this machine's clock, which says nothing elsewhere. */
static bool is_moment(const struct value *value)
{
    return moment_is_since_boot(value->of.meaning) && value->ops->is_one_value;
}

uint64_t value_wall_bits(const struct value *value, const struct wall_offset *wall, uint64_t bits)
{
    return wall && is_moment(value) ? moment_wall(wall, &value->of, bits) : bits;
}

size_t value_few_max(const struct value *value)
{
    (void)value;
    return PORTABLE_HEAD + 4 * PORTABLE_NUMBER_MAX + 2 * sizeof(double);
}

int value_portable_end(const struct portable *from)
{
    return portable_whole(from) ? 0 : -EINVAL;
}

int value_read(const struct value *value, const uint8_t *bytes, size_t length, void *ret_state)
{
    if (length >= PORTABLE_HEAD && bytes[0] == 'R' && bytes[1] == 'M' &&
        bytes[2] == (uint8_t)value->ops->letter && bytes[3] != VALUE_PORTABLE_VERSION)
        return -EPROTO;
    return value->ops->read(value, bytes, length, ret_state);
}

struct field value_portable_argument(const struct value *value)
{
    struct field argument = value->of;

    if (argument.kind == FIELD_ENUM)
        argument.kind = argument.is_signed ? FIELD_INT : FIELD_UINT;
    if (argument.kind == FIELD_POINTER) {
        argument.kind = FIELD_UINT;
        argument.meaning = MEANING_HEX;
    }
    if (moment_is_since_boot(argument.meaning))
        argument.meaning = is_moment(value) ? MEANING_UNIX_NS : MEANING_NONE;
    return argument;
}

/* ---- what the kinds share -------------------------------------------------------------------- */

const struct field value_float = {.kind = FIELD_FLOAT, .size = 8, .type_name = "double"};

bool value_read_number(const char *word, double *ret_number)
{
    char *end;

    *ret_number = strtod(word, &end);
    return *word && *end == '\0' && isfinite(*ret_number);
}

void value_set_member(struct value *value, uint32_t index, const char *name,
                      const struct field *like, uint32_t offset)
{
    value->members[index + 1] = *like;
    value->members[index + 1].name = name;
    value->members[index + 1].offset = offset;
}

void value_set_list(struct value *value, uint32_t n_members, uint32_t stride, uint32_t count)
{
    value->row_bytes = VALUE_LIST_HEAD + stride * count;
    value->members[0] = (struct field){.name = "",
                                       .kind = FIELD_STRUCT,
                                       .offset = VALUE_LIST_HEAD,
                                       .size = stride,
                                       .n_members = n_members,
                                       .members = &value->members[1],
                                       .type_name = "struct"};
    value->result = (struct field){.kind = FIELD_ARRAY,
                                   .offset = VALUE_LIST_HEAD,
                                   .size = stride * count,
                                   .n_members = 1,
                                   .members = &value->members[0],
                                   .count = count,
                                   .stride = stride,
                                   .counted = true,
                                   .type_name = "struct[]"};
}
