<?php
/* What the fault tests share: reports, figures, and the checks after a dump. */

require_once __DIR__ . '/../../scripts/inspect.d/open.php';
require_once __DIR__ . '/../lib/process.php';

/* A group of injected faults. Counts them, keeps the first few failures, and reports one line. */
class FaultCase
{
    public $name;
    public $injected = 0;
    public $whole = 0;
    public $refused = 0;
    public $files_lost = 0;
    public $processes_lost = 0;
    private $wrong = [];
    private $wrong_count = 0;

    public function __construct($name)
    {
        $this->name = $name;
    }

    public function wrong($sentence)
    {
        $this->wrong_count++;
        if (count($this->wrong) < 3) {
            $this->wrong[] = strtr($sentence, ["\n" => ' ']);
        }
    }

    public function lostFile($sentence)
    {
        $this->files_lost++;
        $this->wrong($sentence);
    }

    public function lostProcess($sentence)
    {
        $this->processes_lost++;
        $this->wrong($sentence);
    }

    /* Prints the line, and adds the figures to the file from which the table of the whole run is made. */
    public function close($extra = '')
    {
        $counts = "{$this->injected} injected, {$this->whole} whole, {$this->refused} refused"
            . ($extra === '' ? '' : ", $extra");
        if ($this->wrong_count) {
            echo "not ok - {$this->name}: {$this->wrong_count} wrong ($counts): ", implode('; ', $this->wrong), "\n";
        } else {
            echo "ok - {$this->name} ($counts)\n";
        }
        if (getenv('RDUMP_FIGURES')) {
            file_put_contents(getenv('RDUMP_FIGURES'),
                implode(' ', [$this->injected, $this->whole, $this->refused, $this->files_lost,
                $this->processes_lost]) . "\n", FILE_APPEND | LOCK_EX);
        }
    }
}

/* Is $path a whole dump, 0600, that holds $needle? It may be compressed. Returns what is wrong, or null. */
function fault_look_at_dump($path, $needle = null)
{
    clearstatcache();
    $mode = @fileperms($path);
    if ($mode === false) {
        return 'there is no dump';
    }
    if (($mode & 0177777) !== 0100600) {
        return sprintf('the dump has mode %o', $mode);
    }
    try {
        $file = substr($path, -4) === '.zst' ? rdump_unpack($path, new RdumpProgress(false)) : null;
        $dump = new RdumpReader($path, true, $file);
    } catch (Exception $error) {
        return "the dump is not whole: {$error->getMessage()}";
    }
    if ($needle !== null && $dump->search($needle) === null) {
        return 'the dump does not hold a string of the heap';
    }
    return null;
}

/* The entries of a folder, without . and .. */
function fault_list($folder)
{
    return array_values(array_diff(scandir($folder), ['.', '..']));
}

/* Waits for the end of a process of proc_open(). Returns its last proc_get_status(). */
function fault_wait($process)
{
    do {
        $status = proc_get_status($process);
    } while ($status['running'] && usleep(1000) === null);
    proc_close($process);
    return $status;
}
