// SPDX-License-Identifier: Apache-2.0
#include "bench/options.h"

#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static void refuse(const char *program, const struct bench_option *options)
{
    fprintf(stderr, "usage: %s", program);
    for (; options->name; options++)
        fprintf(stderr, options->value ? " [--%s %s]" : " [--%s]", options->name, options->value);
    fputc('\n', stderr);
    exit(2);
}

static void read_number(const struct bench_option *option, const char *text)
{
    char *end;
    uint64_t number = strtoull(text, &end, 10);

    if (*end || number < 1 || (option->most && number > option->most))
        errx(2, "--%s: expected a number from 1 to %llu, found %s", option->name,
             option->most ? (unsigned long long)option->most : UINT64_MAX, text);
    *option->number = number;
}

void bench_options_read(int argc, char **argv, const struct bench_option *options)
{
    struct option rows[BENCH_OPTIONS_MAX + 1] = {0};
    int index, c;

    for (size_t i = 0; options[i].name; i++)
        rows[i] = (struct option){options[i].name,
                                  options[i].value ? required_argument : no_argument, NULL, 'o'};
    while ((c = getopt_long(argc, argv, "", rows, &index)) != -1) {
        if (c != 'o')
            refuse(argv[0], options);
        else if (options[index].flag)
            *options[index].flag = true;
        else if (options[index].number)
            read_number(&options[index], optarg);
        else
            *options[index].text = optarg;
    }
    if (optind < argc)
        refuse(argv[0], options);
}
