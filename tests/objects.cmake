# SPDX-License-Identifier: Apache-2.0
# BPF objects as users have them: tests/bpf/objects/NAME.bpf.c becomes objects/NAME.bpf.o in the
# build folder, where unit tests (TEST_OBJECTS) and live tests (harness.OBJECTS) find it.
set(objects_dir ${CMAKE_BINARY_DIR}/objects)
file(MAKE_DIRECTORY ${objects_dir})
file(GLOB object_sources CONFIGURE_DEPENDS bpf/objects/*.bpf.c)
foreach(source ${object_sources})
  get_filename_component(name ${source} NAME_WLE)
  bpf_object(${source} ${objects_dir}/${name}.o)
  list(APPEND objects ${objects_dir}/${name}.o)
endforeach()
add_custom_target(test-objects ALL DEPENDS ${objects})

add_executable(producer programs/producer/producer.c)
target_link_libraries(producer PRIVATE PkgConfig::BPF)
