# Turns the files of the given folders into one C source, sorted by path, whose name is the result.
# The table in it is declared in src/cluster/embedded.h.

function(talforge_embed out)
	set(files "")
	foreach(folder IN LISTS ARGN)
		file(GLOB_RECURSE found CONFIGURE_DEPENDS RELATIVE "${CMAKE_SOURCE_DIR}"
			"${CMAKE_SOURCE_DIR}/${folder}/*")
		list(APPEND files ${found})
	endforeach()
	list(SORT files)
	set(list_file "${TALFORGE_GENERATED}/embedded.list")
	list(JOIN files "\n" lines)
	file(CONFIGURE OUTPUT "${list_file}" CONTENT "${lines}\n" @ONLY)

	set(output "${TALFORGE_GENERATED}/embedded.c")
	set(script "${CMAKE_SOURCE_DIR}/cmake/embed_files.cmake")
	list(TRANSFORM files PREPEND "${CMAKE_SOURCE_DIR}/" OUTPUT_VARIABLE inputs)
	add_custom_command(
		OUTPUT "${output}"
		COMMAND "${CMAKE_COMMAND}" "-DROOT=${CMAKE_SOURCE_DIR}" "-DLIST=${list_file}"
			"-DOUTPUT=${output}" -P "${script}"
		DEPENDS ${inputs} "${list_file}" "${script}"
		COMMENT "embedded.c"
		VERBATIM
	)
	set(${out} "${output}" PARENT_SCOPE)
endfunction()
