# SPDX-License-Identifier: Apache-2.0
# What encoders write, read back by another parser; ./dev soak json-truth runs it for long.
pkg_check_modules(JSONC REQUIRED IMPORTED_TARGET json-c)
add_executable(json-truth encode/truth.c encode/want.c encode/random.c)
target_include_directories(json-truth PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(json-truth PRIVATE daemon PkgConfig::JSONC)
add_test(NAME unit/encode/truth COMMAND json-truth 20000)
set_tests_properties(unit/encode/truth PROPERTIES LABELS long PROCESSORS ${whole_core})

add_test(NAME unit/encode/formats
  COMMAND /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/encode/formats.py $<TARGET_FILE:json-truth> 5000)
set_tests_properties(unit/encode/formats PROPERTIES LABELS long PROCESSORS ${whole_core})

# What stands in for SSE2 where there is none.
add_executable(escape-portable unit/encode/escape.c ${PROJECT_SOURCE_DIR}/daemon/encode/escape.c)
target_include_directories(escape-portable PRIVATE ${PROJECT_SOURCE_DIR}/daemon
  ${PROJECT_SOURCE_DIR}/daemon/include)
target_compile_options(escape-portable PRIVATE -U__SSE2__)
target_link_libraries(escape-portable PRIVATE daemon PkgConfig::CMOCKA)
add_test(NAME unit/encode/escape/portable COMMAND escape-portable)
set_tests_properties(unit/encode/escape/portable PROPERTIES LABELS unit)

# They compare the manual's examples with what comes out.
foreach(test line_encoder record_print)
  target_compile_definitions(unit-encode-${test} PRIVATE RINGMILL_DOCS="${PROJECT_SOURCE_DIR}/docs")
endforeach()
