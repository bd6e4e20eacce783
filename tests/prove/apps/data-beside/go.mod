module example.com/data-beside

go 1.26
