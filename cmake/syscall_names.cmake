# SPDX-License-Identifier: Apache-2.0
# cmake -DCOMPILER=CC -DOUTPUT=FILE -P syscall_names.cmake
# Asks the preprocessor for all __NR_ macros of <asm/unistd.h>; the compiler then knows the numbers.
execute_process(COMMAND ${COMPILER} -E -dM -include asm/unistd.h -x c /dev/null
  OUTPUT_VARIABLE macros RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "${COMPILER} cannot read <asm/unistd.h>")
endif()
string(REGEX MATCHALL "#define __NR_[a-z0-9_]+ " names "${macros}")
# counts and ranges on some architectures, no calls
list(FILTER names EXCLUDE REGEX "__NR_(syscalls|arch_specific_syscall) ")
list(SORT names)
set(rows "")
foreach(name ${names})
  string(REGEX REPLACE "#define __NR_([a-z0-9_]+) " "\\1" name ${name})
  string(LENGTH ${name} length)
  string(APPEND rows "    [__NR_${name}] = {\"${name}\", ${length}},\n")
endforeach()
file(WRITE ${OUTPUT} "/* by cmake/syscall_names.cmake */
#include \"encode/kernel_names.h\"

#include <asm/unistd.h>

const struct text kernel_names_syscalls[] = {
${rows}};

const uint32_t kernel_names_syscall_count = sizeof(kernel_names_syscalls) / sizeof(*kernel_names_syscalls);
")
