// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Headers as authors share them with their user space; each has a struct of its file's name. */
#include "../headers/aliases.h"
#include "../headers/attributes.h"
#include "../headers/choices.h"
#include "../headers/functions.h"
#include "../headers/guarded.h"
#include "../headers/languages.h"
#include "../headers/maps.h"
#include "../headers/nested.h"
#include "../headers/numbers.h"
#include "../headers/shared.h"

#define KEEP(name) const struct name *unused_##name __attribute__((unused))

KEEP(guarded);
const shared *unused_shared __attribute__((unused));
KEEP(functions);
KEEP(languages);
KEEP(numbers);
KEEP(attributes);
KEEP(maps);
KEEP(nested);
KEEP(aliases);
KEEP(choices);

SEC("syscall")
int headers(void *context)
{
    return context != 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
