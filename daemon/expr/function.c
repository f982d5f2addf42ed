// SPDX-License-Identifier: Apache-2.0
#include "expr/function.h"

bool function_is_condition(const struct node *node)
{
    (void)node;
    return false;
}

int function_value(struct compile *compile, const struct node *node, const struct beside *beside,
                   struct operand *ret)
{
    (void)beside, (void)ret;
    return compile_refuse(compile, node, "there is no function %.*s", (int)node->spelling.length,
                          node->spelling.bytes);
}
