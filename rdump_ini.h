/* The directives of php.ini: docs/configuration.md tells what each means. */
#ifndef RDUMP_INI_H
#define RDUMP_INI_H

#include "php_rdump.h"

/* Registers them: MINIT, whose arguments these are. The values are in the module's globals from then on. */
RDUMP_HIDDEN void rdump_ini_register(int type, int module_number);

/* Is one of the dumps configured that a signal's handler makes? */
RDUMP_HIDDEN bool rdump_ini_has_handlers(void);

/* Unregisters them: MSHUTDOWN. */
RDUMP_HIDDEN void rdump_ini_unregister(int type, int module_number);

#endif
