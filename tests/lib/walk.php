<?php
/*
 * What tests ask of a dump, beyond RdumpStructs: variables, classes, functions, extensions, texts, the allocator. The
 * offsets of members come from offsets.c, that is, from the headers of the PHP that was dumped. Needs nothing but
 * PHP 7.0.
 */
require_once __DIR__ . '/../../scripts/inspect.d/structs.php';
require_once __DIR__ . '/../../scripts/inspect.d/heap.php';
require_once __DIR__ . '/../../scripts/inspect.d/offsets.php';

class RdumpWalk extends RdumpStructs
{
    /* $offsets: what offsets.c printed. */
    public function __construct(RdumpReader $dump, $offsets)
    {
        $at = rdump_offsets_of_text($offsets);
        parent::__construct($dump, $at);
        if ($dump->tag !== rdump_tag($at['PHP_VERSION_ID'])) {
            throw new Exception("the offsets are not those of {$dump->tag}");
        }
    }

    /* The allocator's counters, and what they should be: RdumpHeap::memory(). */
    public function memory()
    {
        return (new RdumpHeap($this->dump, $this->at))->memory();
    }

    /* The value of a global variable. Null if there is none. */
    public function globalVariable($name)
    {
        $zval = $this->hashFind($this->dump->eg + $this->at['zend_executor_globals.symbol_table'], $name);
        return $zval === null ? null : $this->value($zval);
    }

    /* The names of all global variables. A variable that is not set may have an entry too. */
    public function globalNames()
    {
        $names = [];
        foreach ($this->hash($this->dump->eg + $this->at['zend_executor_globals.symbol_table']) as $element) {
            if ($this->dump->u8($this->resolve($element[1]) + $this->at['zval.u1.v.type']) !== $this->at['IS_UNDEF']) {
                $names[] = $element[0];
            }
        }
        return $names;
    }

    /* A user function's local variables, parameters included: name => address of the zval. */
    public function variables($frame)
    {
        $function = $this->dump->ptr($frame + $this->at['zend_execute_data.func']);
        $names = $this->dump->ptr($function + $this->at['zend_function.op_array.vars']);
        $variables = [];
        for ($i = 0; $i < $this->dump->u32($function + $this->at['zend_function.op_array.last_var']); $i++) {
            $variables[$this->string($this->dump->ptr($names + 8 * $i))] = $this->slot($frame, $i);
        }
        return $variables;
    }

    /* The arguments of an internal function: addresses of zvals. */
    public function arguments($frame)
    {
        $arguments = [];
        for ($i = 0; $i < $this->dump->u32($frame + $this->at['zend_execute_data.This.u2.num_args']); $i++) {
            $arguments[] = $this->slot($frame, $i);
        }
        return $arguments;
    }

    /*
     * Where a user function's current instruction puts its result, such as what the function that it calls returns: the
     * address of the zval, or null.
     */
    public function result($frame)
    {
        $opline = $this->dump->ptr($frame + $this->at['zend_execute_data.opline']);
        $type = $this->dump->u8($opline + $this->at['zend_op.result_type']);
        $has_one = $type & ($this->at['IS_TMP_VAR'] | $this->at['IS_VAR']);
        return $has_one ? $frame + $this->dump->u32($opline + $this->at['zend_op.result.var']) : null;
    }

    /* Is the text in a string of that value: itself, one of its first elements, one of its declared properties? */
    public function holds($zval, $text, $depth = 0)
    {
        $zval = $this->resolve($zval);
        $type = $this->dump->u8($zval + $this->at['zval.u1.v.type']);
        $payload = $this->dump->u64($zval + $this->at['zval.value']);
        if ($type === $this->at['IS_STRING']) {
            $length = $this->dump->u64($payload + $this->at['zend_string.len']);
            $begin = $this->dump->read($payload + $this->at['zend_string.val'], min($length, RdumpHeap::CHUNK));
            return strpos($begin, $text) !== false;
        }
        $within = [];
        if ($type === $this->at['IS_ARRAY']) {
            $within = $this->hash($payload);
        } elseif ($type === $this->at['IS_OBJECT']) {
            $within = $this->properties($payload);
        }
        $seen = 0;
        foreach ($within as $element) {
            if ($depth < 5 && $seen++ < 100 && $this->holds($element[1], $text, $depth + 1)) {
                return true;
            }
        }
        return false;
    }

    /* Is the text in one of the allocator's chunks or huge blocks? */
    public function heapHolds($text)
    {
        $memory = $this->memory();
        foreach (array_fill_keys($memory['chunks'], RdumpHeap::CHUNK) + $memory['huge'] as $begin => $size) {
            if ($this->dump->search($text, $begin, $begin + $size) !== null) {
                return true;
            }
        }
        return false;
    }

    /* Lower-case name => [name as it was declared, is it a class of the script]. */
    public function classes()
    {
        $classes = [];
        $table = $this->dump->ptr($this->dump->eg + $this->at['zend_executor_globals.class_table']);
        foreach ($this->hash($table) as $element) {
            $class = $this->dump->ptr($element[1] + $this->at['zval.value']);
            $classes[$element[0]] = [
                $this->className($class),
                $this->dump->u8($class + $this->at['zend_class_entry.type']) === $this->at['ZEND_USER_CLASS'],
            ];
        }
        return $classes;
    }

