# SPDX-License-Identifier: Apache-2.0
# Compiler flags, and the four kinds of build that ./dev knows: release, debug, asan, tsan.
set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON) # gnu17: __attribute__((cleanup)), typeof, statement expressions
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

set(RINGMILL_KIND release CACHE STRING "release, debug, asan or tsan")
set_property(CACHE RINGMILL_KIND PROPERTY STRINGS release debug asan tsan)

add_compile_definitions(_GNU_SOURCE)
add_compile_options(-Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes
  -Wpointer-arith -Wvla -Wformat=2 -fno-strict-aliasing -fno-common -g
  -fstack-protector-strong -fstack-clash-protection -fvisibility=hidden)
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
  add_compile_options(-fcf-protection)
elseif(CMAKE_SYSTEM_PROCESSOR STREQUAL "aarch64")
  add_compile_options(-mbranch-protection=standard)
endif()
add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack,--as-needed)

if(RINGMILL_KIND STREQUAL release)
  add_compile_options(-O2 -D_FORTIFY_SOURCE=2 -fno-omit-frame-pointer)
elseif(RINGMILL_KIND STREQUAL debug)
  add_compile_options(-Og -DRINGMILL_CHECK_SETUP)
elseif(RINGMILL_KIND STREQUAL asan)
  add_compile_options(-O1 -DRINGMILL_CHECK_SETUP -fno-omit-frame-pointer
    -fsanitize=address,undefined
    -fno-sanitize-recover=all)
  add_link_options(-fsanitize=address,undefined)
elseif(RINGMILL_KIND STREQUAL tsan)
  # gcc's TSan does not model atomic_thread_fence; each fence says in its comment what it orders.
  add_compile_options(-O1 -DRINGMILL_CHECK_SETUP -fno-omit-frame-pointer -fsanitize=thread -Wno-tsan)
  add_link_options(-fsanitize=thread)
else()
  message(FATAL_ERROR "RINGMILL_KIND=${RINGMILL_KIND}: allowed are release, debug, asan, tsan")
endif()
