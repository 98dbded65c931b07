/*
 * signature.h - which failure this is: the same bug, met again under other numbers, has the
 * same signature.
 *
 * A signature is a property, the place where the judge noticed (the door or the call that it
 * speaks of) and the class of what was found, as text. Numbers, quoted texts and names of files
 * are left out, since they differ from seed to seed. It serves two: `shrink` accepts a smaller
 * scenario only if it fails with the same signature, and `report` folds failures by it.
 */
#ifndef SIM_SIGNATURE_H
#define SIM_SIGNATURE_H

#include "sim/run/result.h"

#define SIM_SIGNATURE_SIZE 200u

/* From the texts of a failure, as they stand in a result and in its JSON. Cut to the size. */
void sim_signature_of(char to[SIM_SIGNATURE_SIZE], const char *property, const char *expected,
                      const char *found);
/* Of a run that broke. */
void sim_signature(char to[SIM_SIGNATURE_SIZE], const struct sim_result *result);

#endif
