# SPDX-License-Identifier: Apache-2.0
"""Objects that no kernel, or not this one, can run: what is said."""
from truths import refused

VERIFIER = 'the kernel\'s verifier refused program "mark" (tracepoint/syscalls/sys_enter_prctl): '

refused("unchecked", VERIFIER + "R0 invalid mem access 'ringbuf_mem_or_null'\n")
refused("leaked", "(a record that it reserves is not submitted or discarded on every path)\n")
refused("no_ring", "the BPF object has no ring buffer (BPF_MAP_TYPE_RINGBUF)\n")
refused("future_helper", VERIFIER + "invalid func unknown#9999 (it calls a helper function that this "
        "kernel does not have)\n")
refused("absent_tracepoint", 'program "on_nothing" (tracepoint/syscalls/sys_enter_of_no_kernel): this '
        "kernel does not have that tracepoint\n")
refused("missing_member", "(it reads a kernel type or member that this kernel does not have)\n")
refused("no_licence", "licence")

LEGACY_MAPS = ('defines its maps in a section "maps", which libbpf 1.0 and later do not read; define them in the '
               'section ".maps" and compile it again: struct { __uint(type, BPF_MAP_TYPE_RINGBUF); '
               '__uint(max_entries, 1 << 20); } events SEC(".maps");\n')
NAMED_MAPS = ('defines its maps in a section ".maps.print", which libbpf does not read; define them in the '
              'section ".maps" and compile it again\n')
refused("legacy_maps", LEGACY_MAPS, without_debug=LEGACY_MAPS)
refused("named_maps", NAMED_MAPS, without_debug=NAMED_MAPS)
refused("stream_verdict", 'program "on_message" (sk_skb/stream_verdict) cannot be attached: it is a program '
        "of a socket map, and it runs for sockets that its own user space puts there")
refused("no_target", 'program "mark" (tp_btf) cannot be attached: it is a program without a target, and its '
        "section name does not name the function; as in --attach mark=tp_btf/NAME\n")
