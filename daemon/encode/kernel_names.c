// SPDX-License-Identifier: Apache-2.0

/* The C library knows the errors that programs see. The others are fixed in the kernel's
 * include/linux/errno.h, which is not part of its interface and yet never changes; a traced system
 * call that a signal interrupted returns one of them. */

#include "encode/kernel_names.h"

#include <string.h>

enum { ERRNO_MAX = 4095 };

static const char *kernel_errno(int number)
{
    switch (number) {
    case 512:
        return "ERESTARTSYS";
    case 513:
        return "ERESTARTNOINTR";
    case 514:
        return "ERESTARTNOHAND";
    case 515:
        return "ENOIOCTLCMD";
    case 516:
        return "ERESTART_RESTARTBLOCK";
    case 517:
        return "EPROBE_DEFER";
    case 518:
        return "EOPENSTALE";
    case 519:
        return "ENOPARAM";
    case 521:
        return "EBADHANDLE";
    case 522:
        return "ENOTSYNC";
    case 523:
        return "EBADCOOKIE";
    case 524:
        return "ENOTSUPP";
    case 525:
        return "ETOOSMALL";
    case 526:
        return "ESERVERFAULT";
    case 527:
        return "EBADTYPE";
    case 528:
        return "EJUKEBOX";
    case 529:
        return "EIOCBQUEUED";
    case 530:
        return "ERECALLCONFLICT";
    default:
        return NULL;
    }
}

struct text kernel_names_errno(int64_t number)
{
    struct text text = {0};
    const char *name;

    if (number < -ERRNO_MAX || number > ERRNO_MAX || number == 0)
        return text;
    number = number < 0 ? -number : number;
    name = strerrorname_np((int)number);
    name = name ? name : kernel_errno((int)number);
    if (name)
        text = (struct text){name, (uint32_t)strlen(name)};
    return text;
}

struct text kernel_names_syscall(uint64_t number)
{
    struct text none = {0};

    return number < kernel_names_syscall_count ? kernel_names_syscalls[number] : none;
}
