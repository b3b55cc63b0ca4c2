<?php
function culprit($key)
{
    $document = new DOMDocument();
    $text = $document->createTextNode('');
    $document->appendChild($document->createElement('text'))->appendChild($text);
    for ($i = 0; $i < 6; $i++) {
        $text->appendData(str_repeat('x', 4 << 20));
    }
    $other = str_repeat("text of $key, ", 420000);
    return $document->saveXML() . $other; /* here */
}
