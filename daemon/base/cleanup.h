// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Ownership by scope: a local that owns something names what frees it, and ownership leaves a
 * function by TAKE_PTR or TAKE_FD only. So one function can be judged leak-free by itself. */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(f) __attribute__((cleanup(f)))

/* Defines cleanup_NAME(), for _cleanup_, out of a function that frees one pointer and accepts NULL.
 */
#define DEFINE_CLEANUP(type, free_function)                    \
    static inline void cleanup_##free_function(type **pointer) \
    {                                                          \
        free_function(*pointer);                               \
    }                                                          \
    struct cleanup_semicolon

static inline void cleanup_free(void *pointer)
{
    free(*(void **)pointer);
}

static inline void cleanup_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static inline void cleanup_fclose(FILE **file)
{
    if (*file)
        fclose(*file);
}

/* The value; the variable is left empty, so that its cleanup does nothing. */
#define TAKE_PTR(pointer)                              \
    ({                                                 \
        __typeof__(pointer) *taken_from_ = &(pointer); \
        __typeof__(pointer) taken_ = *taken_from_;     \
        *taken_from_ = NULL;                           \
        taken_;                                        \
    })
#define TAKE_FD(fd)                \
    ({                             \
        int *taken_from_ = &(fd);  \
        int taken_ = *taken_from_; \
        *taken_from_ = -1;         \
        taken_;                    \
    })
