# The language, the build types and the speed of rebuilding. Asserts guard our own invariants in
# every build type, so none of them defines NDEBUG.

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(NOT CMAKE_BUILD_TYPE)
	set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug or Release" FORCE)
endif()
set(CMAKE_C_FLAGS_DEBUG "-g")
set(CMAKE_C_FLAGS_RELEASE "-O2")

find_program(TALFORGE_CCACHE ccache)
if(TALFORGE_CCACHE AND NOT CMAKE_C_COMPILER_LAUNCHER)
	set(CMAKE_C_COMPILER_LAUNCHER "${TALFORGE_CCACHE}")
endif()

add_library(talforge_language INTERFACE)
target_compile_definitions(talforge_language INTERFACE _GNU_SOURCE)
target_compile_options(talforge_language INTERFACE -fstack-protector-strong -fPIE)
target_link_options(talforge_language INTERFACE -pie)
target_compile_definitions(talforge_language INTERFACE $<$<CONFIG:Release>:_FORTIFY_SOURCE=2>)
