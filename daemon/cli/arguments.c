// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#define COUNT_MAX UINT64_C(1000000000000000)

enum { HELP = 'h', MESSAGE_MAX = 512, NAME_MAX_BYTES = 64 };

static const struct argument help = {"help", NULL, 0, NULL, "print this help and exit"};

bool argument_flag(const char *option, const char *text, void *ret)
{
    (void)option;
    (void)text;
    *(bool *)ret = true;
    return true;
}

bool argument_text(const char *option, const char *text, void *ret)
{
    if (!*text) {
        log_error("%s: expected a value that is not empty", option);
        return false;
    }
    *(const char **)ret = text;
    return true;
}

bool argument_count(const char *option, const char *text, void *ret)
{
    char *end;
    unsigned long long value;

    errno = 0;
    value = strtoull(text, &end, 10);
    if (!isdigit((unsigned char)*text) || *end || errno || value == 0 || value > COUNT_MAX) {
        log_error("%s %s: expected a whole number from 1 to 10^15", option, text);
        return false;
    }
    *(uint64_t *)ret = value;
    return true;
}

/* ---- usage ----------------------------------------------------------------------------------- */

enum { INDENT = 2, DASHES = 2 };

static int width_of(const struct argument *option)
{
    return DASHES + (int)(strlen(option->name) + (option->value ? strlen(option->value) + 1 : 0));
}

static int widest_of(const struct command_line *line)
{
    int widest = width_of(&help);

    for (const struct positional *operand = line->operands; operand && operand->name; operand++)
        if ((int)strlen(operand->name) > widest)
            widest = (int)strlen(operand->name);
    for (const struct argument *option = line->options; option->name; option++)
        if (width_of(option) > widest)
            widest = width_of(option);
    return widest;
}

/* Pads to the column of the descriptions: the indent and `width` bytes have been printed. */
static void print_doc(const char *doc, int width, int widest, FILE *file)
{
    fprintf(file, "%*s", widest + INDENT - width, "");
    for (; *doc; doc++) {
        putc(*doc, file);
        if (*doc == '\n')
            fprintf(file, "%*s", INDENT + widest + INDENT, "");
    }
    putc('\n', file);
}

static void print_option(const struct argument *option, int widest, FILE *file)
{
    fprintf(file, "  --%s%s%s", option->name, option->value ? " " : "",
            option->value ? option->value : "");
    print_doc(option->doc, width_of(option), widest, file);
}

static void print_usage(const struct command_line *line, FILE *file)
{
    int widest = widest_of(line);

    fprintf(file, "usage: %s\n", line->synopsis);
    for (const struct positional *operand = line->operands; operand && operand->name; operand++) {
        fprintf(file, "  %s", operand->name);
        print_doc(operand->doc, (int)strlen(operand->name), widest, file);
    }
    for (const struct argument *option = line->options; option->name; option++)
        print_option(option, widest, file);
    print_option(&help, widest, file);
    fputs(line->notes ? line->notes : "", file);
}

enum exit_code arguments_point_to_help(const char *command)
{
    fprintf(stderr, "see: %s --help\n", command);
    return EXIT_CODE_ENVIRONMENT;
}

/* The synopsis begins with the command, and its first option is in brackets. */
static enum exit_code point_to_help(const struct command_line *line)
{
    char command[NAME_MAX_BYTES];
    size_t length = strcspn(line->synopsis, "[");

    while (length > 0 && line->synopsis[length - 1] == ' ')
        length--;
    snprintf(command, sizeof(command), "%.*s", (int)length, line->synopsis);
    return arguments_point_to_help(command);
}

enum exit_code arguments_refuse(const struct command_line *line, const char *format, ...)
{
    char text[MESSAGE_MAX];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    log_error("%s", text);
    return point_to_help(line);
}

/* ---- reading --------------------------------------------------------------------------------- */

/* getopt_long()'s val is the option's number, from 1. */
static void make_table(const struct command_line *line, struct option *table)
{
    int count = 0;

    for (const struct argument *option = line->options; option->name; option++, count++) {
        assert(count < ARGUMENTS_MAX);
        table[count] = (struct option){
            option->name, option->value ? required_argument : no_argument, NULL, count + 1};
    }
    table[count] = (struct option){help.name, no_argument, NULL, HELP};
}

static bool read_one(const struct argument *option, const char *text, void *target)
{
    char name[64];

    snprintf(name, sizeof(name), "--%s", option->name);
    return option->read(name, text, (char *)target + option->offset);
}

enum exit_code arguments_read(const struct command_line *line, int argc, char **argv, void *target)
{
    struct option table[ARGUMENTS_MAX + 2] = {{0}};
    bool given[ARGUMENTS_MAX] = {false};
    int found;

    make_table(line, table);
    while ((found = getopt_long(argc, argv, "h", table, NULL)) != -1) {
        if (found == HELP) {
            print_usage(line, stdout);
            exit(EXIT_CODE_OK);
        }
        if (found == '?')
            return point_to_help(line);
        if (optarg && given[found - 1])
            return arguments_refuse(line, "--%s may be given only once",
                                    line->options[found - 1].name);
        if (!read_one(&line->options[found - 1], optarg, target))
            return point_to_help(line);
        given[found - 1] = true;
    }
    return EXIT_CODE_OK;
}

enum exit_code arguments_read_all(const struct command_line *line, int argc, char **argv,
                                  void *target)
{
    enum exit_code code = arguments_read(line, argc, argv, target);

    if (code == EXIT_CODE_OK && optind < argc)
        return arguments_refuse(line, "unexpected argument \"%s\"", argv[optind]);
    return code;
}
