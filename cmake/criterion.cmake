# Test programs and their registration with ctest. A Criterion test that leaks is still reported
# as passed, because its fork is judged before the leak report comes: hence the expression below
# on every test.

set(TALFORGE_SANITIZER_REPORT "ERROR: (Leak|Address)Sanitizer|runtime error:")

function(talforge_test_properties name label timeout)
	set_tests_properties(
		${name}
		PROPERTIES
			LABELS "${label}"
			TIMEOUT ${timeout}
			FAIL_REGULAR_EXPRESSION "${TALFORGE_SANITIZER_REPORT}"
			ENVIRONMENT "TALFORGE_BUILD_DIR=${CMAKE_BINARY_DIR};UBSAN_OPTIONS=print_stacktrace=1"
	)
endfunction()

# A program of our own code that links the given modules and all below them.
function(talforge_test_program target)
	cmake_parse_arguments(arg "" "" "SOURCES;MODULES" ${ARGN})
	talforge_closure(targets ${arg_MODULES})
	add_executable(${target} ${arg_SOURCES})
	talforge_own_code(${target})
	target_include_directories(${target} PRIVATE "${CMAKE_SOURCE_DIR}/src"
		"${CMAKE_SOURCE_DIR}/include" "${CMAKE_SOURCE_DIR}/tests")
	target_compile_definitions(${target} PRIVATE
		TEST_DATA_DIR="${CMAKE_SOURCE_DIR}/tests/data")
	target_link_libraries(${target} PRIVATE ${targets})
	set_target_properties(${target} PROPERTIES
		RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
endfunction()

function(talforge_criterion target test label timeout)
	talforge_test_program(${target} ${ARGN})
	target_link_libraries(${target} PRIVATE PkgConfig::criterion)
	add_test(NAME ${test} COMMAND ${target} WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
	talforge_test_properties(${test} ${label} ${timeout})
endfunction()

# tests/unit/<module>/*.c: program test_<module>, ctest name unit.<module>
function(talforge_unit_tests)
	foreach(module IN LISTS TALFORGE_MODULES)
		file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/unit/${module}/*.c")
		if(sources)
			talforge_criterion(test_${module} unit.${module} unit 300
				SOURCES ${sources} MODULES ${module})
		endif()
	endforeach()
endfunction()

# tests/<suite>/*.c: program suite_<suite>, which links every module; ctest name <suite>
function(talforge_suite suite timeout)
	file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/${suite}/*.c")
	if(sources)
		talforge_criterion(suite_${suite} ${suite} ${suite} ${timeout}
			SOURCES ${sources} MODULES ${TALFORGE_MODULES})
	endif()
endfunction()

# tests/<suite>/*.sh: each gets the program as $1 and an empty scratch directory as $2
function(talforge_script_tests suite)
	if(NOT TARGET talforge_program)
		return()
	endif()
	file(GLOB scripts CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/${suite}/*.sh")
	foreach(script IN LISTS scripts)
		get_filename_component(name "${script}" NAME_WE)
		set(scratch "${CMAKE_BINARY_DIR}/tests/${suite}/${name}")
		add_test(
			NAME ${suite}.${name}
			COMMAND sh -c "rm -rf \"$3\" && mkdir -p \"$3\" && exec bash \"$1\" \"$2\" \"$3\""
				sh "${script}" $<TARGET_FILE:talforge_program> "${scratch}"
			WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}"
		)
		talforge_test_properties(${suite}.${name} ${suite} 300)
	endforeach()
endfunction()
