// SPDX-License-Identifier: Apache-2.0

/* Input: a C text. Whatever the bytes, reading it ends in a schema whose fields lie inside of it,
 * or in an error whose place lies inside of the text. */

#include "schema/ctext.h"

#include <errno.h>
#include <string.h>

#include "fuzz/checked_schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_place(const char *text, uint32_t line, uint32_t column)
{
    for (uint32_t i = 1; i < line; i++) {
        text = strchr(text, '\n');
        if (!text)
            abort();
        text++;
    }
    if (column == 0 || column > strcspn(text, "\n") + 1)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    struct error error = {0};
    struct schema *schema = NULL;
    uint32_t line = 0, column = 0;
    int r;

    memcpy(text, data, size);
    text[size] = '\0';
    r = schema_from_ctext(text, NULL, &error, &line, &column, &schema);
    if (r == 0)
        check_schema(schema);
    else if (!error.text[0])
        abort();
    else if (r == -EINVAL && size <= CTEXT_LENGTH_MAX)
        check_place(text, line, column);
    schema_free(schema);
    schema = NULL;
    if (schema_from_ctext(text, "event", NULL, NULL, NULL, &schema) == 0)
        check_schema(schema);
    schema_free(schema);
    free(text);
    return 0;
}
