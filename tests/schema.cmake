# SPDX-License-Identifier: Apache-2.0
# One BPF object with BTF and DWARF, and what is left of it without one of them or both.
find_program(LLVM_OBJCOPY llvm-objcopy REQUIRED)
set(types ${CMAKE_CURRENT_BINARY_DIR}/types)
bpf_object(${CMAKE_CURRENT_SOURCE_DIR}/bpf/types.bpf.c ${types}.bpf.o)
add_custom_command(OUTPUT ${types}-btf.bpf.o
  COMMAND ${BPFTOOL} gen object ${types}-btf.bpf.o ${types}.bpf.o
  DEPENDS ${types}.bpf.o VERBATIM)
add_custom_command(OUTPUT ${types}-dwarf.bpf.o
  COMMAND ${LLVM_OBJCOPY} -R .BTF -R .BTF.ext ${types}.bpf.o ${types}-dwarf.bpf.o
  DEPENDS ${types}.bpf.o VERBATIM)
add_custom_command(OUTPUT ${types}-none.bpf.o
  COMMAND ${LLVM_OBJCOPY} --strip-debug -R .BTF -R .BTF.ext ${types}.bpf.o ${types}-none.bpf.o
  DEPENDS ${types}.bpf.o VERBATIM)
set(type_objects ${types}.bpf.o ${types}-btf.bpf.o ${types}-dwarf.bpf.o ${types}-none.bpf.o)
add_custom_target(type-objects ALL DEPENDS ${type_objects})
foreach(test find types)
  target_compile_definitions(unit-schema-${test} PRIVATE OBJECTS="${types}")
  target_include_directories(unit-schema-${test} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/bpf)
  add_dependencies(unit-schema-${test} type-objects)
endforeach()

# Random structs, laid out by the compiler and by each reader of layouts: the test schema/layout.
add_executable(layout-reader schema/layout.c)
target_link_libraries(layout-reader PRIVATE daemon)
add_test(NAME schema/layout
  COMMAND /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/schema/layout.py)
set_tests_properties(schema/layout PROPERTIES LABELS long PROCESSORS ${whole_core}
  ENVIRONMENT "RINGMILL_BIN=${CMAKE_RUNTIME_OUTPUT_DIRECTORY};PYTHONDONTWRITEBYTECODE=1")
