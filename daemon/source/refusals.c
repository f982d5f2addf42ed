// SPDX-License-Identifier: Apache-2.0

#include "source/refusals.h"

#include <stdio.h>
#include <string.h>

#include "source/object.h"

enum { LEFT_TEXT_MAX = 120 }; /* bytes of the names that would be left; more become "..." */

void refusals_add(struct refusals *refusals, const char *program, int code, const struct error *why)
{
    size_t used = strlen(refusals->lines);

    if (refusals->count++ == 0) {
        refusals->first = *why;
        refusals->code = code;
        refusals->program = program;
    }
    snprintf(refusals->lines + used, sizeof(refusals->lines) - used, "\n    %.*s",
             (int)strcspn(why->text, "\n"), why->text);
}

/* Lists the programs that would still be attached. Returns how many there are. */
static uint32_t list_left(const struct object *object, char text[LEFT_TEXT_MAX])
{
    uint32_t count = 0;
    size_t used = 0;

    text[0] = '\0';
    for (uint32_t i = 0; i < object->n_programs; i++) {
        const struct object_program *program = &object->programs[i];

        if (!program->chosen || !program->attach)
            continue;
        count++;
        if (used + strlen(program->name) + strlen(", , ...") < LEFT_TEXT_MAX)
            used += (size_t)snprintf(text + used, LEFT_TEXT_MAX - used, "%s%s", used ? ", " : "",
                                     program->name);
        else if (!strstr(text, "..."))
            strcat(text, ", ...");
    }
    return count;
}

int refusals_report(const struct refusals *refusals, const struct object *object,
                    struct error *error)
{
    char left[LEFT_TEXT_MAX];
    uint32_t n_left = list_left(object, left);
    struct error report = refusals->first;

    if (refusals->count == 0)
        return 0;
    if (refusals->count > 1)
        error_set(&report, refusals->code, "this kernel cannot run %u of %u programs%s",
                  refusals->count, refusals->count + n_left, refusals->lines);
    if (n_left > 0) {
        char *end = strchr(report.text, '\n'), lines[ERROR_TEXT_MAX];

        snprintf(lines, sizeof(lines), "%s", end ? end : "");
        if (end)
            *end = '\0';
        error_append(&report, "; without %s, these are left: %s%s",
                     refusals->count > 1 ? "those" : "it", left, lines);
        error_hint_setting(&report, "optional", "%s",
                           refusals->count > 1 ? "all" : refusals->program);
    }
    *error = report;
    return refusals->code;
}
