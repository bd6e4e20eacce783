# In place of the official image, where no registry can be reached: Debian's MariaDB with MySQL's variables.
FROM debian:trixie-slim
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends mariadb-server \
    && rm -rf /var/lib/apt/lists/* /var/lib/mysql/* && install -d -o mysql /run/mysqld
COPY --chmod=755 mysql-start /usr/local/bin/
USER mysql
ENTRYPOINT ["mysql-start"]
