<?php
/* An application with a page that works, and one that leaks: /leak. */
class Order
{
    public $text;

    public function __construct(string $text)
    {
        $this->text = $text;
    }
}

function leak()
{
    $orders = [];
    for (;;) {
        $orders[] = new Order(str_repeat('order ', 100));
    }
}

header('Content-Type: text/plain');
if ($_SERVER['DOCUMENT_URI'] === '/leak') {
    leak();
}
echo "It works.\n";
