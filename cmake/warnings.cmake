# What our own code is compiled with: every warning is an error, and the functions of
# tests/lint/banned.h cannot be called.

add_library(talforge_warnings INTERFACE)
target_compile_options(
	talforge_warnings
	INTERFACE
		-Wall
		-Wextra
		-Wpedantic
		-Wshadow
		-Wconversion
		-Wstrict-prototypes
		-Wmissing-prototypes
		-Wvla
		-Wundef
		-Wformat=2
		-Wpointer-arith
		-Wwrite-strings
		-Werror
		# our own va_list helpers pass their format on
		-Wno-format-nonliteral
		# rows of tables leave out the fields that are zero
		-Wno-missing-field-initializers
		# error texts are cut at their limit on purpose
		$<$<C_COMPILER_ID:GNU>:-Wno-format-truncation>
		# gcc cannot know that err_set() never returns 0 and takes failures for successes
		# that filled nothing; clang's -Wsometimes-uninitialized stays
		$<$<C_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>
		"SHELL:-include ${CMAKE_SOURCE_DIR}/tests/lint/banned.h"
)
