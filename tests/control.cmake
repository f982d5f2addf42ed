# SPDX-License-Identifier: Apache-2.0
# What accounting costs: the same bench with the library as it is, and with one that does not count.
# ./dev bench accounting builds them.
add_executable(bench-counted EXCLUDE_FROM_ALL bench/accounting.c)
target_link_libraries(bench-counted PRIVATE fake-ring)
get_target_property(sources daemon SOURCES)
list(TRANSFORM sources PREPEND ${PROJECT_SOURCE_DIR}/ REGEX "^[^/]")
add_library(daemon-uncounted STATIC EXCLUDE_FROM_ALL ${sources})
target_compile_definitions(daemon-uncounted PUBLIC RINGMILL_UNCOUNTED)
target_include_directories(daemon-uncounted PUBLIC $<TARGET_PROPERTY:daemon,INCLUDE_DIRECTORIES>
  ${PROJECT_SOURCE_DIR}/bpf)
get_target_property(libraries daemon LINK_LIBRARIES)
target_link_libraries(daemon-uncounted PUBLIC ${libraries})
add_executable(bench-uncounted EXCLUDE_FROM_ALL bench/accounting.c ring/fake.c)
target_include_directories(bench-uncounted PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(bench-uncounted PRIVATE daemon-uncounted)
