/* faults.h - what looks wrong in a letter that was read: inside letter/ only. */
#ifndef GV_FAULTS_H
#define GV_FAULTS_H

#include "letter/letter.h"

/* Fills letter->faults, in the arena. GV_ENOMEM; GV_EBADMSG: the phrases are not UTF-8. */
GV_MUSTCHECK gv_err gv_letter_find_faults(const char *text, size_t len, const char *phrases,
                                          size_t phrases_len, gv_arena *arena,
                                          struct gv_letter *letter);

#endif
