module example.com/variable-example

go 1.26
