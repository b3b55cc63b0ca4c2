<?php
class Handler extends SessionHandler
{
    public $key;

    #[ReturnTypeWillChange]
    public function open($path, $name)
    {
        return true;
    }

    #[ReturnTypeWillChange]
    public function close()
    {
        return true;
    }

    #[ReturnTypeWillChange]
    public function read($id)
    {
        return '';
    }

    /* PHP calls it at one start of a session in a hundred */
    #[ReturnTypeWillChange]
    public function gc($lifetime)
    {
        return 0;
    }

    #[ReturnTypeWillChange]
    public function write($id, $data)
    {
        $kept = [];
        for ($i = 0; ; $i++) {
            $kept[] = str_repeat("row $i of {$this->key}, ", 1000); /* here */
        }
    }
}

function culprit($key)
{
    $handler = new Handler();
    $handler->key = $key;
    session_set_save_handler($handler, false);
    session_id($key);
    session_start();
    $_SESSION['name'] = $key;
}
