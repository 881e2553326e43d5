# tests/fuzz/fuzz_<name>.c: a libFuzzer program with TALFORGE_FUZZ, else the same harness with a
# main of our own. Either way ctest replays tests/fuzz/corpus/<name>.

function(talforge_fuzz_targets)
	file(GLOB harnesses CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/fuzz/fuzz_*.c")
	set(split "${CMAKE_SOURCE_DIR}/tests/fuzz/split.c")
	add_custom_target(fuzz_targets)
	foreach(harness IN LISTS harnesses)
		get_filename_component(target "${harness}" NAME_WE)
		string(REGEX REPLACE "^fuzz_" "" name "${target}")
		set(corpus "${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${name}")
		if(TALFORGE_FUZZ)
			talforge_test_program(${target} SOURCES "${harness}" "${split}"
				MODULES ${TALFORGE_MODULES})
			target_link_options(${target} PRIVATE -fsanitize=fuzzer)
			add_test(NAME fuzz.${name} COMMAND ${target} -runs=0 "${corpus}")
		else()
			talforge_test_program(${target} SOURCES "${harness}" "${split}"
				"${CMAKE_SOURCE_DIR}/tests/fuzz/replay.c" MODULES ${TALFORGE_MODULES})
			add_test(NAME fuzz.${name} COMMAND ${target} "${corpus}")
		endif()
		talforge_test_properties(fuzz.${name} fuzz 300)
		add_dependencies(fuzz_targets ${target})
	endforeach()
endfunction()
