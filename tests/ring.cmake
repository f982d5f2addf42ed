# SPDX-License-Identifier: Apache-2.0
# What the ring reader's tests need beyond the globbed unit tests: BPF programs, live tests, benches.
foreach(program fill perf_fill sample event shapes)
  set(header ${CMAKE_CURRENT_BINARY_DIR}/${program}.skel.h)
  bpf_skeleton(${CMAKE_CURRENT_SOURCE_DIR}/bpf/${program}.bpf.c ${header})
  list(APPEND ring_skeletons ${header})
endforeach()
add_custom_target(ring-skeletons DEPENDS ${ring_skeletons})
add_library(ring-programs INTERFACE)
add_dependencies(ring-programs ring-skeletons)
target_include_directories(ring-programs SYSTEM INTERFACE ${CMAKE_CURRENT_BINARY_DIR}
  ${CMAKE_CURRENT_SOURCE_DIR}/bpf)

# Each check_NN_... of the checklist, on the fake ring and on a real one: the tests ring/fake/check_...
# and ring/live/check_...
add_executable(ring-checklist ring/checklist.c ring/source.c)
target_link_libraries(ring-checklist PRIVATE fake-ring ring-programs PkgConfig::CMOCKA)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ring/checklist.c)
file(STRINGS ring/checklist.c checks REGEX "^static void check_")
foreach(line ${checks})
  string(REGEX REPLACE "^static void (check_[a-z0-9_]+).*" "\\1" check ${line})
  add_test(NAME ring/fake/${check} COMMAND ring-checklist fake ${check})
  set_tests_properties(ring/fake/${check} PROPERTIES LABELS unit
    SKIP_RETURN_CODE 77)
  if(NOT check MATCHES "check_1[45]") # nobody can leave a record busy, or corrupt a length, from outside
    add_test(NAME ring/live/${check} COMMAND ring-checklist live ${check})
    set_tests_properties(ring/live/${check} PROPERTIES LABELS live
      SKIP_RETURN_CODE 77)
  endif()
endforeach()

add_executable(ring-real ring/real.c ring/source.c)
target_link_libraries(ring-real PRIVATE fake-ring ring-programs PkgConfig::CMOCKA)
add_test(NAME ring/live/real COMMAND ring-real)
set_tests_properties(ring/live/real PROPERTIES LABELS live
  SKIP_RETURN_CODE 77)

# ./dev bench builds these
add_library(bench-report STATIC EXCLUDE_FROM_ALL bench/report.c bench/options.c)
target_include_directories(bench-report PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})

foreach(bench walk wait replay perf)
  add_executable(bench-${bench} EXCLUDE_FROM_ALL bench/${bench}.c)
  target_link_libraries(bench-${bench} PRIVATE bench-report fake-ring ring-programs)
endforeach()
add_executable(bench-forward EXCLUDE_FROM_ALL bench/forward.c bench/forward_peers.c bench/forward_output.c)
target_link_libraries(bench-forward PRIVATE bench-report daemon ring-programs)

add_executable(bench-filter EXCLUDE_FROM_ALL bench/filter.c bench/filter_shapes.c bench/walker.c)
target_link_libraries(bench-filter PRIVATE bench-report daemon ring-programs)

# The documentation's examples use the installed interface and the shared library alone.
foreach(example first batches merged)
  add_executable(example-${example} ${PROJECT_SOURCE_DIR}/docs/examples/${example}.c)
  target_link_libraries(example-${example} PRIVATE ringmill-shared PkgConfig::BPF)
endforeach()
add_executable(ring-static ring/static.c)
target_link_libraries(ring-static PRIVATE ringmill-static)
add_test(NAME ring/static COMMAND ring-static)
set_tests_properties(ring/static PROPERTIES LABELS unit)
