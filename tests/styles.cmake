# SPDX-License-Identifier: Apache-2.0
# BPF objects as their authors write them, one style each; tests/live/styles.py reads those of styles/, and
# tests/live/kernel.py those of kernel/.
foreach(folder styles kernel)
  file(GLOB style_sources CONFIGURE_DEPENDS bpf/${folder}/*.bpf.c)
  file(MAKE_DIRECTORY ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/${folder})
  foreach(source ${style_sources})
    get_filename_component(name ${source} NAME_WE)
    bpf_object(${source} ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/${folder}/${name}.bpf.o)
    list(APPEND style_objects ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/${folder}/${name}.bpf.o)
  endforeach()
endforeach()
set(styles_folder ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/styles)
find_program(LLVM_STRIP NAMES llvm-strip llvm-strip-14 REQUIRED)
# what a distribution's build does to debug information: DWARF goes, BTF stays
add_custom_command(OUTPUT ${styles_folder}/stripped.bpf.o
  COMMAND ${LLVM_STRIP} -g ${styles_folder}/dwarf_only.bpf.o -o ${styles_folder}/stripped.bpf.o
  DEPENDS ${styles_folder}/dwarf_only.bpf.o VERBATIM)
add_custom_target(styles ALL DEPENDS ${style_objects} ${styles_folder}/stripped.bpf.o)
