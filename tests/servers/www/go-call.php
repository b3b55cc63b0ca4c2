<?php
/* Calls Go: ?what=... Answers with its result. */
echo serialize(['result' => go_call($_GET['what'])]);
