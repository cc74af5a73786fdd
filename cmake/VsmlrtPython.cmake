# The VapourSynth headers and the OpenVINO package come inside Python wheels: ask the interpreter where they are.
find_package(Python3 3.12 COMPONENTS Interpreter REQUIRED)

function(vsmlrt_package_folder package out)
  execute_process(
    COMMAND ${Python3_EXECUTABLE} -c
            "import importlib.util as u; s = u.find_spec('${package}'); print(list(s.submodule_search_locations)[0] if s else '')"
    OUTPUT_VARIABLE folder OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  set(${out} "${folder}" PARENT_SCOPE)
endfunction()

vsmlrt_package_folder(vapoursynth VSMLRT_VAPOURSYNTH)
if(NOT VSMLRT_VAPOURSYNTH)
  message(FATAL_ERROR "The package VapourSynth (>= 75) is not installed for ${Python3_EXECUTABLE}; "
                      "run: ${Python3_EXECUTABLE} -m pip install vapoursynth")
endif()
vsmlrt_package_folder(openvino VSMLRT_OPENVINO)
if(NOT VSMLRT_OPENVINO AND NOT WIN32)
  message(FATAL_ERROR "The package openvino is not installed for ${Python3_EXECUTABLE}; "
                      "run: ${Python3_EXECUTABLE} -m pip install openvino==2026.4.1")
endif()
add_library(vsmlrt_vapoursynth INTERFACE)
target_include_directories(vsmlrt_vapoursynth SYSTEM INTERFACE ${VSMLRT_VAPOURSYNTH}/include)
