# Compiles proto/**/*.proto with protoc-c. The result is one target with relaxed warnings, which
# only the modules that link it can see: "machine.proto" becomes #include "machine.pb-c.h".

function(talforge_protos target)
	set(root "${CMAKE_SOURCE_DIR}/proto")
	set(out "${TALFORGE_GENERATED}/proto")
	file(GLOB_RECURSE protos CONFIGURE_DEPENDS RELATIVE "${root}" "${root}/*.proto")
	if(NOT protos)
		add_library(${target} INTERFACE)
		target_link_libraries(${target} INTERFACE PkgConfig::protobuf_c)
		return()
	endif()

	set(sources "")
	set(headers "")
	list(TRANSFORM protos PREPEND "${root}/" OUTPUT_VARIABLE inputs)
	foreach(proto IN LISTS protos)
		string(REGEX REPLACE "\\.proto$" ".pb-c" stem "${out}/${proto}")
		list(APPEND sources "${stem}.c")
		list(APPEND headers "${stem}.h")
	endforeach()
	file(MAKE_DIRECTORY "${out}")
	add_custom_command(
		OUTPUT ${sources} ${headers}
		COMMAND "${TALFORGE_PROTOC_C}" "--proto_path=${root}" "--c_out=${out}" ${inputs}
		DEPENDS ${inputs}
		COMMENT "protoc-c"
		VERBATIM
	)

	add_library(${target} OBJECT ${sources} ${headers})
	target_include_directories(${target} SYSTEM PUBLIC "${out}")
	target_compile_options(${target} PRIVATE -w)
	target_link_libraries(${target} PUBLIC PkgConfig::protobuf_c
		PRIVATE talforge_language talforge_sanitize)
endfunction()
