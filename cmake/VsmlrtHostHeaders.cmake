# Libraries that are headers only are the same for every system: taken from this one's, each by itself, since the rest of
# its headers are not the target's.
set(headers ${CMAKE_BINARY_DIR}/headers)
file(MAKE_DIRECTORY ${headers})
foreach(name IN ITEMS protozero xxhash.h)
  find_path(folder ${name} NO_CMAKE_FIND_ROOT_PATH NO_CACHE REQUIRED)
  file(CREATE_LINK ${folder}/${name} ${headers}/${name} SYMBOLIC)
  unset(folder)
endforeach()
include_directories(SYSTEM ${headers})
list(APPEND CMAKE_FIND_ROOT_PATH ${headers})
set(XXHASH_INCLUDE ${headers})
set(PROTOZERO_INCLUDE ${headers})
