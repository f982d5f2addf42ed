# SPDX-License-Identifier: Apache-2.0
# Random structs, laid out by the compiler and by each reader of layouts: the test schema/layout.
add_executable(layout-reader schema/layout.c)
target_link_libraries(layout-reader PRIVATE daemon)
add_test(NAME schema/layout
  COMMAND /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/schema/layout.py)
set_tests_properties(schema/layout PROPERTIES TIMEOUT 120 LABELS unit
  ENVIRONMENT "RINGMILL_BIN=${CMAKE_RUNTIME_OUTPUT_DIRECTORY};PYTHONDONTWRITEBYTECODE=1")
