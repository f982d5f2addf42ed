# SPDX-License-Identifier: Apache-2.0
# The aggregate handler's bench and soak test.
add_executable(bench-aggregate EXCLUDE_FROM_ALL bench/aggregate.c)
target_link_libraries(bench-aggregate PRIVATE bench-report fake-ring)

# ./dev soak windows is the long form.
add_executable(windows soak/windows.c soak/windows_reference.c)
target_include_directories(windows PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(windows PRIVATE daemon PkgConfig::CMOCKA)
add_test(NAME soak/windows COMMAND windows 2)
set_tests_properties(soak/windows PROPERTIES LABELS long PROCESSORS ${whole_core})

# ./dev soak hostile-keys is the long form.
add_executable(hostile-keys soak/hostile-keys.c)
target_link_libraries(hostile-keys PRIVATE fake-ring)
# ASan keeps what was freed, so its memory says nothing
if(RINGMILL_KIND STREQUAL release)
  add_test(NAME soak/hostile-keys COMMAND hostile-keys 3)
  set_tests_properties(soak/hostile-keys PROPERTIES LABELS long PROCESSORS ${whole_core})
endif()
