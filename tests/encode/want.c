// SPDX-License-Identifier: Apache-2.0

#include "encode/want.h"

#include <arpa/inet.h>
#include <cap-ng.h>
#include <ctype.h>
#include <err.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

enum { TEXT_MAX = 4096 };

const char *now_at;
const char *now_text;

void lie(const char *expected)
{
    errx(1, "field %s: expected %s in %s", now_at, expected, now_text);
}

void want_null(json_object *value)
{
    if (value)
        lie("null");
}

void want_text(json_object *value, const char *expected, size_t length)
{
    if (json_object_get_type(value) != json_type_string ||
        (size_t)json_object_get_string_len(value) != length ||
        memcmp(json_object_get_string(value), expected, length) != 0)
        lie(expected);
}

void want_words(json_object *value, const char *expected)
{
    want_text(value, expected, strlen(expected));
}

static void want_number(json_object *value, uint64_t bits, bool is_signed)
{
    char expected[32];

    snprintf(expected, sizeof(expected), is_signed ? "%lld" : "%llu", (long long)bits);
    if (json_object_get_type(value) != json_type_int ||
        strcmp(json_object_to_json_string(value), expected) != 0)
        lie(expected);
}

/* Bytes of the code point at bytes, by its value; 0: there is none. */
static size_t code_point(const uint8_t *bytes, size_t left)
{
    size_t length = bytes[0] < 0x80             ? 1
                    : (bytes[0] & 0xe0) == 0xc0 ? 2
                    : (bytes[0] & 0xf0) == 0xe0 ? 3
                    : (bytes[0] & 0xf8) == 0xf0 ? 4
                                                : 0;
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t value = length == 1 ? bytes[0] : bytes[0] & (0x7fu >> length);

    if (length == 0 || length > left)
        return 0;
    for (size_t i = 1; i < length; i++) {
        if (bytes[i] >> 6 != 2)
            return 0;
        value = value << 6 | (bytes[i] & 0x3f);
    }
    return value < least[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)
               ? 0
               : length;
}

/* As escape.h promises it. */
size_t spell(const uint8_t *bytes, size_t length, char *out)
{
    size_t used = 0;

    for (size_t i = 0; i < length;) {
        size_t taken = code_point(bytes + i, length - i);

        if (taken)
            memcpy(out + used, bytes + i, taken);
        else
            sprintf(out + used, "\\x%02x", bytes[i]);
        used += taken ? taken : 4;
        i += taken ? taken : 1;
    }
    out[used] = '\0';
    return used;
}

void want_string(json_object *value, const uint8_t *bytes, size_t length)
{
    char expected[4 * TEXT_MAX + 1];

    want_text(value, expected, spell(bytes, length, expected));
}

void want_list(json_object *value, const uint8_t *bytes, size_t length)
{
    size_t count = 0;

    if (json_object_get_type(value) != json_type_array)
        lie("a list");
    for (size_t i = 0; i < length; count++) {
        size_t piece = strnlen((const char *)bytes + i, length - i);

        if (count >= json_object_array_length(value))
            lie("more texts");
        want_string(json_object_array_get_idx(value, count), bytes + i, piece);
        i += piece + 1;
    }
    if (count != json_object_array_length(value))
        lie("fewer texts");
}

static void want_time(json_object *value, uint64_t ns)
{
    int64_t signed_ns = (int64_t)ns, rest = signed_ns % 1000000000;
    time_t second = (time_t)(signed_ns / 1000000000);
    char date[40], expected[60];
    struct tm parts;

    if (rest < 0) {
        rest += 1000000000;
        second--;
    }
    gmtime_r(&second, &parts);
    strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(expected, sizeof(expected), "%s.%09lldZ", date, (long long)rest);
    want_words(value, expected);
}

static void want_address(json_object *value, int family, const void *bytes)
{
    char expected[INET6_ADDRSTRLEN];

    inet_ntop(family, bytes, expected, sizeof(expected));
    want_words(value, expected);
}

static void want_hex(json_object *value, const uint8_t *bytes, size_t length)
{
    char expected[2 * TEXT_MAX + 1] = "";

    for (size_t i = 0; i < length; i++)
        sprintf(expected + 2 * i, "%02x", bytes[i]);
    want_words(value, expected);
}

static void want_wide(json_object *value, const uint8_t *bytes, size_t length)
{
    char expected[128] = "0x";
    size_t used = 2;

    while (length > 1 && bytes[length - 1] == 0)
        length--;
    used += (size_t)sprintf(expected + used, "%x", bytes[length - 1]);
    while (length-- > 1)
        used += (size_t)sprintf(expected + used, "%02x", bytes[length - 1]);
    want_words(value, expected);
}

static void want_errno(json_object *value, const struct field *field, uint64_t bits)
{
    int64_t number = (int64_t)bits;
    const char *name;

    if (!field->is_signed && field->size == 4 && !field->bits && !field->column)
        number = (int32_t)bits;
    number = number > -5000 && number < 0 ? -number : number;
    name = number > 0 && number < 5000 ? strerrorname_np((int)number) : NULL;
    name = number == 512 ? "ERESTARTSYS" : name;
    if (name)
        want_words(value, name);
    else if (number < 513 || number > 530)
        want_number(value, bits, field->is_signed);
}

