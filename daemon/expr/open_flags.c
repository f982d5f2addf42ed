// SPDX-License-Identifier: Apache-2.0
#include "expr/compile_value.h"

#include <linux/fcntl.h>

#define NAME(flag)  \
    {               \
#flag, flag \
    }

static const struct enum_name names[] = {
    NAME(O_RDONLY),  NAME(O_WRONLY),  NAME(O_RDWR),    NAME(O_ACCMODE),   NAME(O_APPEND),
    NAME(O_CLOEXEC), NAME(O_CREAT),   NAME(O_DIRECT),  NAME(O_DIRECTORY), NAME(O_DSYNC),
    NAME(O_EXCL),    NAME(O_NOATIME), NAME(O_NOCTTY),  NAME(O_NOFOLLOW),  NAME(O_NONBLOCK),
    NAME(O_PATH),    NAME(O_SYNC),    NAME(O_TMPFILE), NAME(O_TRUNC),
};

const struct field open_flags_names = {.name = "open_flags",
                                       .kind = FIELD_ENUM,
                                       .size = 4,
                                       .n_names = sizeof(names) / sizeof(*names),
                                       .names = names};
