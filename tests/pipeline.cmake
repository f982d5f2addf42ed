# SPDX-License-Identifier: Apache-2.0
# Whole pipelines, without the allocator.
add_executable(pipeline-allocations pipeline/allocations.c)
target_link_libraries(pipeline-allocations PRIVATE fake-ring PkgConfig::CMOCKA)
add_test(NAME pipeline/allocations COMMAND pipeline-allocations)
set_tests_properties(pipeline/allocations PROPERTIES LABELS long PROCESSORS ${whole_core})
