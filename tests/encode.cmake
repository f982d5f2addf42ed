# SPDX-License-Identifier: Apache-2.0
# What encoders write, read back by another parser; ./dev soak json-truth runs it for long.
pkg_check_modules(JSONC REQUIRED IMPORTED_TARGET json-c)
add_executable(json-truth encode/truth.c)
target_link_libraries(json-truth PRIVATE daemon PkgConfig::JSONC)
add_test(NAME unit/encode/truth COMMAND json-truth 20000)
set_tests_properties(unit/encode/truth PROPERTIES TIMEOUT 120 LABELS unit)
