package a
default f.as(_) := 42
f.as(x) := x if {
  x < 10
}
p if {
  f.as(1) == 1 == 42
}
