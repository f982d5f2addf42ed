// SPDX-License-Identifier: Apache-2.0
/* Finds the name that somebody probably meant. The distance is Damerau-Levenshtein in its
 * restricted form: insertions, deletions, changes and swaps of neighbours cost one each. Upper and
 * lower case, and '-' and '_', count as equal, since mixing them up is the commonest slip of all.
 * Three rows of the matrix are enough, on the stack, because names are short. */

#include "base/nearest.h"

#include <stddef.h>
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
    unsigned rows[3][NEAREST_NAME_MAX + 1];
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

void nearest_init(struct nearest *nearest, const char *name)
{
    *nearest = (struct nearest){.name = name};
}

void nearest_offer(struct nearest *nearest, const char *candidate)
{
    size_t length = strnlen(nearest->name, NEAREST_NAME_MAX + 1);
    size_t candidate_length = strnlen(candidate, NEAREST_NAME_MAX + 1);
    size_t longer = length > candidate_length ? length : candidate_length;
    unsigned limit = longer < 6 ? 1 : (unsigned)longer / 3;
    unsigned distance;

    if (longer > NEAREST_NAME_MAX)
        return;
    distance = measure(nearest->name, length, candidate, candidate_length);
    if (distance > limit || distance >= length)
        return;
    if (!nearest->best || distance < nearest->distance) {
        nearest->best = candidate;
        nearest->distance = distance;
    }
}
