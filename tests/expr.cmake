# SPDX-License-Identifier: Apache-2.0
# Random expressions against a reference that was written apart from the engine.
add_executable(expr-same expr/same.c expr/generate.c expr/reference.c)
target_include_directories(expr-same PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(expr-same PRIVATE daemon PkgConfig::CMOCKA)
add_test(NAME expr/same COMMAND expr-same)
set_tests_properties(expr/same PROPERTIES TIMEOUT 120 LABELS unit)
