# SPDX-License-Identifier: Apache-2.0
# Random expressions against a reference that was written apart from the engine.
add_executable(expr-same expr/same.c expr/generate.c expr/reference.c)
target_include_directories(expr-same PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(expr-same PRIVATE daemon PkgConfig::CMOCKA)
add_test(NAME expr/same COMMAND expr-same)
set_tests_properties(expr/same PROPERTIES LABELS long PROCESSORS ${whole_core})

# Each example of the manual.
add_executable(expr-manual expr/manual.c)
target_include_directories(expr-manual PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_compile_definitions(expr-manual PRIVATE MANUAL="${PROJECT_SOURCE_DIR}/docs/expressions.md")
target_link_libraries(expr-manual PRIVATE daemon PkgConfig::CMOCKA)
add_test(NAME expr/manual COMMAND expr-manual)
set_tests_properties(expr/manual PROPERTIES LABELS unit)

# What the slowest expression that the fuzzer found costs: ./dev soak expr-fuzz asks it.
add_executable(expr-slowest expr/slowest.c fuzz/expr.c)
target_include_directories(expr-slowest PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(expr-slowest PRIVATE daemon)
