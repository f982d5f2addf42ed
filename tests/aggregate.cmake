# SPDX-License-Identifier: Apache-2.0
# The aggregate handler's bench and soak test.
add_executable(bench-aggregate bench/aggregate.c)
target_link_libraries(bench-aggregate PRIVATE bench-report daemon)
