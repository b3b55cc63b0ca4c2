<?php
class Row
{
    public $key;

    public function __destruct()
    {
        $kept = [];
        for ($i = 0; ; $i++) {
            $kept[] = str_repeat("row $i of {$this->key}, ", 1000); /* here */
        }
    }
}

function culprit($key)
{
    $row = new Row();
    $row->key = $key;
    unset($row); /* culprit */
}
