# Two commands: 'make demo' upscales a real clip, 'make test' runs the tests. Both set up first; repeats are quick.
PYTHON_IN := .venv/bin/python

.PHONY: help setup demo test test-compat lint fuzz emulated-gpu levels sanitize windows wheels bench-peers bench-interpolate bench-overhead bench-check clean

help:
	@echo 'make demo    set up, fetch a network, upscale a real clip into out/'
	@echo 'make test    set up, build the C++ tests, run ctest and pytest'
	@echo 'make test-compat  scripts and public wrappers written for vs-mlrt, also beside its own plugins'
	@echo 'make lint    clang-format, clang-tidy, shellcheck, ruff and mypy'
	@echo 'make fuzz    every parser on its corpus and what a fuzzer makes of it, 20 seconds each'
	@echo 'make emulated-gpu  the conformance suite on the cuda backend, with no GPU'
	@echo 'make levels  the tests of CPU kernels as on processors with fewer instructions'
	@echo 'make sanitize  the tests under the thread and the address sanitizer'
	@echo 'make windows  build for Windows on Debian, run its tests under Wine, write its wheel into dist/'
	@echo 'make wheels  two wheels into dist/: for Linux, with auditwheel'"'"'s judgement, and for Windows'
	@echo 'make bench-peers     fps and memory next to vs-mlrt'"'"'s CPU plugins (an hour; ARGS="--sizes 640x272")'
	@echo 'make bench-interpolate  frame interpolation next to vs-mlrt'"'"'s OpenVINO plugin'
	@echo 'make bench-overhead  what the filter itself costs'
	@echo 'make bench-check     on an NVIDIA GPU: whether the cuda backend has become slower than what is on record'
	@echo 'make setup   .venv with this package in it, for use'
	@echo 'make clean   remove build/ and out/ (.venv stays)'

setup:
	@tools/setup run

demo: setup
	@$(PYTHON_IN) tools/demo.py

test:
	@tools/setup dev
	@tools/test

test-compat:
	@tools/setup dev
	@rm -rf build/results
	@tools/test_compat || true
	@$(PYTHON_IN) tools/summary.py

lint:
	@tools/setup dev
	@tools/lint

fuzz:
	@tools/setup dev
	@tools/fuzz

emulated-gpu: test
	@tools/emulated_gpu || true
	@$(PYTHON_IN) tools/summary.py

levels: test
	@tools/levels || true
	@$(PYTHON_IN) tools/summary.py

sanitize:
	@tools/setup dev
	@rm -rf build/results
	@tools/sanitize tsan || true
	@tools/sanitize asan || true
	@$(PYTHON_IN) tools/summary.py

windows:
	@tools/setup dev
	@tools/windows test
	@tools/windows wheel

wheels:
	@tools/setup dev
	@tools/wheels

bench-peers:
	@tools/setup dev
	@tools/peers
	@$(PYTHON_IN) bench/peers.py --peers .venv-peers/bin/python --work build/bench $(ARGS)

bench-interpolate:
	@tools/setup dev
	@tools/peers
	@$(PYTHON_IN) bench/interpolate.py --peers .venv-peers/bin/python --work build/bench $(ARGS)

bench-overhead:
	@tools/setup dev
	@$(PYTHON_IN) bench/overhead.py $(ARGS)

bench-check:
	@tools/setup dev
	@PATH="$$PWD/.venv/bin:$$PATH" cmake --preset dev -DPython3_EXECUTABLE="$$PWD/.venv/bin/python" >/dev/null
	@PATH="$$PWD/.venv/bin:$$PATH" cmake --build --preset dev --target bench_cuda >/dev/null
	@$(PYTHON_IN) bench/gpu_check.py $(ARGS)

clean:
	rm -rf build out
