// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What libbpf and the kernel's verifier say while a call into libbpf runs; its return value alone
 * explains little. Each thread has its own. Texts stay valid until the thread's next
 * words_expect(). */

enum {
    WORDS_WARNING_MAX = 256,  /* bytes of the first warning, with the NUL */
    WORDS_PROGRAM_MAX = 128,  /* bytes of a program's name, with the NUL */
    WORDS_VERIFIER_LINES = 5, /* last lines of the verifier that are kept */
    WORDS_VERIFIER_MAX = 480, /* bytes of those, with the NUL */
};

/* Starts a call into libbpf: whatever it prints now belongs to this call. */
void words_expect(void);

/* The first warning, one line; "" when there was none. */
const char *words_first(void);
/* The program that the first warning about a program was about; "" when there was none. */
const char *words_program(void);
/* The verifier's last lines, each ended by a newline; "" when it said nothing. */
const char *words_verifier(void);
