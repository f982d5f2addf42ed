// SPDX-License-Identifier: Apache-2.0
/* What the row of an option table takes, in words: for messages, as in "expected a size from 4KiB
 * to 1GiB". */

#include <inttypes.h>
#include <stdarg.h>

#include "config/scalar.h"
#include "config/setting.h"

static const char *const nouns[] = {
    [SETTING_TEXT] = "a text",        [SETTING_PATH] = "an absolute path",
    [SETTING_BOOL] = "true or false", [SETTING_INTEGER] = "an integer",
    [SETTING_SIZE] = "a size",        [SETTING_DURATION] = "a duration",
    [SETTING_RATE] = "a rate",        [SETTING_CHOICE] = "one of",
    [SETTING_NAME] = "a name",        [SETTING_NAMES] = "a name or a list of names",
    [SETTING_NODE] = "a value",       [SETTING_TEXTS] = "a text or a list of texts",
};

static size_t put(char *buffer, size_t size, size_t used, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Appends; returns the bytes used, at most size. */
static size_t put(char *buffer, size_t size, size_t used, const char *format, ...)
{
    va_list arguments;

    if (used >= size)
        return size;
    va_start(arguments, format);
    used += (size_t)vsnprintf(buffer + used, size - used, format, arguments);
    va_end(arguments);
    return used < size ? used : size;
}

static void format_bound(const struct setting *setting, int64_t bound,
                         char text[static SCALAR_TEXT_MAX])
{
    if (setting->type == SETTING_SIZE)
        scalar_format_size((uint64_t)bound, text);
    else if (setting->type == SETTING_DURATION)
        scalar_format_duration((uint64_t)bound, text);
    else
        snprintf(text, SCALAR_TEXT_MAX, "%" PRId64, bound);
}

/* The unit of minimum and maximum, "" where they limit the value itself; NULL: the type has no
 * limits. */
static const char *counted(const struct setting *setting)
{
    switch (setting->type) {
    case SETTING_INTEGER:
    case SETTING_SIZE:
    case SETTING_DURATION:
    case SETTING_RATE:
        return "";
    case SETTING_TEXT:
        return " bytes";
    case SETTING_TEXTS:
    case SETTING_NAMES:
        return " entries";
    case SETTING_PATH:
    case SETTING_BOOL:
    case SETTING_CHOICE:
    case SETTING_NAME:
    case SETTING_NODE:
        break;
    }
    return NULL;
}

/* Both bounds, joined by the words that suit the place; nothing when the row has no range. */
static size_t put_range(const struct setting *setting, const char *from, const char *least,
                        char *buffer, size_t size, size_t used)
{
    const char *unit = counted(setting);
    char low[SCALAR_TEXT_MAX];
    char high[SCALAR_TEXT_MAX];

    if (!unit)
        return used;
    format_bound(setting, setting->minimum, low);
    format_bound(setting, setting->maximum, high);
    if (setting->maximum != 0 || setting->minimum < 0)
        return put(buffer, size, used, "%s%s to %s%s", from, low, high, unit);
    if (setting->minimum > 0 || setting->type == SETTING_INTEGER)
        return put(buffer, size, used, "%s%s%s", least, low, unit);
    return used;
}

static size_t put_choices(const struct setting *setting, char *buffer, size_t size, size_t used)
{
    for (const struct setting_choice *choice = setting->choices; choice->name; choice++)
        used =
            put(buffer, size, used, "%s%s", choice == setting->choices ? "" : ", ", choice->name);
    return used;
}

static bool is_just_not_empty(const struct setting *setting)
{
    return setting->type == SETTING_TEXT && setting->minimum == 1 && setting->maximum == 0;
}

void setting_describe(const struct setting *setting, char *buffer, size_t size)
{
    size_t used = put(buffer, size, 0, "%s", nouns[setting->type]);

    if (setting->type == SETTING_CHOICE) {
        used = put(buffer, size, used, " ");
        put_choices(setting, buffer, size, used);
    } else if (is_just_not_empty(setting)) {
        put(buffer, size, used, " that is not empty");
    } else if (setting->type == SETTING_INTEGER && setting->minimum == setting->maximum &&
               setting->minimum != 0) {
        put(buffer, size, 0, "%lld", (long long)setting->minimum);
    } else if (counted(setting)) {
        put_range(setting, *counted(setting) ? " of " : " from ", " of at least ", buffer, size,
                  used);
    }
}
