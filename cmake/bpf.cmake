# SPDX-License-Identifier: Apache-2.0
# BPF programs: clang makes the object, bpftool the skeleton. Nothing here reads the running kernel.
find_program(CLANG clang REQUIRED)
find_program(BPFTOOL bpftool REQUIRED HINTS /usr/sbin)
string(REGEX REPLACE "x86_64" "x86" bpf_arch "${CMAKE_SYSTEM_PROCESSOR}")
string(REGEX REPLACE "aarch64" "arm64" bpf_arch "${bpf_arch}")
# what <asm/types.h> needs when clang compiles for the bpf target
execute_process(COMMAND ${CMAKE_C_COMPILER} -print-multiarch
  OUTPUT_VARIABLE multiarch OUTPUT_STRIP_TRAILING_WHITESPACE)

# bpf_object_by(COMPILER SOURCE OUTPUT [OPTION...]): compiles one .bpf.c into OUTPUT. With
# -fms-extensions a struct can be an unnamed member of another (bpf/process.bpf.h).
function(bpf_object_by compiler source output)
  add_custom_command(OUTPUT ${output}
    COMMAND ${compiler} -target bpf -D__TARGET_ARCH_${bpf_arch} -O2 ${ARGN} -Wall -Wextra -Werror
      -fms-extensions -Wno-microsoft-anon-tag
      -isystem /usr/include/${multiarch} -I${PROJECT_SOURCE_DIR}/bpf
      -MD -MT ${output} -MF ${output}.d -c ${source} -o ${output}
    DEPENDS ${source} DEPFILE ${output}.d VERBATIM)
endfunction()

# bpf_object(SOURCE OUTPUT): compiles one .bpf.c into OUTPUT, an ELF with BTF.
function(bpf_object source output)
  bpf_object_by(${CLANG} ${source} ${output} -g)
endfunction()

# bpf_skeleton(SOURCE HEADER): the same, as a skeleton header named after the source.
function(bpf_skeleton source header)
  get_filename_component(name ${source} NAME_WE)
  set(object ${CMAKE_CURRENT_BINARY_DIR}/${name}.bpf.o)
  bpf_object(${source} ${object})
  add_custom_command(OUTPUT ${header}
    COMMAND ${BPFTOOL} gen skeleton ${object} name ${name}_bpf > ${header}
    DEPENDS ${object} VERBATIM)
endfunction()
