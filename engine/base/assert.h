/*
 * assert.h - checks of our own reasoning, on in every build.
 *
 * A failed HF_ASSERT is a bug of Holdfast, never of its input: bytes from a disk and arguments
 * from a caller are judged by code that returns an error. Checks that walk whole structures use
 * HF_ASSERT_SLOW, which exists only in builds with -DHF_CHECK.
 */
#ifndef HF_BASE_ASSERT_H
#define HF_BASE_ASSERT_H

/* Prints the fact and its place to stderr and aborts. */
_Noreturn __attribute__((cold)) void hf_assert_failed(const char *fact, const char *file,
                                                      int line);

#define HF_ASSERT(fact)                                                                        \
    (__builtin_expect(!!(fact), 1) ? (void)0 : hf_assert_failed(#fact, __FILE__, __LINE__))

#ifdef HF_CHECK
#define HF_ASSERT_SLOW(fact) HF_ASSERT(fact)
#else
#define HF_ASSERT_SLOW(fact) ((void)0)
#endif

#endif
