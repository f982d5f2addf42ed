# SPDX-License-Identifier: Apache-2.0
# tests/fuzz/NAME.c with clang's libFuzzer, ASan and UBSan: the program fuzz-NAME. Each run of the
# tests fuzzes for a moment (fuzz/NAME), ./dev soak NAME-fuzz for long.

# What stands in fuzz/seeds/NAME, or what that program makes, is where the fuzzing begins.

set(fuzz_flags -std=gnu17 -D_GNU_SOURCE -O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=all
  -I${PROJECT_SOURCE_DIR}/daemon -I${PROJECT_SOURCE_DIR}/daemon/include
  -I${CMAKE_CURRENT_SOURCE_DIR})

# The object of a source, compiled by clang: once, however many programs it goes into.
function(fuzz_object source ret)
  file(RELATIVE_PATH name ${PROJECT_SOURCE_DIR} ${source})
  string(REGEX REPLACE "[^A-Za-z0-9_]" "-" name ${name})
  set(object ${PROJECT_BINARY_DIR}/fuzz/${name}.o)
  get_property(known GLOBAL PROPERTY fuzz_objects)
  if(NOT object IN_LIST known)
    set_property(GLOBAL APPEND PROPERTY fuzz_objects ${object})
    add_custom_command(OUTPUT ${object}
      COMMAND ${CMAKE_C_COMPILER_LAUNCHER} ${CLANG} ${fuzz_flags}
        -fsanitize=fuzzer-no-link,address,undefined -MD -MF ${object}.d -c ${source} -o ${object}
      DEPENDS ${source} DEPFILE ${object}.d VERBATIM)
  endif()
  set(${ret} ${object} PARENT_SCOPE)
endfunction()

# fuzz_target(NAME LENGTH LIBRARIES SOURCE...): what it tests is compiled along. Only patterns are
# looked for: a source that the build makes is not there yet when this is first read.
function(fuzz_target name length libraries)
  set(program ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/fuzz-${name})
  set(sources ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/${name}.c ${ARGN})
  list(FILTER sources EXCLUDE REGEX "[*]")
  foreach(pattern ${ARGN})
    if(pattern MATCHES "[*]")
      file(GLOB found CONFIGURE_DEPENDS ${pattern})
      list(APPEND sources ${found})
    endif()
  endforeach()
  list(FILTER sources EXCLUDE REGEX "/holder\\.c$")
  list(REMOVE_DUPLICATES sources)
  set(parts)
  foreach(source ${sources})
    fuzz_object(${source} object)
    list(APPEND parts ${object})
  endforeach()
  add_custom_command(OUTPUT ${program}
    COMMAND ${CLANG} -fsanitize=fuzzer,address,undefined -o ${program} ${parts} -lpthread
      ${libraries}
    DEPENDS ${parts} VERBATIM)
  add_custom_target(fuzz-${name} ALL DEPENDS ${program})
  add_test(NAME fuzz/${name} COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/run ${program}
    ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/seeds/${name} -seed=1 -runs=20000 -max_len=${length})
  set_tests_properties(fuzz/${name} PROPERTIES LABELS long PROCESSORS ${whole_core})
endfunction()

if(RINGMILL_KIND STREQUAL release)
  set(daemon ${PROJECT_SOURCE_DIR}/daemon)
  set(printable ${daemon}/base/printable.c) # for the texts that messages quote
  file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/fuzz)
  fuzz_target(ring 8192 "" ${daemon}/ring/*.c ${CMAKE_CURRENT_SOURCE_DIR}/ring/fake.c)
  fuzz_target(config 4096 -lyaml ${daemon}/config/*.c ${daemon}/base/suggestion.c
    ${daemon}/base/error.c ${printable})
  fuzz_target(ctext 4096 "" ${daemon}/schema/c*.c
    ${daemon}/record/schema.c ${daemon}/base/arena.c ${daemon}/base/error.c ${daemon}/base/suggestion.c
    ${printable})
  fuzz_target(dwarf 16384 "-ldw;-lelf" ${daemon}/schema/c*.c ${daemon}/schema/d*.c
    ${daemon}/record/schema.c ${daemon}/base/arena.c ${daemon}/base/error.c
    ${daemon}/base/suggestion.c ${printable})
  fuzz_target(capture 8192 "-lxxhash;-lsystemd;-lcap-ng;-lyaml;-lelf;-ljansson" ${daemon}/capture/*.c
    ${daemon}/config/*.c ${daemon}/ring/*.c
    ${daemon}/record/*.c ${daemon}/encode/*.c ${daemon}/base/*.c
    ${daemon}/sink/capture_encoder.c ${syscall_names})
  fuzz_target(elf 16384 "-lbpf;-lelf;-ldw" ${daemon}/schema/*.c ${daemon}/record/schema.c ${daemon}/record/field.c ${daemon}/record/field_path.c
    ${daemon}/record/value_name.c ${daemon}/record/*_names.c ${syscall_names} ${daemon}/config/node.c
    ${daemon}/source/map_symbols.c ${daemon}/source/program_code.c ${daemon}/source/register_values.c
    ${daemon}/source/record_lengths.c ${daemon}/source/record_variables.c
    ${daemon}/base/arena.c ${daemon}/base/suggestion.c ${daemon}/base/error.c
    ${printable})
  fuzz_target(expr 4096 "-lpcre2-8;-lxxhash;-lyaml" ${daemon}/expr/*.c ${daemon}/config/*.c
    ${daemon}/record/schema.c ${daemon}/record/field.c ${daemon}/record/field_path.c ${daemon}/record/value_name.c ${daemon}/record/*_names.c
    ${syscall_names}
    ${daemon}/base/arena.c ${daemon}/base/suggestion.c ${daemon}/base/error.c
    ${daemon}/base/clock.c
    ${daemon}/base/hash_index.c ${printable})
  fuzz_target(merge 8192 "-lpcre2-8;-lxxhash;-lsystemd;-lcap-ng;-lyaml;-lm;-lelf;-ljansson"
    ${daemon}/cli/merge*.c ${daemon}/aggregate/*.c
    ${daemon}/expr/*.c ${daemon}/config/*.c ${daemon}/record/*.c ${daemon}/encode/*.c
    ${daemon}/base/*.c ${syscall_names})
  fuzz_target(containers 4096 -ljansson ${daemon}/base/container_*.c)
  fuzz_target(symbols 16384 -lelf ${daemon}/base/elf_symbols.c)
  set_property(TEST fuzz/symbols APPEND PROPERTY ENVIRONMENT
    ASAN_OPTIONS=allocator_may_return_null=1)
  fuzz_target(csv 4096 -ljansson ${daemon}/enrich/csv_reader.c ${daemon}/enrich/grid.c
    ${daemon}/enrich/objects.c ${daemon}/base/error.c)
endif()
