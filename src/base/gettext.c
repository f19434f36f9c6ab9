#include "reaptop/base/gettext.h"

bool gettext_has_catalog;

/* The empty message's translation is the catalog's header. */
void gettext_begin(void)
{
    gettext_has_catalog = *gettext("") != '\0';
}
