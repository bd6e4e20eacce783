# syntax=docker/dockerfile:1

# {{ name | comment }}: written by dockgen, yours to edit. `dockgen explain` gives the reason for every decision here.
