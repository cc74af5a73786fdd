// Functions over complex numbers that numpy takes from Windows' C library and Wine 8 has not. Their arguments
// are structures of two numbers there, and a long double is a double.
#include <complex.h>

typedef struct {
    double re, im;
} ms_double;
typedef struct {
    float re, im;
} ms_float;

static double complex in(ms_double z) {
    return __builtin_complex(z.re, z.im);
}
static float complex in_float(ms_float z) {
    return __builtin_complex(z.re, z.im);
}
static ms_double out(double complex z) {
    return (ms_double){creal(z), cimag(z)};
}
static ms_float out_float(float complex z) {
    return (ms_float){crealf(z), cimagf(z)};
}

#define COMPLEX(name)                                                                                        \
    ms_double ms_##name(ms_double z) {                                                                       \
        return out(name(in(z)));                                                                             \
    }                                                                                                        \
    ms_double ms_##name##l(ms_double z) {                                                                    \
        return out(name(in(z)));                                                                             \
    }                                                                                                        \
    ms_float ms_##name##f(ms_float z) {                                                                      \
        return out_float(name##f(in_float(z)));                                                              \
    }
#define REAL(name)                                                                                           \
    double ms_##name(ms_double z) {                                                                          \
        return name(in(z));                                                                                  \
    }                                                                                                        \
    double ms_##name##l(ms_double z) {                                                                       \
        return name(in(z));                                                                                  \
    }                                                                                                        \
    float ms_##name##f(ms_float z) {                                                                         \
        return name##f(in_float(z));                                                                         \
    }

COMPLEX(ccos)
COMPLEX(ccosh)
COMPLEX(cexp)
COMPLEX(csin)
COMPLEX(csinh)
COMPLEX(ctan)
COMPLEX(ctanh)
REAL(cabs)
REAL(carg)
REAL(creal)
REAL(cimag)

ms_double ms_cpow(ms_double a, ms_double b) {
    return out(cpow(in(a), in(b)));
}
ms_double ms_cpowl(ms_double a, ms_double b) {
    return out(cpow(in(a), in(b)));
}
ms_float ms_cpowf(ms_float a, ms_float b) {
    return out_float(cpowf(in_float(a), in_float(b)));
}
double ms__cabs(ms_double z) {
    return cabs(in(z));
}