static void want_syscall(json_object *value, const struct field *field, uint64_t bits)
{
    static const struct {
        uint64_t number;
        const char *name;
    } known[] = {{SYS_read, "read"},     {SYS_close, "close"},   {SYS_openat, "openat"},
                 {SYS_execve, "execve"}, {SYS_ptrace, "ptrace"}, {SYS_bpf, "bpf"}};

    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
        if (known[i].number == bits)
            return want_words(value, known[i].name);
    if (bits > 1000)
        want_number(value, bits, field->is_signed);
}

/* Any time that is unsigned and later than the year 2262 is none. */
static void want_moment(json_object *value, const struct field *field, uint64_t bits,
                        int64_t offset)
{
    __int128 ns = (__int128)(field->is_signed ? (__int128)(int64_t)bits : (__int128)bits) + offset;

    if (bits == 0 || ns > INT64_MAX || ns < INT64_MIN)
        return want_null(value);
    want_time(value, (uint64_t)ns);
}

static uint64_t without_extension(const struct field *field, uint64_t bits)
{
    uint32_t width = field->bits ? field->bits : field->size * 8;

    return width > 0 && width < 64 ? bits & ~(UINT64_MAX << width) : bits;
}

static void want_signal(json_object *value, const struct field *field, uint64_t bits)
{
    char expected[32];

    if (bits == 0 || bits > 31)
        return want_number(value, bits, field->is_signed);
    snprintf(expected, sizeof(expected), "SIG%s", bits == 29 ? "IO" : sigabbrev_np((int)bits));
    want_words(value, expected);
}

/* Name by name, in the order of their bits; what is left as a number. */
static void want_flags(json_object *value, const struct field *field, uint64_t bits,
                       const char *const *names, uint32_t count)
{
    uint64_t whole = bits, all = bits = without_extension(field, bits);
    char expected[2048] = "";

    for (uint32_t i = 0; i < count; i++)
        if (names[i] && all & UINT64_C(1) << i) {
            sprintf(expected + strlen(expected), "%s%s", *expected ? "|" : "", names[i]);
            bits &= ~(UINT64_C(1) << i);
        }
    if (!*expected)
        return want_number(value, whole, field->is_signed);
    if (bits)
        sprintf(expected + strlen(expected), "|0x%llx", (unsigned long long)bits);
    want_words(value, expected);
}

static const char *const tcp_flags[] = {"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"};

static void want_capabilities(json_object *value, const struct field *field, uint64_t bits)
{
    const char *names[CAP_LAST_CAP + 1];
    char text[CAP_LAST_CAP + 1][40];

    for (unsigned i = 0; i <= CAP_LAST_CAP; i++) {
        snprintf(text[i], sizeof(text[i]), "CAP_%s", capng_capability_to_name(i));
        for (char *at = text[i]; *at; at++)
            *at = (char)toupper(*at);
        names[i] = text[i];
    }
    want_flags(value, field, bits, names, CAP_LAST_CAP + 1);
}

/* What is there beside the access mode, by its beginning and its end. */
static void want_open_flags(json_object *value, const struct field *field, uint64_t bits)
{
    static const char *const modes[] = {"O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"};
    uint64_t all = without_extension(field, bits);
    const char *mode = modes[all & 3], *text = json_object_get_string(value);

    if (!text || strncmp(text, mode, strlen(mode)) != 0)
        lie(mode);
    if (((all & O_CREAT) != 0) != (strstr(text, "|O_CREAT") != NULL) ||
        ((all & O_CLOEXEC) != 0) != (strstr(text, "|O_CLOEXEC") != NULL))
        lie("O_CREAT or O_CLOEXEC, or neither");
}

static void want_mode(json_object *value, const struct field *field, uint64_t bits)
{
    char expected[40];

    snprintf(expected, sizeof(expected), "0%03llo",
             (unsigned long long)without_extension(field, bits));
    want_words(value, expected);
}

void want_mode_name(json_object *value, uint64_t mode)
{
    static const struct {
        uint64_t type;
        char letter;
    } types[] = {{0140000, 's'}, {0120000, 'l'}, {0100000, '-'}, {0060000, 'b'},
                 {0040000, 'd'}, {0020000, 'c'}, {0010000, 'p'}};
    char expected[] = "?rwxrwxrwx";
    const char special[] = "tss";

    for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
        if ((mode & 0170000) == types[i].type)
            expected[0] = types[i].letter;
    for (int bit = 0; bit < 9; bit++)
        if (!(mode >> bit & 1))
            expected[9 - bit] = '-';
    for (int i = 0; i < 3; i++) {
        char *at = &expected[9 - 3 * i];

        if (mode >> (9 + i) & 1)
            *at = *at == 'x' ? special[i] : (char)toupper(special[i]);
    }
    want_words(value, mode & 0170000 ? expected : expected + 1);
}

