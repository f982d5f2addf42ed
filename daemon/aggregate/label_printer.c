// SPDX-License-Identifier: Apache-2.0

/* All values are printed by one plan with a control character between them, which no value can
 * hold, and then each is escaped once more as labels want it. */

#include "aggregate/label_printer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "encode/record_print.h"
#include "encode/template.h"
#include "expr/key.h"

#define BETWEEN '\x01'

enum {
    PRINTED_MAX =
        KEY_PARTS_MAX * (6 * KEY_TEXT_MAX + 64), /* \u0001 is the longest way to write a byte */
    PLACEHOLDER_MAX = 16,
};

static const struct encode_style style = {.quoting = QUOTING_TEXT};

struct label_printer {
    struct encode_plan plan;
    struct record_print_state state;
    struct schema schema;
    struct field fields[KEY_PARTS_MAX];
    char field_names[KEY_PARTS_MAX][PLACEHOLDER_MAX];
    char *names[KEY_PARTS_MAX];
    uint32_t n_names;
    char printed[PRINTED_MAX];
};

void label_printer_free(struct label_printer *printer)
{
    if (!printer)
        return;
    for (uint32_t i = 0; i < printer->n_names; i++)
        free(printer->names[i]);
    encode_plan_deinit(&printer->plan);
    free(printer);
}

struct label_printer *label_printer_new(const struct key *key, const char *const *names,
                                        uint32_t first_column, const struct wall_offset *wall)
{
    struct label_printer *printer = calloc(1, sizeof(*printer));
    const struct encode_plan_options options = {
        .style = &style, .source = "", .id = "", .in_place = true};
    char template[KEY_PARTS_MAX * (PLACEHOLDER_MAX + 3) + 1];
    struct error error;
    size_t used = 0, offset;
    bool complete = true;

    if (!printer)
        return NULL;
    printer->state.wall = wall;
    printer->n_names = key_parts(key);
    for (uint32_t i = 0; i < printer->n_names; i++) {
        printer->names[i] = strdup(names[i]);
        complete &= printer->names[i] != NULL;
        snprintf(printer->field_names[i], PLACEHOLDER_MAX, "part%u", i);
        printer->fields[i] = *key_field(key, i);
        printer->fields[i].name = printer->field_names[i];
        printer->fields[i].column = (uint16_t)(first_column + i + 1);
        used += (size_t)snprintf(template + used, sizeof(template) - used, "{%s}%c",
                                 printer->field_names[i], BETWEEN);
    }
    printer->schema = (struct schema){.type_name = "a key",
                                      .n_fields = printer->n_names,
                                      .fields = printer->fields,
                                      .n_columns = first_column + printer->n_names};
    if (template_init(&printer->plan, template, &printer->schema, &options, NULL, &error,
                      &offset) == 0 &&
        complete)
        return printer;
    label_printer_free(printer);
    return NULL;
}

size_t label_printer_room(const char *const *names, uint32_t n_names, size_t value_max)
{
    size_t room = 1;

    for (uint32_t i = 0; i < n_names; i++)
        room += strlen(names[i]) + sizeof("=\"\",") - 1 + 2 * value_max;
    return room;
}

static char *put_value(char *out, const char *value, size_t length, size_t value_max)
{
    if (length > value_max) {
        length = value_max;
        while (length > 0 && ((unsigned char)value[length] & 0xc0) == 0x80)
            length--;
    }
    for (size_t i = 0; i < length; i++) {
        if (value[i] == '\\' || value[i] == '"')
            *out++ = '\\';
        *out++ = value[i];
    }
    return out;
}

const char *label_printer_put(struct label_printer *printer, const struct batch *batch,
                              uint32_t index, size_t value_max, char *out)
{
    const char *value = printer->printed;
    char *at = out,
         *end = record_print_other(&printer->plan, &printer->state, QUOTING_TEXT, batch, index,
                                   printer->printed, printer->printed + PRINTED_MAX);

    for (uint32_t i = 0; end && i < printer->n_names; i++) {
        const char *after = memchr(value, BETWEEN, (size_t)(end - value));

        if (!after)
            break;
        at += sprintf(at, "%s%s=\"", i > 0 ? "," : "", printer->names[i]);
        at = put_value(at, value, (size_t)(after - value), value_max);
        *at++ = '"';
        value = after + 1;
    }
    *at = '\0';
    return out;
}
