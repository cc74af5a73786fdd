// A course of calls with a stack of its own, by the C library's contexts. One is left and gone on with by
// jumps, which ask the system for nothing.
#pragma once

#include <csetjmp>
#include <ucontext.h>

namespace fibers {

class Course {
public:
    // The thread's own.
    Course() = default;
    // One that runs `body`, which never returns, when it is first gone on with.
    explicit Course(void (*body)()) : stack_(new char[stack_bytes]), fresh_(true) {
        getcontext(&first_);
        first_.uc_stack.ss_sp = stack_;
        first_.uc_stack.ss_size = stack_bytes;
        makecontext(&first_, body, 0);
    }
    Course(const Course &) = delete;
    Course &operator=(const Course &) = delete;
    ~Course() { delete[] stack_; }

    // On with `other`, from the one that runs; returns when somebody goes on with this one.
    void go_on_with(Course &other) {
        if (setjmp(at_))
            return;
        if (!other.fresh_)
            std::longjmp(other.at_, 1);
        other.fresh_ = false;
        setcontext(&other.first_);
    }

private:
    enum { stack_bytes = 256 << 10 };
    char *const stack_ = nullptr;
    std::jmp_buf at_;
    ucontext_t first_;
    bool fresh_ = false;
};

} // namespace fibers
