# SPDX-License-Identifier: Apache-2.0
# BPF objects as their authors write them, one style each; tests/live/truths has what those of styles/ must
# give, and tests/live/kernel.py reads those of kernel/.
# style_object(COMPILER SOURCE OUTPUT [OPTION...]): an object, linked with its file of the same name in parts/
# if it has one.
function(style_object compiler source output)
  get_filename_component(folder ${source} DIRECTORY)
  get_filename_component(file ${source} NAME)
  if(NOT EXISTS ${folder}/parts/${file})
    bpf_object_by(${compiler} ${source} ${output} ${ARGN})
    return()
  endif()
  bpf_object_by(${compiler} ${source} ${output}.1 ${ARGN})
  bpf_object_by(${compiler} ${folder}/parts/${file} ${output}.2 ${ARGN})
  add_custom_command(OUTPUT ${output} COMMAND ${BPFTOOL} gen object ${output} ${output}.1 ${output}.2
    DEPENDS ${output}.1 ${output}.2 VERBATIM)
endfunction()

foreach(folder styles kernel)
  file(GLOB style_sources CONFIGURE_DEPENDS bpf/${folder}/*.bpf.c)
  file(MAKE_DIRECTORY ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/${folder})
  foreach(source ${style_sources})
    get_filename_component(name ${source} NAME_WE)
    style_object(${CLANG} ${source} ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/${folder}/${name}.bpf.o -g)
    list(APPEND style_objects ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/${folder}/${name}.bpf.o)
  endforeach()
endforeach()
set(styles_folder ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/styles)
find_program(LLVM_STRIP NAMES llvm-strip llvm-strip-14 REQUIRED)
# what a distribution's build does to debug information: DWARF goes, BTF stays
add_custom_command(OUTPUT ${styles_folder}/stripped.bpf.o
  COMMAND ${LLVM_STRIP} -g ${styles_folder}/dwarf_only.bpf.o -o ${styles_folder}/stripped.bpf.o
  DEPENDS ${styles_folder}/dwarf_only.bpf.o VERBATIM)

# The objects of styles/ once more, as other compilers, options and tools make them: variants/VARIANT/NAME.bpf.o
# in the build folder. The target `variants` makes all, for ./dev soak corpus; the others are part of
# the build, because live/corpus/variants runs them (`SAMPLE` in tests/live/corpus.py).
file(GLOB style_sources CONFIGURE_DEPENDS bpf/styles/*.bpf.c)
set(variants_folder ${CMAKE_BINARY_DIR}/variants)
set(variant_sample argv core_reads dynptr enums kept local_type named_bits nested one_kept_of_two
  short_text tc_flows typed_map uprobe_named)
set(dwarf_4_flags -gdwarf-4)
set(dwarf_5_flags -gdwarf-5)
set(compressed_flags -g -gz)
set(no_debug_flags)
set(variants linked stripped dwarf_4 dwarf_5 compressed no_debug)
find_program(CLANG_19 clang-19) # packages/corpus.txt
if(CLANG_19)
  list(APPEND variants clang_19)
endif()
foreach(variant ${variants})
  file(MAKE_DIRECTORY ${variants_folder}/${variant})
  foreach(source ${style_sources})
    get_filename_component(name ${source} NAME_WE)
    set(object ${styles_folder}/${name}.bpf.o)
    set(output ${variants_folder}/${variant}/${name}.bpf.o)
    # clang refuses CO-RE without -g, and bpftool files without BTF
    file(STRINGS ${source} core REGEX "bpf_core_read.h|preserve_access_index" LIMIT_COUNT 1)
    if(variant STREQUAL no_debug AND (core OR EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/bpf/styles/parts/${name}.bpf.c))
      continue()
    endif()
    if(variant STREQUAL linked)
      add_custom_command(OUTPUT ${output} COMMAND ${BPFTOOL} gen object ${output} ${object}
        DEPENDS ${object} VERBATIM)
    elseif(variant STREQUAL stripped)
      add_custom_command(OUTPUT ${output} COMMAND ${LLVM_STRIP} -g ${object} -o ${output}
        DEPENDS ${object} VERBATIM)
    elseif(variant STREQUAL clang_19)
      style_object(${CLANG_19} ${source} ${output} -g)
    else()
      style_object(${CLANG} ${source} ${output} ${${variant}_flags})
    endif()
    list(APPEND variant_objects ${output})
    if(name IN_LIST variant_sample)
      list(APPEND sample_objects ${output})
    endif()
  endforeach()
endforeach()
add_custom_target(styles ALL DEPENDS ${style_objects} ${styles_folder}/stripped.bpf.o ${sample_objects})
add_custom_target(variants DEPENDS ${variant_objects})
