<?php
/*
 * Allocates and frees by all ways that PHP has until the file $argv[1] exists, and checks meanwhile that nothing is
 * other than it must be. $argv[2] is the key. Creates the file "$argv[1].begun" first. Prints what it has found,
 * serialized.
 */
$planted = "value of $argv[2]";

class Leaf
{
    public $next;
    public $payload;

    public function __toString()
    {
        return substr(strrev((string) $this->payload), 0, 20);
    }
}

/* One round, which ends with the same text each time. */
function one_round($depth)
{
    if ($depth > 0) {
        return one_round($depth - 1);
    }
    $kept = [];
    for ($i = 0; $i < 60; $i++) {
        $leaf = new Leaf();
        $leaf->next = new Leaf();
        $leaf->next->next = $leaf;
        $leaf->payload = str_repeat("payload $i ", 1 + $i % 50);
        $kept["key $i"] = $i % 3 ? $leaf : (string) $leaf;
        if ($i % 20 === 0) {
            $huge = str_repeat(chr(65 + $i % 26), 3 << 20);
            $kept[] = strlen($huge);
        }
    }
    usort($kept, function ($one, $two) {
        return strcmp(is_object($one) ? $one->payload : (string) $one, is_object($two) ? $two->payload : (string) $two);
    });
    gc_collect_cycles();
    preg_match_all('/(pay|load)+ \d+/', implode(',', array_map('strval', $kept)), $matches);
    return md5(serialize($kept) . count($matches[0]));
}

/* The text of an error of the system: errno must be that of the call that failed. */
function text_of_error()
{
    @fopen('/nonexistent/file', 'r');
    $error = error_get_last();
    return preg_match('/: (No such file or directory)$/', $error['message'], $match) ? $match[1] : $error['message'];
}

$first = one_round(0);
$wrong = [];
touch("$argv[1].begun");
for ($rounds = 0; !file_exists($argv[1]); $rounds++) {
    $text = one_round($rounds % 7);
    $error = text_of_error();
    if ($text !== $first || $error !== 'No such file or directory') {
        $wrong[] = [$text, $error];
    }
}
echo serialize(['rounds' => $rounds, 'wrong' => $wrong]);
