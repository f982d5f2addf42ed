// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What libbpf and the verifier of the kernel print during a call into libbpf; the return value
 * alone explains little. Each thread has its own. Texts stay valid until the thread's next
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
/* The program that the first warning about a program names; "" if there was none. */
const char *words_program(void);
/* The last lines of the verifier, each ended by a newline; "" if there were none. */
const char *words_verifier(void);
