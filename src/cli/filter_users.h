/*
 * filter_users: the users that a filter names, before it is used.
 */
#ifndef REAPTOP_CLI_FILTER_USERS_H
#define REAPTOP_CLI_FILTER_USERS_H

#include "reaptop/base/error.h"
#include "reaptop/model/filter.h"

/* -EINVAL where one is no user of this machine; `error` names some that are. */
int filter_check_users(const struct filter *filter, struct error *error);

#endif
