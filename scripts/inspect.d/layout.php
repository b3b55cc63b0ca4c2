<?php
/*
 * Which PHP a dump is of, and where the members of its structs are. The dump's tag names the minor version only. The
 * rest is in PHP's own constants: PHP_VERSION_ID, PHP_ZTS, PHP_DEBUG. They are found without a layout of that PHP:
 * tables, values and strings are laid out alike in all versions, and the executor globals have a pointer to the table
 * of constants.
 */
require_once __DIR__ . '/structs.php';
require_once __DIR__ . '/offsets.php';

/* There is no layout for this dump. */
class RdumpNoLayout extends Exception
{
}

class RdumpLayout
{
    const LARGEST_EG = 4096;
    const LARGEST_TABLE = 1048576;

    public $at;       /* name => number */
    public $version;  /* PHP_VERSION of the dumped process, or null */
    public $build;    /* its [PHP_VERSION_ID, is it ZTS, is it a debug build], or null */
    public $source;   /* whose layout $at is: a build of the table, or that of the headers */

    private $dump;
    private $all;     /* what is the same in all builds of the table */

    /* With $layout, that one is used, if it fits. */
    public function __construct(RdumpReader $dump, array $table, $layout = null)
    {
        $this->dump = $dump;
        $this->all = $table[''];
        unset($table['']);
        $this->identify();
        $name = $this->name();
        if ($layout) {
            $this->source = 'the headers of PHP ' . rdump_build($layout);
            if ($this->build && $this->difference($layout)) {
                throw new RdumpNoLayout("the dump is of PHP $name, and these are {$this->source}");
            }
            if (!$this->fits($layout)) {
                throw new RdumpNoLayout("{$this->source} do not fit this dump of PHP $name");
            }
            $this->at = $layout;
            return;
        }
        $candidates = $this->candidates($table);
        foreach ($candidates as $build => $at) {
            if ($this->fits($at)) {
                $this->at = $at;
                $this->source = "the table's of PHP $build";
                return;
            }
        }
        throw new RdumpNoLayout($candidates
            ? "no layout of the table fits this dump of PHP $name"
            : "the table has no layout of PHP $name, only of " . implode(', ', array_keys($table)));
    }

    /* "8.2.36 ZTS", as exactly as it is known. */
    public function name()
    {
        if (!$this->build) {
            return $this->dump->tag[1] . '.' . $this->dump->tag[2];
        }
        return $this->version . ($this->build[1] ? ' ZTS' : ' NTS') . ($this->build[2] ? ' debug' : '');
    }

    /* Reads the constants. */
    private function identify()
    {
        $structs = new RdumpStructs($this->dump, $this->all + ['packed element' => $this->all['zval']]);
        for ($at = $this->dump->eg; $at < $this->dump->eg + self::LARGEST_EG; $at += 8) {
            try {
                $table = $this->dump->ptr($at);
                if (!$this->isTable($table)) {
                    continue;
                }
                $values = [];
                foreach ($structs->hash($table) as list($key, $zval)) {
                    if (in_array($key, ['PHP_VERSION', 'PHP_VERSION_ID', 'PHP_ZTS', 'PHP_DEBUG'], true)) {
                        $values[$key] = $structs->content($structs->content($zval)[1]);
                    }
                }
                if (count($values) === 4) {
                    $this->version = $structs->string($values['PHP_VERSION'][1], 100);
                    $this->build = [$values['PHP_VERSION_ID'][1], $this->isSet($values['PHP_ZTS']),
                        $this->isSet($values['PHP_DEBUG'])];
                    return;
                }
            } catch (Exception $error) {
                continue; /* no table */
            }
        }
    }

    private function isTable($address)
    {
        if ($address <= 0 || $address % 8 !== 0 || !$this->dump->has($address, $this->all['HashTable'])) {
            return false;
        }
        $size = $this->dump->u32($address + $this->all['HashTable.nTableSize']);
        $used = $this->dump->u32($address + $this->all['HashTable.nNumUsed']);
        return $used <= $size && $size <= self::LARGEST_TABLE
            && $this->dump->has($this->dump->ptr($address + $this->all['HashTable.arData']));
    }

    /* A constant that is a number in some versions, true or false in others. */
    private function isSet(array $content)
    {
        return $content[0] === $this->all['IS_LONG'] ? $content[1] !== 0 : $content[0] === $this->all['IS_TRUE'];
    }

    /* Is a layout not of this kind of PHP? Releases of one minor version are laid out alike, but for their ends. */
    private function difference(array $at)
    {
        return (int) ($this->build[0] / 100) !== (int) ($at['PHP_VERSION_ID'] / 100)
            || $this->build[1] !== (bool) $at['ZTS'] || $this->build[2] !== (bool) $at['debug'];
    }

    /* The builds of the table that may be it, those of the nearest releases first. */
    private function candidates(array $table)
    {
        $candidates = [];
        foreach ($table as $build => $at) {
            if ($this->build ? !$this->difference($at) : rdump_tag($at['PHP_VERSION_ID']) === $this->dump->tag) {
                $candidates[$build] = $at;
            }
        }
        if ($this->build) {
            uasort($candidates, function ($a, $b) {
                return abs($a['PHP_VERSION_ID'] - $this->build[0]) - abs($b['PHP_VERSION_ID'] - $this->build[0]);
            });
        }
        return $candidates;
    }

    /* Does it lead to what every PHP has? */
    private function fits(array $at)
    {
        $structs = new RdumpStructs($this->dump, $at);
        $eg = $this->dump->eg;
        try {
            $classes = $this->dump->ptr($eg + $at['zend_executor_globals.class_table']);
            $functions = $this->dump->ptr($eg + $at['zend_executor_globals.function_table']);
            $store = $eg + $at['zend_executor_globals.objects_store'];
            $top = $this->dump->u32($store + $at['zend_objects_store.top']);
            $class = $structs->hashFind($classes, 'stdclass');
            $frame = $this->dump->ptr($eg + $at['zend_executor_globals.current_execute_data']);
            return $class !== null && $structs->className($structs->content($class)[1]) === 'stdClass'
                && $structs->hashFind($functions, 'strlen') !== null
                && $this->dump->has($this->dump->ptr($eg + $at['zend_executor_globals.vm_stack']))
                && $top >= 1 && $top <= $this->dump->u32($store + $at['zend_objects_store.size'])
                && ($frame === 0 || $this->dump->has($frame));
        } catch (Exception $error) {
            return false;
        }
    }
}
