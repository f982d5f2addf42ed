# SPDX-License-Identifier: Apache-2.0
# The names of the machine's system calls, as its headers have them: a table for record/kernel_names.h.
set(syscall_names ${CMAKE_BINARY_DIR}/syscall_names.c)
add_custom_command(OUTPUT ${syscall_names}
  COMMAND ${CMAKE_COMMAND} -DCOMPILER=${CMAKE_C_COMPILER} -DOUTPUT=${syscall_names}
    -P ${PROJECT_SOURCE_DIR}/cmake/syscall_names.cmake
  DEPENDS ${PROJECT_SOURCE_DIR}/cmake/syscall_names.cmake VERBATIM)