static void want_own_flags(json_object *value, const struct field *field, uint64_t bits)
{
    uint64_t all = without_extension(field, bits), rest = all;
    char expected[1024] = "";

    for (uint32_t i = 0; i < field->n_names; i++) {
        uint64_t flag = without_extension(field, (uint64_t)field->names[i].value);
        bool narrow = field->names[i].value > 0 && flag != (uint64_t)field->names[i].value;

        if (narrow || (field->names[i].value && !flag))
            continue;
        if (flag == 0 ? all != 0 : (rest & flag) != flag)
            continue;
        sprintf(expected + strlen(expected), "%s%s", *expected ? "|" : "", field->names[i].name);
        rest &= ~flag;
    }
    if (!*expected)
        return want_number(value, bits, field->is_signed);
    if (rest)
        sprintf(expected + strlen(expected), "|0x%llx", (unsigned long long)rest);
    want_words(value, expected);
}

static void want_enum(json_object *value, const struct field *field, uint64_t bits)
{
    for (uint32_t i = 0; i < field->n_names; i++)
        if ((uint64_t)field->names[i].value == bits)
            return want_words(value, field->names[i].name);
    want_number(value, bits, field->is_signed);
}

static void want_masked(json_object *value, const struct field *field, uint64_t bits)
{
    uint32_t width = field->bits ? field->bits : field->size * 8;
    char expected[32];

    if (width < 64)
        bits &= ~(UINT64_MAX << width);
    snprintf(expected, sizeof(expected), "0x%llx", (unsigned long long)bits);
    want_words(value, expected);
}

void want_integer(json_object *value, const struct field *field, enum field_meaning meaning,
                  uint64_t bits)
{
    uint32_t size = field->bits ? 0 : field->size;
    uint32_t word = (uint32_t)bits;

    if (meaning == MEANING_KTIME && size == 8)
        return want_moment(value, field, bits, TRUTH_WALL);
    if (meaning == MEANING_BOOTTIME && size == 8)
        return want_moment(value, field, bits, TRUTH_WALL - TRUTH_SLEPT);
    if (meaning == MEANING_UNIX_NS && size == 8)
        return want_moment(value, field, bits, 0);
    if (meaning == MEANING_IPV4 && size == 4)
        return want_address(value, AF_INET, &word);
    if (meaning == MEANING_PORT_BE && size == 2)
        return want_number(value, ntohs((uint16_t)bits), false);
    if (meaning == MEANING_ERRNO)
        return want_errno(value, field, bits);
    if (meaning == MEANING_SIGNAL)
        return want_signal(value, field, bits);
    if (meaning == MEANING_TCP_FLAGS)
        return want_flags(value, field, bits, tcp_flags, 8);
    if (meaning == MEANING_CAPABILITIES)
        return want_capabilities(value, field, bits);
    if (meaning == MEANING_OPEN_FLAGS)
        return want_open_flags(value, field, bits);
    if (meaning == MEANING_MODE)
        return want_mode(value, field, bits);
    if (meaning == MEANING_FLAGS && field->n_names)
        return want_own_flags(value, field, bits);
    if (meaning == MEANING_SYSCALL)
        return want_syscall(value, field, bits);
    if (meaning == MEANING_HEX || field->kind == FIELD_POINTER)
        return want_masked(value, field, bits);
    if (field->kind == FIELD_ENUM)
        return want_enum(value, field, bits);
    if (field->kind != FIELD_BOOL)
        return want_number(value, bits, field->is_signed);
    if (json_object_get_type(value) != json_type_boolean ||
        json_object_get_boolean(value) != (bits != 0))
        lie(bits ? "true" : "false");
}

void want_float(json_object *value, double expected)
{
    char text[40];
    double got = json_object_get_double(value);

    if (!isfinite(expected))
        return want_null(value);
    snprintf(text, sizeof(text), "%.17g", expected);
    if ((json_object_get_type(value) != json_type_double &&
         json_object_get_type(value) != json_type_int) ||
        got != expected)
        lie(text);
}

/* True: the bytes together are one value of that meaning. */
bool want_raw(json_object *value, const struct field *field, enum field_meaning meaning,
              const uint8_t *at, size_t length)
{
    char mac[20];

    if (meaning == MEANING_IPV4 && field->size == 4)
        want_address(value, AF_INET, at);
    else if (meaning == MEANING_IPV6 && field->size == 16)
        want_address(value, AF_INET6, at);
    else if (meaning == MEANING_BYTES)
        want_hex(value, at, length);
    else if (meaning == MEANING_MAC && field->size == 6) {
        snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", at[0], at[1], at[2], at[3],
                 at[4], at[5]);
        want_words(value, mac);
    } else {
        return false;
    }
    return true;
}

void want_bytes(json_object *value, const struct field *field, enum field_meaning meaning,
                const uint8_t *at)
{
    if (field->size <= 32 &&
        (meaning == MEANING_HEX ||
         (meaning == MEANING_NONE && field->size == 16 && strstr(field->type_name, "128"))))
        want_wide(value, at, field->size);
    else
        want_hex(value, at, field->size);
}
