package a
p if count([1 | input.args.x]) == 1 == 42
q := $"{$"{input.args.x}"}" == 1
