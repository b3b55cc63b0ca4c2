<?php
/*
 * A host with the embed library: it serves requests from stdin, a line each, "NUMBER SCRIPT QUERY_STRING", and answers
 * with a line "NUMBER OUTPUT". At the end of stdin it ends, with a last line. Needs lib.php.
 */
class Host extends Server
{
    private $number = 0;
    private $answers = [];

    /* Sends a request. Returns its number. */
    public function begin($script, array $query)
    {
        $this->number++;
        fwrite($this->pipes[0], "{$this->number} $script " . http_build_query($query) . "\n");
        return $this->number;
    }

    /* The answer of the request, an array. */
    public function end($number)
    {
        $text = $this->text($number);
        $answer = @unserialize($text);
        if (!is_array($answer)) {
            throw new Exception("the host answers: $text");
        }
        return $answer;
    }

    /* The same as it is. */
    public function text($number)
    {
        while (!isset($this->answers[$number])) {
            $line = $this->line();
            $space = strpos($line, ' ');
            $this->answers[substr($line, 0, $space)] = substr($line, $space + 1);
        }
        $text = $this->answers[$number];
        unset($this->answers[$number]);
        return $text;
    }

    public function line()
    {
        $read = [$this->pipes[1]];
        $none = [];
        $line = stream_select($read, $none, $none, SECONDS) ? fgets($this->pipes[1]) : false;
        if ($line === false) {
            throw new Exception('the host does not answer: ' . ($this->isRunning() ? 'it runs' : 'it has ended') . '. '
                . $this->log());
        }
        return rtrim($line, "\n");
    }

    public function close()
    {
        fclose($this->pipes[0]);
        $last = $this->line();
        return [$last, $this->await(), $this->status];
    }
}
