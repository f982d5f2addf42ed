// SPDX-License-Identifier: Apache-2.0
/* Links the static form, with a function that is called like one of its private ones. */
#include <ringmill/ring.h>
#include <string.h>

int map_init(void);
int map_init(void)
{
    return 7;
}

int main(void)
{
    struct ringmill_error reason;
    struct ringmill_reader *reader;

    if (ringmill_open(-1, &reason, &reader) == 0 || !strstr(reason.text, "fd -1 is not a BPF map"))
        return 1;
    return map_init() != 7;
}
