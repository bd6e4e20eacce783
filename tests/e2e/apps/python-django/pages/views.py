import os

from django.db import connection
from django.shortcuts import render


def index(request):
    with connection.cursor() as cursor:
        cursor.execute("create table if not exists visits (at text)")
        cursor.execute("insert into visits values (datetime())")
    return render(request, "index.html", {"greeting": "hello from django", "uid": os.getuid()})
