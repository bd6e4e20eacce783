module example.com/program-started

go 1.26
