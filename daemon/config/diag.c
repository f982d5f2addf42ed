// SPDX-License-Identifier: Apache-2.0
/* Collects config errors, so that a user sees all of them at once and in the order of the file,
 * whichever part of the daemon found them. The array is kept sorted while it grows: there are few
 * messages, and a reader never has to ask whether it was sorted already. Control characters are
 * escaped on the way in, since keys and values come from a file and end on a terminal or a journal
 * that splits at newlines. */

#include "config/diag.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/printable.h"
#include "config/utf8.h"

static const char *const ellipsis = "...";

void diag_init(struct diag *diag)
{
    *diag = (struct diag){0};
}

static void message_deinit(struct diag_message *message)
{
    free(message->file);
    free(message->text);
    free(message->hint);
    free(message->excerpt);
}

void diag_deinit(struct diag *diag)
{
    for (size_t i = 0; i < diag->kept; i++)
        message_deinit(&diag->messages[i]);
    free(diag->messages);
    *diag = (struct diag){0};
}

/* Ends a text that vsnprintf cut, at the start of a character. */
static void mark_cut(char text[static DIAG_TEXT_MAX])
{
    strcpy(text + utf8_cut(text, DIAG_TEXT_MAX - 1 - strlen(ellipsis)), ellipsis);
}

/* A copy with control characters as \xNN; NULL when out of memory. */
static char *escape(const char *text)
{
    size_t length = strlen(text);
    char *copy = malloc(length * 4 + 1);
    size_t used = 0;

    if (!copy)
        return NULL;
    while (*text) {
        size_t whole = printable_length(text);

        if (whole == 0)
            used += (size_t)sprintf(copy + used, "\\x%02x", (unsigned char)*text++);
        for (; whole > 0; whole--)
            copy[used++] = *text++;
    }
    copy[used] = '\0';
    return copy;
}

static int compare(const struct diag_message *a, const struct diag_message *b)
{
    int order = strcmp(a->file, b->file);

    if (order != 0)
        return order;
    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    return (a->column > b->column) - (a->column < b->column);
}

/* False: there is no room; the message stays the caller's. */
static bool insert(struct diag *diag, const struct diag_message *message)
{
    struct diag_message *larger;
    size_t at = diag->kept;

    if (!message->file || !message->text || diag->kept == DIAG_MESSAGES_MAX)
        return false;
    larger = reallocarray(diag->messages, diag->kept + 1, sizeof(*larger));
    if (!larger)
        return false;
    diag->messages = larger;
    while (at > 0 && compare(&larger[at - 1], message) > 0)
        at--;
    memmove(larger + at + 1, larger + at, (diag->kept - at) * sizeof(*larger));
    larger[at] = *message;
    diag->kept++;
    return true;
}

/* Whether the message was added before with the same place and text. That happens because a handler
 * is opened once for each source of its pipeline. */
static bool is_known(const struct diag *diag, const struct diag_message *message)
{
    for (size_t i = 0; message->file && message->text && i < diag->kept; i++)
        if (compare(&diag->messages[i], message) == 0 &&
            strcmp(diag->messages[i].text, message->text) == 0)
            return true;
    return false;
}

/* Writes a message's text from the node's path, if any, and the words. What is from no file has no
 * place in one: its label stands for file and path. Copies file; owns hint and excerpt. */
static void add(struct diag *diag, struct diag_message message, const struct config_node *node,
                const char *format, va_list arguments)
{
    const char *label = config_node_label(node);
    char text[DIAG_TEXT_MAX];
    size_t used = 0;
    int wanted;

    if (label) {
        message.file = (char *)label;
        message.line = message.column = 0;
    } else if (node && node->parent) {
        config_node_path(node, text, CONFIG_PATH_MAX);
        used = strlen(text);
        used += (size_t)sprintf(text + used, ": ");
    }
    wanted = vsnprintf(text + used, sizeof(text) - used, format, arguments);
    if (wanted >= 0 && (size_t)wanted >= sizeof(text) - used)
        mark_cut(text);
    message.file = escape(message.file);
    message.text = escape(text);
    if (!is_known(diag, &message)) {
        if (insert(diag, &message))
            return;
        diag->rest++;
    }
    message_deinit(&message);
}

static struct diag_message at_value(const struct config_node *node)
{
    return (struct diag_message){
        .file = (char *)config_node_file(node), .line = node->line, .column = node->column};
}

void diag_add(struct diag *diag, const struct config_node *node, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    add(diag, at_value(node), node, format, arguments);
    va_end(arguments);
}

static void add_hinted(struct diag *diag, struct diag_message message,
                       const struct config_node *node, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    add(diag, message, node, format, arguments);
    va_end(arguments);
}

