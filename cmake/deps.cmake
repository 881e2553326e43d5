# The libraries, found by pkg-config. All that is missing is reported at once, each with the
# Debian package that brings it.

find_program(TALFORGE_PKG_CONFIG NAMES pkg-config pkgconf)
if(NOT TALFORGE_PKG_CONFIG)
	message(FATAL_ERROR "pkg-config is missing: install the Debian package pkg-config")
endif()
find_package(PkgConfig REQUIRED QUIET)

set(missing "")

# Makes PkgConfig::<name> out of pkg-config module <module>, at least <version>.
macro(talforge_library_dep name module version package)
	pkg_check_modules(${name} QUIET IMPORTED_TARGET ${module}>=${version})
	if(NOT ${name}_FOUND)
		pkg_check_modules(${name}_any QUIET ${module})
		set(found "none is installed")
		if(${name}_any_FOUND)
			set(found "${${name}_any_VERSION} is installed")
		endif()
		string(APPEND missing "\n  ${module} ${version} or newer (${found}): "
			"install the Debian package ${package}")
	endif()
endmacro()

talforge_library_dep(curl libcurl 7.84 libcurl4-openssl-dev)
talforge_library_dep(openssl openssl 3.0 libssl-dev)
talforge_library_dep(ssh2 libssh2 1.10 libssh2-1-dev)
talforge_library_dep(yaml yaml-0.1 0.2.5 libyaml-dev)
talforge_library_dep(jansson jansson 2.13 libjansson-dev)
talforge_library_dep(nghttp2 libnghttp2 1.50 libnghttp2-dev)
talforge_library_dep(protobuf_c libprotobuf-c 1.4 libprotobuf-c-dev)
talforge_library_dep(zlib zlib 1.2.11 zlib1g-dev)
if(TALFORGE_TESTS)
	talforge_library_dep(criterion criterion 2.4 libcriterion-dev)
endif()

find_program(TALFORGE_PROTOC_C protoc-c)
if(NOT TALFORGE_PROTOC_C)
	string(APPEND missing "\n  protoc-c: install the Debian package protobuf-c-compiler")
endif()

if(missing)
	message(FATAL_ERROR "talforge cannot be built yet, these are missing:${missing}\n"
		"scripts/setup installs all of them.")
endif()
