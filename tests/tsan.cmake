# SPDX-License-Identifier: Apache-2.0
# The short form of a run of all tests under TSan (./dev build tsan), in every run of the tests: where
# threads meet.
get_target_property(sources daemon SOURCES)
get_target_property(libraries daemon LINK_LIBRARIES)
list(TRANSFORM sources PREPEND ${PROJECT_SOURCE_DIR}/ REGEX "^[^/]")
add_library(daemon-tsan STATIC ${sources})
target_include_directories(daemon-tsan PUBLIC $<TARGET_PROPERTY:daemon,INCLUDE_DIRECTORIES>
  ${PROJECT_SOURCE_DIR}/bpf)
# fortified calls would pass TSan by
target_compile_options(daemon-tsan PUBLIC -O1 -DRINGMILL_CHECK_SETUP -U_FORTIFY_SOURCE
  -fsanitize=thread -Wno-tsan)
target_link_options(daemon-tsan PUBLIC -fsanitize=thread)
target_link_libraries(daemon-tsan PUBLIC ${libraries})

foreach(test base/lane base/log base/name_cache base/note base/queue base/resolver base/waker
    ring/copy ring/reader pipeline/consumer pipeline/task pipeline/loader pipeline/writer
    control/health)
  string(REPLACE "/" "-" target tsan/${test})
  add_executable(${target} unit/${test}.c ring/fake.c)
  target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  target_compile_definitions(${target} PRIVATE TEST_OBJECTS="${objects_dir}"
    TEST_ROOT="${PROJECT_SOURCE_DIR}")
  target_link_libraries(${target} PRIVATE daemon-tsan PkgConfig::CMOCKA)
  add_test(NAME unit/tsan/${test} COMMAND ${target})
  set_tests_properties(unit/tsan/${test} PROPERTIES LABELS unit)
endforeach()

# A folder like bin/ whose daemons are built so; what drives them is the same. A report makes the
# daemon's exit status another one.
set(folder ${CMAKE_BINARY_DIR}/tsan)
file(MAKE_DIRECTORY ${folder})
foreach(program ringmill flood open-loop)
  file(CREATE_LINK ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/${program} ${folder}/${program} SYMBOLIC)
endforeach()
foreach(program ringmilld ringmilld-wedge)
  get_target_property(sources ${program} SOURCES)
  list(TRANSFORM sources PREPEND ${PROJECT_SOURCE_DIR}/ REGEX "^daemon/")
  add_executable(${program}-tsan ${sources})
  target_link_libraries(${program}-tsan PRIVATE daemon-tsan)
  set_target_properties(${program}-tsan PROPERTIES OUTPUT_NAME ${program}
    RUNTIME_OUTPUT_DIRECTORY ${folder})
endforeach()
foreach(test reload/under_load reload/sources_and_sinks_come_and_go reload/the_first_names
    reload/at_least_once reload/pinned_sources_come_and_change_and_go
    reload/a_batch_that_is_kept_after_the_switch reload/stop_during_a_reload
    keep/stopped_while_a_handler_hangs sinks/a_signal_opens_files_anew)
  string(REGEX REPLACE "(.*)/(.*)" "live/\\1.py;\\2" command ${test})
  list(POP_FRONT command file)
  add_test(NAME live/tsan/${test}
    COMMAND /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/${file} ${command})
  set_tests_properties(live/tsan/${test} PROPERTIES LABELS live SKIP_RETURN_CODE 77
    ENVIRONMENT "RINGMILL_BIN=${folder};RINGMILL_OBJECTS=${CMAKE_CURRENT_BINARY_DIR};RINGMILL_KIND=tsan;RINGMILL_RELOADS=3;PYTHONDONTWRITEBYTECODE=1")
endforeach()