static struct diag_message at_key(const struct config_node *node)
{
    struct diag_message message = at_value(node);

    if (node->key) {
        message.line = node->key_line;
        message.column = node->key_column;
    }
    return message;
}

static void set_hint(struct diag_message *message, const struct error *error)
{
    message->hint = error->hint[0] ? escape(error->hint) : NULL;
    message->hint_key = error->hint_key;
    message->is_example = error->is_example;
}

void diag_add_error(struct diag *diag, const struct config_node *node, const struct error *error)
{
    struct diag_message message = at_value(node);

    set_hint(&message, error);
    add_hinted(diag, message, node, "%s", error->text);
}

void diag_add_key_error(struct diag *diag, const struct config_node *node,
                        const struct error *error)
{
    struct diag_message message = at_key(node);

    set_hint(&message, error);
    add_hinted(diag, message, node, "%s", error->text);
}

void diag_add_key(struct diag *diag, const struct config_node *node, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    add(diag, at_key(node), node, format, arguments);
    va_end(arguments);
}

void diag_add_place(struct diag *diag, const char *file, uint32_t line, uint32_t column,
                    const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    add(diag, (struct diag_message){.file = (char *)file, .line = line, .column = column}, NULL,
        format, arguments);
    va_end(arguments);
}

/* Replaces each by one space, so that the caret stays below the byte that it points at. */
static void blank_controls(char *excerpt)
{
    char *to = excerpt;

    for (const char *at = excerpt; *at;) {
        uint32_t length = printable_length(at);

        if (length == 0 && *at != '\n') {
            *to++ = ' ';
            for (at++; utf8_continues(*at); at++)
                ;
            continue;
        }
        for (length += length == 0; length > 0; length--)
            *to++ = *at++;
    }
    *to = '\0';
}

/* The part of the text's line around offset that fits, and a caret:
 *
 *         ...uid == && 0
 *                   ^          NULL when out of memory: the message goes without. */
static char *draw(const char *text, size_t length, size_t offset)
{
    size_t start = offset;
    size_t end = offset;
    bool is_cut;
    char *excerpt;

    while (start > 0 && text[start - 1] != '\n' && offset - start < DIAG_EXCERPT_MAX / 2)
        start--;
    while (start < offset && utf8_continues(text[start]))
        start++;
    is_cut = start > 0 && text[start - 1] != '\n';
    while (end < length && text[end] != '\n' && end - start < DIAG_EXCERPT_MAX)
        end++;
    while (end < length && end > offset && utf8_continues(text[end]))
        end--;
    if (asprintf(&excerpt, "    %s%.*s%s\n    %*s^\n", is_cut ? ellipsis : "", (int)(end - start),
                 text + start, end < length && text[end] != '\n' ? ellipsis : "",
                 (int)(utf8_count(text + start, offset - start) + (is_cut ? 3 : 0)), "") < 0)
        return NULL;
    blank_controls(excerpt);
    return excerpt;
}

void diag_add_inside(struct diag *diag, const struct config_node *scalar, size_t offset,
                     const char *format, ...)
{
    struct diag_message message = at_value(scalar);
    va_list arguments;

    if (offset > scalar->length)
        offset = scalar->length;
    message.excerpt = draw(scalar->text, scalar->length, offset);
    if (scalar->text_column > 0)
        message.column = scalar->text_column + (uint32_t)utf8_count(scalar->text, offset);
    va_start(arguments, format);
    add(diag, message, scalar, format, arguments);
    va_end(arguments);
}

size_t diag_count(const struct diag *diag)
{
    return diag->kept + diag->rest;
}

void diag_print(const struct diag *diag, FILE *file)
{
    for (size_t i = 0; i < diag->kept; i++) {
        const struct diag_message *message = &diag->messages[i];

        fputs(message->file, file);
        if (message->line > 0)
            fprintf(file, ":%u:%u", message->line, message->column);
        fprintf(file, "%s%s", *message->file ? ": " : "", message->text);
        if (message->hint)
            fprintf(file, message->hint_key ? "; %sset %s: %s" : "; %s%s%s",
                    message->is_example ? "for example, " : "",
                    message->hint_key ? message->hint_key : "", message->hint);
        fputc('\n', file);
        if (message->excerpt)
            fputs(message->excerpt, file);
    }
    if (diag->rest > 0)
        fprintf(file, "and %zu more\n", diag->rest);
}

char *diag_text(const struct diag *diag)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);

    if (!file)
        return NULL;
    diag_print(diag, file);
    fclose(file);
    return text;
}
