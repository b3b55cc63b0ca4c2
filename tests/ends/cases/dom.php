<?php
function culprit($key)
{
    $name = "rows of $key";
    $document = new DOMDocument();
    $root = $document->appendChild($document->createElement('rows'));
    for ($i = 0; $i < 400000; $i++) {
        $root->appendChild($document->createElement('row', "row $i of $key"));
    }
    $rows = [];
    foreach ($root->childNodes as $node) { /* here */
        $rows[] = $node;
    }
    return [$name, $rows];
}
