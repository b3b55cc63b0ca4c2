<?php
/* Work that a loaded extension could make slower: function and method calls, or notices.   idle.php WHAT COUNT */
ini_set('display_errors', '0');
ini_set('log_errors', '0');
[, $what, $times] = $argv;

function add(int $a, int $b): int
{
    return $a + $b;
}

final class Counter
{
    public int $count = 0;

    public function count(int $by): void
    {
        $this->count = add($this->count, $by);
    }
}

$counter = new Counter;
for ($i = 0; $i < (int) $times; $i++) {
    if ($what === 'calls') {
        $counter->count(strlen('1'));
        $list[] = [$i];
    } else {
        $nothing = $undefined;
    }
}
