if "" equ "" (())exit
-
p
