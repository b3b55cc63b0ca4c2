<?php
/*
 * Follows PHP's structs in a dump, from the address of the executor globals in its header. The offsets of members come
 * from offsets.c, that is, from the headers of the PHP that was dumped. Needs nothing but PHP 7.0.
 */
require_once __DIR__ . '/reader.php';

class RdumpWalk
{
    const CHUNK = 2097152; /* ZEND_MM_CHUNK_SIZE */
    const CHUNK_PAGES = 512;
    const DEEPEST_STACK = 1000000;

    private $dump;
    private $at; /* name => number, from offsets.c */

    /* $offsets: what offsets.c printed. */
    public function __construct(RdumpReader $dump, $offsets)
    {
        $this->dump = $dump;
        $this->at = [];
        foreach (explode("\n", trim($offsets)) as $line) {
            $space = strrpos($line, ' ');
            $this->at[substr($line, 0, $space)] = (int) substr($line, $space + 1);
        }
        if ($dump->tag !== 'v' . (int) ($this->at['PHP_VERSION_ID'] / 10000)
            . (int) ($this->at['PHP_VERSION_ID'] / 100) % 100) {
            throw new Exception("the offsets are not those of {$dump->tag}");
        }
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

    /*
     * The call stack, innermost first: [function, "Class::method", "{main}" or null; its file and line or null; the
     * address of its frame].
     */
    public function callStack()
    {
        $stack = [];
        $frame = $this->dump->ptr($this->dump->eg + $this->at['zend_executor_globals.current_execute_data']);
        while ($frame !== 0) {
            if (count($stack) === self::DEEPEST_STACK) {
                throw new Exception('the call stack does not end');
            }
            $stack[] = $this->frame($frame);
            $frame = $this->dump->ptr($frame + $this->at['zend_execute_data.prev_execute_data']);
        }
        return $stack;
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
            $begin = $this->dump->read($payload + $this->at['zend_string.val'], min($length, self::CHUNK));
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
        foreach (array_fill_keys($memory['chunks'], self::CHUNK) + $memory['huge'] as $begin => $size) {
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

    /* Class name => number of live objects. */
    public function objects()
    {
        $store = $this->dump->eg + $this->at['zend_executor_globals.objects_store'];
        $buckets = $this->dump->ptr($store + $this->at['zend_objects_store.object_buckets']);
        $top = $this->dump->u32($store + $this->at['zend_objects_store.top']);
        $counts = [];
        /* The first entry is not used. */
        for ($handle = 1; $handle < $top; $handle++) {
            $object = $this->dump->ptr($buckets + 8 * $handle);
            if ($object === 0 || ($object & $this->at['OBJ_BUCKET_INVALID'])) {
                continue;
            }
            $name = $this->className($this->dump->ptr($object + $this->at['zend_object.ce']));
            $counts[$name] = isset($counts[$name]) ? $counts[$name] + 1 : 1;
        }
        return $counts;
    }

    /* The number of registered shutdown functions, from the basic globals. */
    public function shutdownFunctions()
    {
        $offset = $this->at['php_basic_globals.user_shutdown_function_names'];
        $table = $this->dump->ptr($this->dump->modules['basic_globals'] + $offset);
        return $table === 0 ? 0 : iterator_count($this->hash($table));
    }

    /*
     * PHP's allocator: its own counters (size, peak, real_size, real_peak, limit: what memory_get_usage() and
     * memory_get_peak_usage() return), and the sums of its chunk list, page maps, free lists and huge blocks.
     *
     * Its structs are in zend_alloc.c, not in a header. What is used here has been the same since 7.0:
     * - a chunk is 2 MB, aligned to its size, and begins with: heap, next, prev, 3 numbers. At byte 64, in the first
     *   chunk, is the heap. Then one bit for each of the 512 pages, 1 = in use; then the page map, 4 bytes each. All
     *   of this is in the first page of the chunk, which has an entry in the map too
     * - the heap: 8 + 8 bytes, size, peak, (8.4: shadow_key,) 30 lists of free slots, real_size, real_peak, limit,
     *   (security releases of 2026: two more limits,) overflow, huge_list, main_chunk, cached_chunks, chunks_count,
     *   peak_chunks_count, cached_chunks_count
     * - a huge block: begin, size, next
     * main_chunk is the address of the chunk that contains the heap. It gives the offsets of the other members.
     */
    public function memory()
    {
        $dump = $this->dump;
        $stack = $dump->ptr($dump->eg + $this->at['zend_executor_globals.vm_stack']);
        $chunk = $stack & ~(self::CHUNK - 1);
        $heap = $dump->ptr($chunk);
        $main = $heap - 64;
        if ($main % self::CHUNK !== 0 || $dump->ptr($main) !== $heap) {
            throw new Exception('the VM stack lies in no chunk of the allocator');
        }
        $free_slots_at = $heap + ($this->at['PHP_VERSION_ID'] >= 80400 ? 40 : 32);
        $real_size_at = $free_slots_at + 30 * 8;
        for ($main_at = $real_size_at + 40; $dump->ptr($main_at) !== $main; $main_at += 8) {
            if ($main_at > $heap + 512) {
                throw new Exception('the allocator does not know its first chunk');
            }
        }

        $memory = [
            'size' => $dump->u64($heap + 16),
            'peak' => $dump->u64($heap + 24),
            'real_size' => $dump->u64($real_size_at),
            'real_peak' => $dump->u64($real_size_at + 8),
            'limit' => $dump->u64($real_size_at + 16),
            'chunks' => [],
            'huge' => [],
            'cached_chunks' => $dump->u32($main_at + 24),
            'counted_chunks' => $dump->u32($main_at + 16),
        ];

        $in_use = 0;
        $map_at = $this->pageMap($main, $main_at - $main + 32);
        $chunk = $main;
        do {
            if ($chunk % self::CHUNK !== 0 || $dump->ptr($chunk) !== $heap || isset($memory['chunks'][$chunk])) {
                throw new Exception(sprintf('0x%x is no chunk of this heap', $chunk));
            }
            $memory['chunks'][$chunk] = true;
            $in_use += $this->usedInChunk($chunk, $map_at);
            $chunk = $dump->ptr($chunk + 8);
        } while ($chunk !== $main);
        $memory['chunks'] = array_keys($memory['chunks']);

        for ($bin = 0; $bin < 30; $bin++) {
            $slot = $dump->ptr($free_slots_at + 8 * $bin);
            for (; $slot !== 0; $slot = $dump->ptr($slot)) {
                $in_use -= $this->at["bin $bin size"];
            }
        }
        for ($block = $dump->ptr($main_at - 8); $block !== 0; $block = $dump->ptr($block + 16)) {
            $memory['huge'][$dump->ptr($block)] = $dump->u64($block + 8);
            $in_use += $dump->u64($block + 8);
        }
        $memory['added_up'] = $in_use;
        $chunks = count($memory['chunks']) + $memory['cached_chunks'];
        $memory['really_added_up'] = self::CHUNK * $chunks + array_sum($memory['huge']);
        return $memory;
    }

    /* The address of the bytes of a global string, and their number. */
    public function globalString($name)
    {
        $zval = $this->resolve($this->hashFind($this->dump->eg + $this->at['zend_executor_globals.symbol_table'],
            $name));
        $string = $this->dump->ptr($zval + $this->at['zval.value']);
        return [$string + $this->at['zend_string.val'], $this->dump->u64($string + $this->at['zend_string.len'])];
    }

    /*
     * The offset of the page map in a chunk. Its first entry is that of the chunk's first page: a run of one used page.
     */
    private function pageMap($main, $from)
    {
        for ($at = $from + self::CHUNK_PAGES / 8; $at < 4096 - 4 * self::CHUNK_PAGES; $at += 8) {
            if ($this->dump->u32($main + $at) === 0x40000001
                && $this->dump->u8($main + $at - self::CHUNK_PAGES / 8) & 1) {
                return $at;
            }
        }
        throw new Exception('the first chunk has no page map');
    }

    /* The bytes of a chunk that are in use, with those in free lists. */
    private function usedInChunk($chunk, $map_at)
    {
        $map = unpack('V*', $this->dump->read($chunk + $map_at, 4 * self::CHUNK_PAGES));
        $bits = $this->dump->read($chunk + $map_at - self::CHUNK_PAGES / 8, self::CHUNK_PAGES / 8);
        $in_use = 0;
        $page = 1;
        while ($page < self::CHUNK_PAGES) {
            $info = $map[$page + 1];
            if (!(ord($bits[$page >> 3]) >> ($page & 7) & 1)) {
                $page++;
            } elseif ($info & 0x80000000) { /* a run of small slots */
                $bin = $info & 0x1f;
                $in_use += $this->at["bin $bin size"] * $this->at["bin $bin elements"];
                $page += $this->at["bin $bin pages"];
            } elseif ($info & 0x40000000) { /* a run of pages */
                $in_use += 4096 * ($info & 0x3ff);
                $page += $info & 0x3ff;
            } else {
                throw new Exception(sprintf('page %d of chunk 0x%x is in use, and its map entry is 0x%x', $page, $chunk,
                    $info));
            }
        }
        return $in_use;
    }

    /* A frame's variable or argument: the address of the zval. */
    private function slot($frame, $number)
    {
        return $frame + $this->at['zend_execute_data variables'] + $this->at['zval'] * $number;
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

    private function frame($frame)
    {
        $function = $this->dump->ptr($frame + $this->at['zend_execute_data.func']);
        if ($function === 0) {
            return ['function' => null, 'file' => null, 'line' => null, 'frame' => $frame];
        }
        $name = $this->dump->ptr($function + $this->at['zend_function.common.function_name']);
        $scope = $this->dump->ptr($function + $this->at['zend_function.common.scope']);
        $described = ['function' => $name === 0 ? '{main}' : $this->string($name), 'file' => null, 'line' => null,
            'frame' => $frame];
        if ($name !== 0 && $scope !== 0) {
            $described['function'] = $this->className($scope) . '::' . $described['function'];
        }
        /* ZEND_USER_CODE(): functions, files and evaluated code of the script */
        if ($this->dump->u8($function + $this->at['zend_function.type']) % 2 === 0) {
            $opline = $this->dump->ptr($frame + $this->at['zend_execute_data.opline']);
            $name = $this->dump->ptr($function + $this->at['zend_function.op_array.filename']);
            $described['file'] = $this->string($name);
            $described['line'] = $this->dump->u32($opline + $this->at['zend_op.lineno']);
        }
        return $described;
    }

    private function className($class)
    {
        return $this->string($this->dump->ptr($class + $this->at['zend_class_entry.name']));
    }

    private function string($string)
    {
        $length = $this->dump->u64($string + $this->at['zend_string.len']);
        return $length === 0 ? '' : $this->dump->read($string + $this->at['zend_string.val'], $length);
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

    /* Follows INDIRECT (the place of a compiled variable on the VM stack) and references. */
    private function resolve($zval)
    {
        if ($this->dump->u8($zval + $this->at['zval.u1.v.type']) === $this->at['IS_INDIRECT']) {
            $zval = $this->dump->ptr($zval + $this->at['zval.value']);
        }
        if ($this->dump->u8($zval + $this->at['zval.u1.v.type']) === $this->at['IS_REFERENCE']) {
            $zval = $this->dump->ptr($zval + $this->at['zval.value']) + $this->at['zend_reference.val'];
        }
        return $zval;
    }

    private function hashFind($table, $key)
    {
        foreach ($this->hash($table) as $element) {
            if ($element[0] === $key) {
                return $element[1];
            }
        }
        return null;
    }

    /* All elements: [key, address of the zval]. */
    private function hash($table)
    {
        $dump = $this->dump;
        $used = $dump->u32($table + $this->at['HashTable.nNumUsed']);
        $element = $dump->ptr($table + $this->at['HashTable.arData']);
        $packed = $dump->u32($table + $this->at['HashTable.u.flags']) & $this->at['HASH_FLAG_PACKED'];
        $size = $packed ? $this->at['packed element'] : $this->at['Bucket'];
        $found = 0;
        for ($i = 0; $i < $used; $i++, $element += $size) {
            if ($dump->u8($element + $this->at['zval.u1.v.type']) === $this->at['IS_UNDEF']) {
                continue;
            }
            $found++;
            if ($packed) {
                yield [$i, $element];
                continue;
            }
            $key = $dump->ptr($element + $this->at['Bucket.key']);
            yield [$key === 0 ? $dump->u64($element + $this->at['Bucket.h']) : $this->string($key), $element];
        }
        $counted = $dump->u32($table + $this->at['HashTable.nNumOfElements']);
        if ($found !== $counted) {
            throw new Exception(sprintf('%d elements in the table at 0x%x, which counts %d', $found, $table, $counted));
        }
    }
}
