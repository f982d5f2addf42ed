// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* One sample of any length per run, submitted or discarded, with any flags: what a test asks for.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "sample.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4096);
} ring SEC(".maps");

SEC("syscall")
int sample(struct sample_request *request)
{
    struct bpf_dynptr record;
    __u32 length = request->length;
    unsigned char bytes[SAMPLE_MAX];

    __builtin_memcpy(bytes, request->bytes, sizeof(bytes));
    request->lost = bpf_ringbuf_reserve_dynptr(&ring, length, 0, &record) != 0;
    if (!request->lost) {
        if (length > SAMPLE_MAX)
            length = SAMPLE_MAX;
        bpf_dynptr_write(&record, 0, bytes, length, 0);
    }
    /* also after a failed reserve, the verifier wants it */
    if (request->discard)
        bpf_ringbuf_discard_dynptr(&record, request->flags);
    else
        bpf_ringbuf_submit_dynptr(&record, request->flags);
    return 0;
}
