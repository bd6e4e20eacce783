module example.com/variable-missing

go 1.26
