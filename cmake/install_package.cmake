# What is installed, and where. Two readers: a Python wheel (SKBUILD), which gets the command, the
# extension (python/CMakeLists.txt) and the machines; a CMake prefix, which gets the libraries too.
if(SKBUILD)
  install(DIRECTORY machines/ DESTINATION trainyard/machines FILES_MATCHING PATTERN "*.toml")
  # What `trainyard validate` runs and compares with.
  install(DIRECTORY bench/kernels bench/machines DESTINATION trainyard/bench)
  install(FILES bench/measurements.csv bench/scale.csv DESTINATION trainyard/bench)
  if(TARGET trainyard)
    install(TARGETS trainyard RUNTIME DESTINATION ${SKBUILD_SCRIPTS_DIR})
  endif()
  return()
endif()

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(TRAINYARD_MACHINES_DESTINATION ${CMAKE_INSTALL_DATADIR}/trainyard/machines)
set(package_destination ${CMAKE_INSTALL_LIBDIR}/cmake/trainyard)

get_property(rooms GLOBAL PROPERTY TRAINYARD_ROOMS)
add_library(trainyard_all INTERFACE)
set_target_properties(trainyard_all PROPERTIES EXPORT_NAME trainyard)
target_link_libraries(trainyard_all INTERFACE ${rooms})

install(TARGETS trainyard_all ${rooms} EXPORT trainyardTargets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
        INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/trainyard)
if(TARGET trainyard)
  install(TARGETS trainyard RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(DIRECTORY src/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/trainyard
        FILES_MATCHING PATTERN "*.h" PATTERN cli EXCLUDE)
install(DIRECTORY machines/ DESTINATION ${TRAINYARD_MACHINES_DESTINATION}
        FILES_MATCHING PATTERN "*.toml")
install(EXPORT trainyardTargets NAMESPACE trainyard:: DESTINATION ${package_destination})

foreach(optional TRAINYARD_USES_MPI TRAINYARD_USES_PROTOBUF)
  get_property(${optional} GLOBAL PROPERTY ${optional})
  if(NOT ${optional})
    set(${optional} OFF)
  endif()
endforeach()
configure_package_config_file(cmake/trainyardConfig.cmake.in
  ${CMAKE_CURRENT_BINARY_DIR}/trainyardConfig.cmake
  INSTALL_DESTINATION ${package_destination} PATH_VARS TRAINYARD_MACHINES_DESTINATION)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/trainyardConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/trainyardConfig.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/trainyardConfigVersion.cmake
        DESTINATION ${package_destination})
