# One room of the house: every .cc of the folder becomes the static library trainyard_<room>.
# trainyard_library(isa DEPENDS numerics machine LINK extra::target)
function(trainyard_library room)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LINK" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  add_library(trainyard_${room} STATIC ${sources})
  target_include_directories(trainyard_${room} PUBLIC $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/src>)
  list(TRANSFORM ARG_DEPENDS PREPEND trainyard_)
  # Header-only libraries end here; those that a user of the installed package links, he must find.
  list(TRANSFORM ARG_LINK REPLACE "^(nlohmann_json::.*|tomlplusplus::.*|CLI11::.*)$"
       "$<BUILD_INTERFACE:\\1>")
  target_link_libraries(trainyard_${room} PUBLIC ${ARG_DEPENDS} PRIVATE ${ARG_LINK})
  set_target_properties(trainyard_${room} PROPERTIES EXPORT_NAME ${room})
  if(NOT room STREQUAL cli)
    set_property(GLOBAL APPEND PROPERTY TRAINYARD_ROOMS trainyard_${room})
  endif()
endfunction()

# trainyard_test(numerics DEPENDS numerics): every .cc of the folder becomes one GoogleTest binary.
function(trainyard_test room)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LINK" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  add_executable(test_${room} ${sources})
  target_include_directories(test_${room} PRIVATE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/tests)
  list(TRANSFORM ARG_DEPENDS PREPEND trainyard_)
  target_link_libraries(test_${room} PRIVATE ${ARG_DEPENDS} ${ARG_LINK} GTest::gtest_main GTest::gmock)
  target_compile_definitions(test_${room} PRIVATE
    TRAINYARD_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  include(GoogleTest)
  gtest_discover_tests(test_${room} DISCOVERY_TIMEOUT 60)
endfunction()
