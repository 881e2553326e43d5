# Instrumentation, chosen by option and applied to everything that is compiled.

add_library(talforge_sanitize INTERFACE)

if(TALFORGE_SANITIZE OR TALFORGE_FUZZ)
	set(flags -fsanitize=address,undefined -fno-sanitize-recover=undefined
		-fno-omit-frame-pointer)
	target_compile_options(talforge_sanitize INTERFACE ${flags} -O1)
	target_link_options(talforge_sanitize INTERFACE ${flags})
endif()

if(TALFORGE_FUZZ)
	if(NOT CMAKE_C_COMPILER_ID MATCHES "Clang")
		message(FATAL_ERROR "TALFORGE_FUZZ needs clang: cmake --preset fuzz")
	endif()
	target_compile_options(talforge_sanitize INTERFACE -fsanitize=fuzzer-no-link)
endif()

if(TALFORGE_COVERAGE)
	target_compile_options(talforge_sanitize INTERFACE --coverage -fprofile-update=atomic)
	target_link_options(talforge_sanitize INTERFACE --coverage)
endif()
