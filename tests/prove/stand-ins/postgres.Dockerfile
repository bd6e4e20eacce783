# In place of the official image, where no registry can be reached: Debian's PostgreSQL with the same variables.
FROM debian:trixie-slim
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends postgresql && rm -rf /var/lib/apt/lists/*
COPY --chmod=755 postgres-start /usr/local/bin/
USER postgres
ENTRYPOINT ["postgres-start"]
