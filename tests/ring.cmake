# SPDX-License-Identifier: Apache-2.0
# What the ring reader's tests need beyond the globbed unit tests: BPF programs, live tests, benches.
set(fill_skeleton ${CMAKE_CURRENT_BINARY_DIR}/fill.skel.h)
bpf_skeleton(${CMAKE_CURRENT_SOURCE_DIR}/bpf/fill.bpf.c ${fill_skeleton})
add_custom_target(ring-test-skeletons DEPENDS ${fill_skeleton})

add_library(bench-report STATIC bench/report.c)
target_include_directories(bench-report PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})

foreach(bench walk wait)
  add_executable(bench-${bench} bench/${bench}.c)
  add_dependencies(bench-${bench} ring-test-skeletons)
  target_include_directories(bench-${bench} PRIVATE ${CMAKE_CURRENT_BINARY_DIR}
    ${CMAKE_CURRENT_SOURCE_DIR}/bpf)
  target_link_libraries(bench-${bench} PRIVATE bench-report daemon)
endforeach()
