/*
 * person.h - what an administrator writes on a command line about persons and coordinators:
 *   vp1=office:Nguyễn Văn A     uv1=member:Trần B:bodies=CC-BTVTU,fields=ECON,BUDGET
 *   c1=tcp://host:5700,tcp://host:5701
 */
#ifndef GV_PERSON_H
#define GV_PERSON_H

#include "base/arena.h"
#include "base/err.h"
#include "giaoviec/v1/trust.pb-c.h"

/* Everything lives in the arena; keys are left empty. GV_EBADMSG: *why says what is wrong. */
GV_MUSTCHECK gv_err person_parse(const char *s, gv_arena *arena, Giaoviec__V1__PersonInfo **out,
                                 const char **why);
GV_MUSTCHECK gv_err coordinator_parse(const char *s, gv_arena *arena,
                                      Giaoviec__V1__CoordinatorInfo **out, const char **why);
/* "admin"; "?" for an unknown one. */
const char *role_name(uint32_t role);
uint32_t role_of(const char *name, size_t len); /* 0: none that a person can have */

#endif
