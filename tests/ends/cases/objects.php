<?php
class Row
{
    public $name;

    public function __construct($name)
    {
        $this->name = $name;
    }
}

function culprit($key)
{
    $rows = [];
    for ($i = 0; ; $i++) {
        $rows[] = new Row("row $i of $key"); /* here */
    }
}
