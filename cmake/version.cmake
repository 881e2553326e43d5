# The version is written once, in project(); the code reads it as "version.h".

set(TALFORGE_GENERATED "${CMAKE_BINARY_DIR}/generated")
configure_file("${CMAKE_SOURCE_DIR}/cmake/version.h.in" "${TALFORGE_GENERATED}/version.h" @ONLY)
