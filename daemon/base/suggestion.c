// SPDX-License-Identifier: Apache-2.0
/* Finds the name that somebody probably meant. The distance is Damerau-Levenshtein in its
 * restricted form: insertions, deletions, changes and swaps of neighbours cost one each. Upper and
 * lower case, and '-' and '_', count as equal, since mixing them up is the commonest slip of all.
 * Three rows of the matrix are enough, on the stack, because names are short. */

#include "base/suggestion.h"

#include <stdio.h>
#include <string.h>

static unsigned char fold(char letter)
{
    if (letter >= 'A' && letter <= 'Z')
        return (unsigned char)(letter - 'A' + 'a');
    return letter == '-' ? '_' : (unsigned char)letter;
}

static unsigned smaller(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static unsigned measure(const char *a, size_t a_length, const char *b, size_t b_length)
{
    unsigned rows[3][SUGGESTION_NAME_MAX + 1];
    unsigned *before = rows[0];
    unsigned *above = rows[1];
    unsigned *row = rows[2];

    for (size_t j = 0; j <= b_length; j++)
        above[j] = (unsigned)j;
    for (size_t i = 1; i <= a_length; i++) {
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_length; j++) {
            unsigned change = above[j - 1] + (fold(a[i - 1]) != fold(b[j - 1]));

            row[j] = smaller(change, smaller(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && fold(a[i - 1]) == fold(b[j - 2]) &&
                fold(a[i - 2]) == fold(b[j - 1]))
                row[j] = smaller(row[j], before[j - 2] + 1);
        }
        unsigned *free_row = before;

        before = above;
        above = row;
        row = free_row;
    }
    return above[b_length];
}

void suggestion_init_part(struct suggestion *suggestion, const char *name, size_t length)
{
    size_t kept = length < sizeof(suggestion->name) ? length : sizeof(suggestion->name) - 1;

    memcpy(suggestion->name, name, kept);
    suggestion->name[kept] = '\0';
    suggestion->best[0] = '\0';
    suggestion->list[0] = '\0';
    suggestion->used = 0;
}

void suggestion_init(struct suggestion *suggestion, const char *name)
{
    suggestion_init_part(suggestion, name, strlen(name));
}

static void compare(struct suggestion *suggestion, const char *known, size_t known_length)
{
    size_t length = strlen(suggestion->name);
    size_t longer = length > known_length ? length : known_length;
    unsigned limit = longer < 6 ? 1 : (unsigned)longer / 3;
    unsigned distance;

    if (longer > SUGGESTION_NAME_MAX)
        return;
    distance = measure(suggestion->name, length, known, known_length);
    if (distance > limit || distance >= length)
        return;
    if (*suggestion->best && distance >= suggestion->distance)
        return;
    memcpy(suggestion->best, known, known_length);
    suggestion->best[known_length] = '\0';
    suggestion->distance = distance;
}

void suggestion_offer_part(struct suggestion *suggestion, const char *known, size_t length)
{
    const size_t room = SUGGESTION_LIST_MAX - sizeof(", ...");
    const char *before = suggestion->used > 0 ? ", " : "";

    compare(suggestion, known, length);
    if (suggestion->used >= room)
        return;
    if (suggestion->used + strlen(before) + length >= room) {
        strcpy(suggestion->list + suggestion->used, suggestion->used > 0 ? ", ..." : "...");
        suggestion->used = room;
        return;
    }
    suggestion->used += (size_t)snprintf(suggestion->list + suggestion->used,
                                         SUGGESTION_LIST_MAX - suggestion->used, "%s%.*s", before,
                                         (int)length, known);
}

void suggestion_offer(struct suggestion *suggestion, const char *known)
{
    suggestion_offer_part(suggestion, known, strlen(known));
}

const char *suggestion_question(struct suggestion *suggestion)
{
    suggestion->words[0] = '\0';
    if (*suggestion->best)
        snprintf(suggestion->words, SUGGESTION_WORDS_MAX, "; did you mean \"%s\"?",
                 suggestion->best);
    return suggestion->words;
}

void suggestion_hint(const struct suggestion *suggestion, struct error *error)
{
    if (*suggestion->best)
        error_hint(error, "did you mean \"%s\"?", suggestion->best);
}

const char *suggestion_words(struct suggestion *suggestion)
{
    int used =
        suggestion->used > 0
            ? snprintf(suggestion->words, SUGGESTION_WORDS_MAX, "allowed are %s", suggestion->list)
            : snprintf(suggestion->words, SUGGESTION_WORDS_MAX, "none are defined");

    if (*suggestion->best)
        snprintf(suggestion->words + used, SUGGESTION_WORDS_MAX - (size_t)used,
                 "; did you mean \"%s\"?", suggestion->best);
    return suggestion->words;
}

/* The length of the first `most` names of the list. */
static size_t cut_list(const char *list, uint32_t most)
{
    const char *at = list;

    while (most-- > 1 && at)
        at = (at = strstr(at, ", ")) ? at + 2 : NULL;
    at = at ? strstr(at, ", ") : NULL;
    return at ? (size_t)(at - list) : strlen(list);
}

const char *suggestion_or_list(struct suggestion *suggestion, const char *words, uint32_t most)
{
    size_t shown = cut_list(suggestion->list, most);

    if (*suggestion->best)
        snprintf(suggestion->words, SUGGESTION_WORDS_MAX, "did you mean %s?", suggestion->best);
    else if (suggestion->used == 0)
        snprintf(suggestion->words, SUGGESTION_WORDS_MAX, "none are defined");
    else
        snprintf(suggestion->words, SUGGESTION_WORDS_MAX, "%s %.*s%s", words, (int)shown,
                 suggestion->list, suggestion->list[shown] ? ", ..." : "");
    return suggestion->words;
}
