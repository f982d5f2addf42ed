// SPDX-License-Identifier: Apache-2.0

/* The file says where symbols begin, not where they end, so those of data are kept, too: they end
 * what is before them. Of several names of an address the file's first one is shown. */

#include "base/kernel_text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sorted.h"

struct symbol {
    uint64_t address; /* first: see base/sorted.h */
    uint32_t name; /* its place in the bytes; the name ends with a NUL, the module after it, too */
    bool is_text;
};

struct kernel_text {
    char *bytes; /* the file, with its separators made NULs */
    struct symbol *symbols;
    uint32_t n;
    bool hidden;
};

struct kernel_text *kernel_text_new(void)
{
    return calloc(1, sizeof(struct kernel_text));
}

static void deinit(struct kernel_text *symbols)
{
    free(symbols->bytes);
    free(symbols->symbols);
}

void kernel_text_free(struct kernel_text *symbols)
{
    if (!symbols)
        return;
    deinit(symbols);
    free(symbols);
}

/* All of the file and a NUL. */
static int read_file(int fd, char **ret)
{
    size_t room = 1 << 20, used = 0;
    _cleanup_(cleanup_free) char *bytes = malloc(room);
    ssize_t got = 1;

    if (lseek(fd, 0, SEEK_SET) < 0)
        return -errno;
    while (bytes && got > 0) {
        if (used + 1 == room) {
            char *more = room < KERNEL_TEXT_BYTES_MAX ? realloc(bytes, 2 * room) : NULL;

            if (!more)
                return room < KERNEL_TEXT_BYTES_MAX ? -ENOMEM : -EFBIG;
            bytes = more;
            room *= 2;
        }
        got = read(fd, bytes + used, room - used - 1);
        if (got < 0 && errno == EINTR)
            got = 1;
        else if (got < 0)
            return -errno;
        else
            used += (size_t)got;
    }
    if (!bytes)
        return -ENOMEM;
    bytes[used] = '\0';
    *ret = TAKE_PTR(bytes);
    return 0;
}

static bool is_text(char type)
{
    return strchr("tTwW", type) != NULL;
}

/* "ffffffff81000000 T name" or "... name\t[module]". False: it is another line. */
static bool parse_line(char *line, const char *bytes, struct symbol *ret)
{
    char *after, *module;

    ret->address = strtoull(line, &after, 16);
    if (after == line || after[0] != ' ' || !after[1] || after[2] != ' ' || !after[3])
        return false;
    ret->is_text = is_text(after[1]);
    ret->name = (uint32_t)(after + 3 - bytes);
    module = strchr(after + 3, '\t');
    if (module)
        *module = '\0';
    return true;
}

static int compare_symbols(const void *a, const void *b)
{
    const struct symbol *left = a, *right = b;

    if (left->address != right->address)
        return left->address < right->address ? -1 : 1;
    return left->name < right->name ? -1 : 1;
}

static uint32_t count_lines(const char *bytes)
{
    uint32_t n = 1;

    for (; *bytes && n < KERNEL_TEXT_MAX; bytes++)
        n += *bytes == '\n';
    return n;
}

/* After each line there is a second NUL, where a line without a module has its module. */
static int parse(struct kernel_text *symbols)
{
    uint32_t room = count_lines(symbols->bytes), shown = 0;
    char *rest = symbols->bytes, *line;

    symbols->symbols = calloc(room, sizeof(*symbols->symbols));
    if (!symbols->symbols)
        return -ENOMEM;
    while (symbols->n < room && (line = strsep(&rest, "\n")))
        if (parse_line(line, symbols->bytes, &symbols->symbols[symbols->n]))
            shown += symbols->symbols[symbols->n++].address != 0;
    symbols->hidden = symbols->n > 0 && shown == 0;
    qsort(symbols->symbols, symbols->n, sizeof(*symbols->symbols), compare_symbols);
    return 0;
}

int kernel_text_read(struct kernel_text *symbols, int fd)
{
    struct kernel_text next = {0};
    int r = read_file(fd, &next.bytes);

    if (r == 0)
        r = parse(&next);
    if (r < 0) {
        deinit(&next);
        return r;
    }
    deinit(symbols);
    *symbols = next;
    return 0;
}

bool kernel_text_are_hidden(const struct kernel_text *symbols)
{
    return symbols->hidden;
}

/* The first of the last ones that begin at the address or before it; NULL: none. */
static const struct symbol *find(const struct kernel_text *symbols, uint64_t address)
{
    uint32_t low =
        sorted_count_to(symbols->symbols, symbols->n, sizeof(*symbols->symbols), address);

    if (low == 0)
        return NULL;
    for (low--; low > 0 && symbols->symbols[low - 1].address == symbols->symbols[low].address;)
        low--;
    return &symbols->symbols[low];
}

/* "[module]" of that symbol's line; "": it has none. */
static const char *module_of(const char *name)
{
    const char *after = name + strlen(name) + 1;

    return *after == '[' ? after : "";
}

int kernel_text_find(const struct kernel_text *symbols, uint64_t address, char *name, uint32_t room)
{
    const struct symbol *symbol = symbols->hidden ? NULL : find(symbols, address);
    char text[1024];
    const char *module;
    int length;

    if (!symbol || !symbol->is_text || address - symbol->address > KERNEL_TEXT_SPAN_MAX)
        return -ENOENT;
    module = module_of(symbols->bytes + symbol->name);
    length = snprintf(text, sizeof(text), "%s+0x%llx%s%s", symbols->bytes + symbol->name,
                      (unsigned long long)(address - symbol->address), *module ? " " : "", module);
    if (length < 0 || (uint32_t)length > room || (size_t)length >= sizeof(text))
        return -ENOENT;
    memcpy(name, text, (size_t)length);
    return length;
}
