# SPDX-License-Identifier: Apache-2.0
# tests/fuzz/NAME.c with clang's libFuzzer, ASan and UBSan: the program fuzz-NAME. Each run of the
# tests fuzzes for a moment (fuzz/NAME), ./dev soak NAME-fuzz for long.

# fuzz_target(NAME LENGTH LIBRARIES SOURCE...): what it tests is compiled along, by clang.
function(fuzz_target name length libraries)
  set(program ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/fuzz-${name})
  file(GLOB sources CONFIGURE_DEPENDS ${ARGN})
  list(FILTER sources EXCLUDE REGEX "/holder\\.c$")
  add_custom_command(OUTPUT ${program}
    COMMAND ${CLANG} -std=gnu17 -D_GNU_SOURCE -O1 -g -fno-omit-frame-pointer
      -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all
      -I${PROJECT_SOURCE_DIR}/daemon -I${PROJECT_SOURCE_DIR}/daemon/include
      -I${CMAKE_CURRENT_SOURCE_DIR} -o ${program} ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/${name}.c
      ${sources} -lpthread ${libraries}
    DEPENDS fuzz/${name}.c ${sources} ${headers} VERBATIM)
  add_custom_target(fuzz-${name} ALL DEPENDS ${program})
  if(FUZZ_SEEDS_${name}) # files to begin with
    list(JOIN FUZZ_SEEDS_${name} "," seeds)
    set(seeds -seed_inputs=${seeds})
  endif()
  add_test(NAME fuzz/${name} COMMAND ${program} -seed=1 -runs=20000 -max_len=${length} ${seeds})
  set_tests_properties(fuzz/${name} PROPERTIES TIMEOUT 120 LABELS unit)
endfunction()

if(RINGMILL_KIND STREQUAL release)
  set(daemon ${PROJECT_SOURCE_DIR}/daemon)
  file(GLOB headers CONFIGURE_DEPENDS ${daemon}/*/*.h ${daemon}/include/ringmill/*.h)
  fuzz_target(ring 8192 "" ${daemon}/ring/*.c)
  fuzz_target(config 4096 -lyaml ${daemon}/config/*.c ${daemon}/base/nearest.c)
  set(FUZZ_SEEDS_elf ${type_objects})
  fuzz_target(elf 16384 "-lbpf;-lelf;-ldw" ${daemon}/schema/*.c ${daemon}/record/schema.c
    ${daemon}/config/refusal.c ${daemon}/base/nearest.c ${daemon}/base/error.c)
  fuzz_target(expr 4096 "-lpcre2-8;-lxxhash;-lyaml" ${daemon}/expr/*.c ${daemon}/config/*.c
    ${daemon}/base/nearest.c ${daemon}/base/clock.c)
endif()