    /*
     * Extension's name, lower case => [its version, the size of its globals, the address of this thread's or 0, are
     * they in the dump]. The version is a constant: a lean dump leaves it to the file on disk, and it is null here.
     */
    public function modules()
    {
        $dump = $this->dump;
        $modules = [];
        foreach ($this->hash($dump->modules['module_registry']) as $element) {
            $entry = $dump->ptr($element[1] + $this->at['zval.value']);
            $version = $dump->ptr($entry + $this->at['zend_module_entry.version']);
            $size = $dump->u64($entry + $this->at['zend_module_entry.globals_size']);
            $globals = $size === 0 ? 0 : $this->moduleGlobals($entry);
            $modules[$element[0]] = [
                $version !== 0 && $dump->has($version) ? $dump->cstr($version) : null, $size, $globals,
                $size === 0 || ($globals !== 0 && $dump->has($globals, $size)),
            ];
        }
        return $modules;
    }

    /* The C string that a pointer at this address leads to; "" where it is null. */
    public function stringAt($address)
    {
        $string = $this->dump->ptr($address);
        return $string === 0 ? '' : $this->dump->cstr($string);
    }

    /* With threads, each has a table of its own, in which the entry's id counts from 1. */
    private function moduleGlobals($entry)
    {
        if (!$this->at['ZTS']) {
            return $this->dump->ptr($entry + $this->at['zend_module_entry.globals_ptr']);
        }
        $id = $this->dump->u32($this->dump->ptr($entry + $this->at['zend_module_entry.globals_id_ptr']));
        return $this->dump->ptr($this->dump->ptr($this->dump->modules['tsrm_ls_cache']) + 8 * ($id - 1));
    }

    /* Lower-case name => is it a function of the script. From the executor globals, or from the compiler globals. */
    public function functions($of_compiler = false)
    {
        $functions = [];
        $table = $of_compiler
            ? $this->dump->cg + $this->at['zend_compiler_globals.function_table']
            : $this->dump->eg + $this->at['zend_executor_globals.function_table'];
        foreach ($this->hash($this->dump->ptr($table)) as $element) {
            $function = $this->dump->ptr($element[1] + $this->at['zval.value']);
            $type = $this->dump->u8($function + $this->at['zend_function.type']);
            $functions[$element[0]] = $type === $this->at['ZEND_USER_FUNCTION'];
        }
        return $functions;
    }

    /* The value of a constant, of the script or of an extension. Null if there is none. */
    public function constant($name)
    {
        /* From 7.0 to 8.5 the address of the table of constants stands behind that of the table of classes. */
        $table = $this->dump->ptr($this->dump->eg + $this->at['zend_executor_globals.class_table'] + 8);
        $element = $this->hashFind($table, $name);
        /* A zend_constant begins with its value. */
        return $element === null ? null : $this->value($this->dump->ptr($element + $this->at['zval.value']));
    }

    /* The number of registered shutdown functions, from the basic globals. */
    public function shutdownFunctions()
    {
        $offset = $this->at['php_basic_globals.user_shutdown_function_names'];
        $table = $this->dump->ptr($this->dump->modules['basic_globals'] + $offset);
        return $table === 0 ? 0 : iterator_count($this->hash($table));
    }

    /* The address of the bytes of a global string, and their number. */
    public function globalString($name)
    {
        $zval = $this->resolve($this->hashFind($this->dump->eg + $this->at['zend_executor_globals.symbol_table'],
            $name));
        $string = $this->dump->ptr($zval + $this->at['zval.value']);
        return [$string + $this->at['zend_string.val'], $this->dump->u64($string + $this->at['zend_string.len'])];
    }

    /* The declared properties of an object: [number, address of the zval]. */
    private function properties($object)
    {
        $class = $this->dump->ptr($object + $this->at['zend_object.ce']);
        $count = $this->dump->u32($class + $this->at['zend_class_entry.default_properties_count']);
        for ($i = 0; $i < $count; $i++) {
            yield [$i, $object + $this->at['zend_object.properties_table'] + $this->at['zval'] * $i];
        }
    }

    /* A frame's variable or argument: the address of the zval. */
    private function slot($frame, $number)
    {
        return $frame + $this->at['zend_execute_data variables'] + $this->at['zval'] * $number;
    }

    /* A zval as a PHP value; an object as "object(Class)". */
    private function value($zval, $depth = 0)
    {
        $zval = $this->resolve($zval);
        $type = $this->dump->u8($zval + $this->at['zval.u1.v.type']);
        $payload = $this->dump->u64($zval + $this->at['zval.value']);
        switch ($type) {
            case $this->at['IS_UNDEF']:
            case $this->at['IS_NULL']:
                return null;
            case $this->at['IS_FALSE']:
                return false;
            case $this->at['IS_TRUE']:
                return true;
            case $this->at['IS_LONG']:
                return $payload;
            case $this->at['IS_DOUBLE']:
                return unpack('d', $this->dump->read($zval + $this->at['zval.value'], 8))[1];
            case $this->at['IS_STRING']:
                return $this->string($payload);
            case $this->at['IS_OBJECT']:
                return 'object(' . $this->className($this->dump->ptr($payload + $this->at['zend_object.ce'])) . ')';
            case $this->at['IS_ARRAY']:
                if ($depth === 10) {
                    throw new Exception('an array within itself');
                }
                $array = [];
                foreach ($this->hash($payload) as $element) {
                    $array[$element[0]] = $this->value($element[1], $depth + 1);
                }
                return $array;
        }
        throw new Exception("a value of type $type");
    }
}
