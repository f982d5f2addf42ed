# SPDX-License-Identifier: Apache-2.0
# Plug-ins, built as anybody would: with the public header alone. docs/examples/plugin.c is one.
function(plugin name source)
  add_library(plugin-${name} MODULE ${source})
  target_include_directories(plugin-${name} PRIVATE ${PROJECT_SOURCE_DIR}/daemon/include)
  set_target_properties(plugin-${name} PROPERTIES PREFIX "" OUTPUT_NAME ${name}
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_LIBRARY_OUTPUT_DIRECTORY}/plugins)
endfunction()
plugin(depth ${PROJECT_SOURCE_DIR}/docs/examples/plugin.c)
foreach(name empty future taken views)
  plugin(${name} plugin/${name}.c)
  add_dependencies(unit-plugin-plugin plugin-${name})
endforeach()
add_dependencies(unit-plugin-plugin plugin-depth)
target_compile_definitions(unit-plugin-plugin PRIVATE
  PLUGIN_FOLDER="${CMAKE_LIBRARY_OUTPUT_DIRECTORY}/plugins")
