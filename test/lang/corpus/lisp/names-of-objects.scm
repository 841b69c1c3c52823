(write '(constructor x))
(write (string->number "constructor"))
(write (list #\a '#\b))
(__proto__ (toString valueOf))
