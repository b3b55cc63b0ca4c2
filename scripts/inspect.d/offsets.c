/*
 * Prints the offsets of members of PHP's structs, as lines "name value", from the headers of a PHP. It links nothing of
 * PHP: cc $(php-config --includes) offsets.c
 *
 * The table stands in the object file as it is: numbers of a PHP for another machine can be read without running this
 * (rdump_offsets_of_object() in offsets.php).
 */
#include "php.h" /* first, because it defines the feature macros of the C library */
#include "zend_compile.h"
#include "zend_globals.h"
#include "zend_objects_API.h"
#include "zend_alloc_sizes.h"
#include "ext/standard/basic_functions.h"
#include <stdio.h>

#define VALUE(name, value) {name, (long) (value)}
#define OFFSET(type, member) VALUE(#type "." #member, offsetof(type, member))
#define SIZE(type) VALUE(#type, sizeof(type))
#define CONSTANT(name) VALUE(#name, name)

struct value {
	char name[56];
	long value;
};

/* Not one static object of the compiler's choice: a table with a beginning that can be found. */
const struct value rdump_offsets[] = {VALUE("the offsets of a PHP begin here", 0), CONSTANT(PHP_VERSION_ID),
#ifdef ZEND_DEBUG
	VALUE("debug", ZEND_DEBUG),
#else
	VALUE("debug", 0),
#endif
#ifdef ZTS
	VALUE("ZTS", 1),
#else
	VALUE("ZTS", 0),
#endif

/* Security releases of 2026 report exhausted memory after the function that allocates has returned. */
#ifdef ZEND_HAS_OOM
	VALUE("reports late", 1),
#else
	VALUE("reports late", 0),
#endif

	SIZE(zend_executor_globals), OFFSET(zend_executor_globals, symbol_table),
	OFFSET(zend_executor_globals, function_table), OFFSET(zend_executor_globals, class_table),
	OFFSET(zend_executor_globals, vm_stack), OFFSET(zend_executor_globals, current_execute_data),
	OFFSET(zend_executor_globals, objects_store), SIZE(zend_compiler_globals),
	OFFSET(zend_compiler_globals, function_table), OFFSET(zend_compiler_globals, class_table),
	OFFSET(php_basic_globals, user_shutdown_function_names), OFFSET(zend_module_entry, name),
	OFFSET(zend_module_entry, version), OFFSET(zend_module_entry, globals_size),
#ifdef ZTS
	OFFSET(zend_module_entry, globals_id_ptr),
#else
	OFFSET(zend_module_entry, globals_ptr),
#endif

	SIZE(zval), OFFSET(zval, value), OFFSET(zval, u1.v.type), CONSTANT(IS_UNDEF), CONSTANT(IS_NULL), CONSTANT(IS_FALSE),
	CONSTANT(IS_TRUE), CONSTANT(IS_LONG), CONSTANT(IS_DOUBLE), CONSTANT(IS_STRING), CONSTANT(IS_ARRAY),
	CONSTANT(IS_OBJECT), CONSTANT(IS_REFERENCE), CONSTANT(IS_INDIRECT), OFFSET(zend_string, len),
	OFFSET(zend_string, val), OFFSET(zend_reference, val),

	SIZE(Bucket), OFFSET(Bucket, val), OFFSET(Bucket, h), OFFSET(Bucket, key), OFFSET(HashTable, u.flags),
	OFFSET(HashTable, arData), OFFSET(HashTable, nTableMask), OFFSET(HashTable, nTableSize),
	OFFSET(HashTable, nNumUsed), OFFSET(HashTable, nNumOfElements), CONSTANT(HASH_FLAG_PACKED),
/* The elements of a packed array: zvals since 8.2, buckets before. */
#if PHP_VERSION_ID >= 80200
	VALUE("packed element", sizeof(zval)),
#else
	VALUE("packed element", sizeof(Bucket)),
#endif

	SIZE(HashTable), SIZE(zend_object), OFFSET(zend_object, ce), OFFSET(zend_object, handlers),
	OFFSET(zend_class_entry, type), OFFSET(zend_class_entry, name), OFFSET(zend_class_entry, default_properties_count),
	OFFSET(zend_object, properties_table), OFFSET(zend_objects_store, object_buckets), OFFSET(zend_objects_store, top),
	OFFSET(zend_objects_store, size), CONSTANT(OBJ_BUCKET_INVALID), CONSTANT(ZEND_USER_CLASS),

	OFFSET(zend_execute_data, opline), OFFSET(zend_execute_data, func), OFFSET(zend_execute_data, prev_execute_data),
	OFFSET(zend_execute_data, This.u2.num_args),
	VALUE("zend_execute_data variables", ZEND_CALL_FRAME_SLOT * sizeof(zval)), OFFSET(zend_op, lineno),
	OFFSET(zend_op, result.var), OFFSET(zend_op, result_type), CONSTANT(IS_TMP_VAR), CONSTANT(IS_VAR),
	OFFSET(zend_function, type), OFFSET(zend_function, common.function_name), OFFSET(zend_function, common.scope),
	OFFSET(zend_function, op_array.filename), OFFSET(zend_function, op_array.last_var),
	OFFSET(zend_function, op_array.vars), CONSTANT(ZEND_USER_FUNCTION), CONSTANT(ZEND_INTERNAL_FUNCTION),

#define BIN(number, size, elements, pages, x, y) \
	VALUE("bin " #number " size", size), VALUE("bin " #number " elements", elements), \
		VALUE("bin " #number " pages", pages),
	ZEND_MM_BINS_INFO(BIN, , ) VALUE("", 0)};

int main(void)
{
	for (const struct value *value = rdump_offsets + 1; *value->name; value++) {
		printf("%s %ld\n", value->name, value->value);
	}
	return 0;
}
