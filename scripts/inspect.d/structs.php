<?php
/*
 * PHP's structs in a dump: values, strings, tables, frames, objects. The offsets of members are those of the PHP that
 * was dumped (offsets.php). Needs nothing but PHP 7.0.
 */
require_once __DIR__ . '/reader.php';

class RdumpStructs
{
    const DEEPEST_STACK = 1000000;
    const OBJECTS_AT_A_TIME = 512;

    protected $dump;
    protected $at; /* name => number */

    /* $at: name => number, as offsets.c names them. */
    public function __construct(RdumpReader $dump, array $at)
    {
        $this->dump = $dump;
        $this->at = $at;
    }

    /*
     * The call stack of the thread with these executor globals, innermost first: [function, "Class::method", "{main}"
     * or null; its file and line or null; the address of its frame]. Without $eg, of the thread that dumped.
     */
    public function callStack($eg = null)
    {
        $stack = [];
        foreach ($this->frames($eg) as $frame) {
            $stack[] = $this->frame($frame);
        }
        return $stack;
    }

    /* The addresses of its frames, innermost first. */
    public function frames($eg = null)
    {
        $eg = $eg === null ? $this->dump->eg : $eg;
        $frame = $this->dump->ptr($eg + $this->at['zend_executor_globals.current_execute_data']);
        for ($depth = 0; $frame !== 0; $depth++) {
            if ($depth === self::DEEPEST_STACK) {
                throw new Exception('the call stack does not end');
            }
            yield $frame;
            $frame = $this->dump->ptr($frame + $this->at['zend_execute_data.prev_execute_data']);
        }
    }

    /* What runs in a frame, as callStack() has it. */
    public function frame($frame)
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

    /*
     * The addresses of all live objects of that thread, and how many objects there may be at most: [address, number of
     * this entry, number of entries].
     */
    public function eachObject($eg = null)
    {
        $store = ($eg === null ? $this->dump->eg : $eg) + $this->at['zend_executor_globals.objects_store'];
        $buckets = $this->dump->ptr($store + $this->at['zend_objects_store.object_buckets']);
        $top = $this->dump->u32($store + $this->at['zend_objects_store.top']);
        /* The first entry is not used. */
        for ($first = 1; $first < $top; $first += self::OBJECTS_AT_A_TIME) {
            $count = min(self::OBJECTS_AT_A_TIME, $top - $first);
            foreach (unpack('P*', $this->dump->read($buckets + 8 * $first, 8 * $count)) as $index => $object) {
                if ($object !== 0 && !($object & $this->at['OBJ_BUCKET_INVALID'])) {
                    yield [$object, $first + $index, $top];
                }
            }
        }
    }

    /* Class name => number of live objects. */
    public function objects()
    {
        $counts = [];
        foreach ($this->eachObject() as list($object)) {
            $name = $this->className($this->classOf($object));
            $counts[$name] = isset($counts[$name]) ? $counts[$name] + 1 : 1;
        }
        return $counts;
    }

    public function classOf($object)
    {
        return $this->dump->ptr($object + $this->at['zend_object.ce']);
    }

    public function className($class)
    {
        return $this->string($this->dump->ptr($class + $this->at['zend_class_entry.name']));
    }

    public function string($string, $longest = PHP_INT_MAX)
    {
        $length = min($longest, $this->dump->u64($string + $this->at['zend_string.len']));
        return $length === 0 ? '' : $this->dump->read($string + $this->at['zend_string.val'], $length);
    }

    /* All elements of a HashTable: [key, address of the zval]. */
    public function hash($table)
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

    /* The address of the zval with that key, or null. */
    public function hashFind($table, $key)
    {
        foreach ($this->hash($table) as $element) {
            if ($element[0] === $key) {
                return $element[1];
            }
        }
        return null;
    }

    /* Follows INDIRECT (the place of a compiled variable on the VM stack) and references. */
    public function resolve($zval)
    {
        if ($this->dump->u8($zval + $this->at['zval.u1.v.type']) === $this->at['IS_INDIRECT']) {
            $zval = $this->dump->ptr($zval + $this->at['zval.value']);
        }
        if ($this->dump->u8($zval + $this->at['zval.u1.v.type']) === $this->at['IS_REFERENCE']) {
            $zval = $this->dump->ptr($zval + $this->at['zval.value']) + $this->at['zend_reference.val'];
        }
        return $zval;
    }

    /* The type of a zval that is no reference, and what it holds: a number, or the address of a string, array, ... */
    public function content($zval)
    {
        return [$this->dump->u8($zval + $this->at['zval.u1.v.type']),
            $this->dump->u64($zval + $this->at['zval.value'])];
    }
}
