# SPDX-License-Identifier: Apache-2.0
# BPF objects as their authors write them, one style each; tests/live/styles.py reads them all.
file(GLOB style_sources CONFIGURE_DEPENDS bpf/styles/*.bpf.c)
set(styles_folder ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/styles)
file(MAKE_DIRECTORY ${styles_folder})
foreach(source ${style_sources})
  get_filename_component(name ${source} NAME_WE)
  bpf_object(${source} ${styles_folder}/${name}.bpf.o)
  list(APPEND style_objects ${styles_folder}/${name}.bpf.o)
endforeach()
find_program(LLVM_STRIP NAMES llvm-strip llvm-strip-14 REQUIRED)
# what a distribution's build does to debug information: DWARF goes, BTF stays
add_custom_command(OUTPUT ${styles_folder}/stripped.bpf.o
  COMMAND ${LLVM_STRIP} -g ${styles_folder}/dwarf_only.bpf.o -o ${styles_folder}/stripped.bpf.o
  DEPENDS ${styles_folder}/dwarf_only.bpf.o VERBATIM)
add_custom_target(styles ALL DEPENDS ${style_objects} ${styles_folder}/stripped.bpf.o)
