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
foreach(test line print)
  target_compile_definitions(unit-encode-${test} PRIVATE RINGMILL_DOCS="${PROJECT_SOURCE_DIR}/docs")
endforeach()

# What threads meet in, under TSan in every run of the tests.
if(RINGMILL_KIND STREQUAL release)
  file(GLOB base_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/daemon/base/*.c)
  list(FILTER base_sources EXCLUDE REGEX "/capabilities\\.c$")
  add_library(base-tsan STATIC ${base_sources})
  target_include_directories(base-tsan PUBLIC ${CMAKE_CURRENT_SOURCE_DIR}
    ${PROJECT_SOURCE_DIR}/daemon ${PROJECT_SOURCE_DIR}/daemon/include)
  target_compile_options(base-tsan PUBLIC -fsanitize=thread -Wno-tsan)
  target_link_options(base-tsan PUBLIC -fsanitize=thread)
  target_link_libraries(base-tsan PUBLIC PkgConfig::CMOCKA PkgConfig::SYSTEMD Threads::Threads)
  foreach(test base/lane base/log base/name_cache base/note base/queue base/resolver base/waker
      pipeline/errand pipeline/writer)
    string(REPLACE "/" ";" name ${test})
    list(GET name 0 folder)
    list(GET name 1 name)
    add_executable(${folder}-tsan-${name} unit/${test}.c)
    target_link_libraries(${folder}-tsan-${name} PRIVATE base-tsan)
    add_test(NAME unit/${folder}/tsan/${name} COMMAND ${folder}-tsan-${name})
    set_tests_properties(unit/${folder}/tsan/${name} PROPERTIES LABELS long PROCESSORS ${whole_core})
  endforeach()
  target_sources(pipeline-tsan-errand PRIVATE ${PROJECT_SOURCE_DIR}/daemon/pipeline/errand.c)
  target_sources(pipeline-tsan-writer PRIVATE ${PROJECT_SOURCE_DIR}/daemon/pipeline/writer.c
    ${PROJECT_SOURCE_DIR}/daemon/encode/framing.c)
endif()
