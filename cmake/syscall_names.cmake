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
  string(APPEND rows "    [__NR_${name}] = \"${name}\",\n")
endforeach()
file(WRITE ${OUTPUT} "/* by cmake/syscall_names.cmake */
#include \"record/kernel_names.h\"

#include <asm/unistd.h>

static const char *const names[] = {
${rows}};

const struct number_set kernel_syscalls = {.by_number = names,
                                           .n_numbers = sizeof(names) / sizeof(*names)};
")
