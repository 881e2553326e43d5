# cmake -DROOT=dir -DLIST=file -DOUTPUT=file.c -P embed_files.cmake
# Writes a C source with the content of each file named in LIST. A NUL that is not counted follows
# every content, so that text can be used as a string.

file(STRINGS "${LIST}" files)
set(arrays "")
set(rows "")
set(number 0)
foreach(file IN LISTS files)
	file(READ "${ROOT}/${file}" hex HEX)
	string(LENGTH "${hex}" digits)
	math(EXPR size "${digits} / 2")
	string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
	string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," hex "${hex}")
	string(APPEND arrays
		"static const unsigned char file_${number}[] = {\n${hex}0x00\n};\n\n")
	string(APPEND rows "\t{ \"${file}\", file_${number}, ${size} },\n")
	math(EXPR number "${number} + 1")
endforeach()

set(text "#include \"cluster/embedded.h\"\n\n${arrays}")
string(APPEND text "const struct embedded_file embedded_files[] = {\n${rows}\t{ 0 },\n};\n")
string(APPEND text "const size_t embedded_files_count = ${number};\n")
file(WRITE "${OUTPUT}" "${text}")
