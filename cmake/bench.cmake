# tests/bench/*.c: programs that measure and print. Nothing of it is a test, since timing depends
# on the machine: `ninja bench` builds them and runs tests/bench/run.sh with the build directory.

function(talforge_benchmarks)
	file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/bench/*.c")
	file(GLOB runner CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/bench/run.sh")
	if(NOT runner)
		return()
	endif()
	set(targets "")
	list(FILTER sources EXCLUDE REGEX "/empty\\.c$")
	foreach(source IN LISTS sources)
		get_filename_component(target "${source}" NAME_WE)
		talforge_test_program(${target} SOURCES "${source}" "${CMAKE_SOURCE_DIR}/tests/flow/scene.c"
			"${CMAKE_SOURCE_DIR}/tests/flow/folder.c"
			MODULES ${TALFORGE_MODULES})
		set_target_properties(${target} PROPERTIES EXCLUDE_FROM_ALL ON)
		list(APPEND targets ${target})
	endforeach()
	talforge_empty_program()
	list(APPEND targets empty)
	add_custom_target(bench COMMAND bash "${runner}" "${CMAKE_BINARY_DIR}" USES_TERMINAL VERBATIM)
	if(TARGET talforge_program)
		list(APPEND targets talforge_program)
	endif()
	if(targets)
		add_dependencies(bench ${targets})
	endif()
endfunction()

# Does nothing, with the libraries the program needs: what loading them costs. run.sh checks that
# both need the same.
function(talforge_empty_program)
	add_executable(empty EXCLUDE_FROM_ALL "${CMAKE_SOURCE_DIR}/tests/bench/empty.c")
	target_link_options(empty PRIVATE -Wl,--no-as-needed)
	target_link_libraries(empty PRIVATE PkgConfig::openssl PkgConfig::yaml PkgConfig::jansson
		PkgConfig::nghttp2 PkgConfig::protobuf_c PkgConfig::zlib PkgConfig::ssh2 m)
	set_target_properties(empty PROPERTIES
		RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
endfunction()
