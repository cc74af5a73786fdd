// A course of calls with a stack of its own, by Windows' fibers. Its functions are declared here, since
// windows.h defines words that kernels use.
#pragma once

extern "C" {
__declspec(dllimport) void *__stdcall ConvertThreadToFiber(void *);
__declspec(dllimport) int __stdcall ConvertFiberToThread(void);
__declspec(dllimport) void *__stdcall CreateFiberEx(unsigned long long, unsigned long long, unsigned long,
                                                    void(__stdcall *)(void *), void *);
__declspec(dllimport) void __stdcall DeleteFiber(void *);
__declspec(dllimport) void __stdcall SwitchToFiber(void *);
}

namespace fibers {

class Course {
public:
    // The thread's own, which is a fiber for as long as this lives.
    Course() : fiber_(ConvertThreadToFiber(nullptr)) {}
    // One that runs `body`, which never returns, when it is first gone on with.
    explicit Course(void (*body)())
        : body_(body), fiber_(CreateFiberEx(stack_bytes, stack_bytes, 0, begin, (void *)body)) {}
    ~Course() {
        if (body_)
            DeleteFiber(fiber_);
        else
            ConvertFiberToThread();
    }
    Course(const Course &) = delete;
    Course &operator=(const Course &) = delete;

    // On with `other`, from the one that runs; returns when somebody goes on with this one.
    void go_on_with(Course &other) { SwitchToFiber(other.fiber_); }

private:
    enum { stack_bytes = 256 << 10 };
    static void __stdcall begin(void *body) { ((void (*)())body)(); }

    void (*body_)() = nullptr;
    void *fiber_;
};

} // namespace fibers
