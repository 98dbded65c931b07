/*
 * unasserted.h - assertions left out, for counting what the corpora reach.
 *
 * Included before engine/base/assert.h, in whose place it stands (ci/steps/coverage.sh). An
 * assertion that fails is no branch that an input may take, so it is none to be counted.
 */
#ifndef HF_BASE_ASSERT_H
#define HF_BASE_ASSERT_H

#define HF_ASSERT(fact) ((void)sizeof(fact))
#define HF_ASSERT_SLOW(fact) ((void)0)

#endif
