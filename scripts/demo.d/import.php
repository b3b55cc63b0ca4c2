<?php
/*
 * A program with a leak, for scripts/demo: it imports orders, and exceeds its memory_limit.
 *
 * The leak: Log::$lines keeps every line. Each order and its items refer to each other, so they live until PHP's cycle
 * collector runs. The import itself holds those of the last customer.
 */
namespace Shop;

class Order
{
    public int $number;
    public array $items = [];

    public function __construct(int $number)
    {
        $this->number = $number;
    }

    public function add(string $article): void
    {
        $this->items[] = new Item($this, $article);
    }
}

class Item
{
    public Order $order;
    public string $article;

    public function __construct(Order $order, string $article)
    {
        $this->order = $order;
        $this->article = $article;
    }
}

class Log
{
    private static array $lines = [];

    public static function write(string $line): void
    {
        self::$lines[] = $line . str_repeat(' ', 200);
    }
}

class Import
{
    private array $ofCustomer = [];

    public function run(): void
    {
        for ($number = 1; ; $number++) {
            $this->import("order $number");
        }
    }

    private function import(string $line): void
    {
        $order = new Order((int) substr($line, 6));
        foreach (['cup', 'plate', 'spoon'] as $article) {
            $order->add($article);
        }
        if ($order->number % 1000 === 0) {
            $this->ofCustomer = [];
        }
        $this->ofCustomer[] = $order;
        Log::write($line);
    }
}

(new Import())->run();
