"""Writes a line for each guest into MySQL."""

import os

import pymysql
from flask import Flask

app = Flask(__name__)


def connect():
    return pymysql.connect(
        host=os.environ["MYSQL_HOST"],
        port=int(os.environ["MYSQL_PORT"]),
        user=os.environ["MYSQL_USER"],
        password=os.environ["MYSQL_PASSWORD"],
        database=os.environ["MYSQL_DATABASE"],
        autocommit=True,
    )


@app.get("/")
def guests():
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute("create table if not exists guest (name varchar(20))")
        cursor.execute("insert into guest values ('someone')")
        cursor.execute("select count(*) from guest")
        return f"guests {cursor.fetchone()[0]}\n"
