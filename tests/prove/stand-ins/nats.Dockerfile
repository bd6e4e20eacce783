# In place of the official image, where no registry can be reached: Debian's NATS server.
FROM debian:trixie-slim
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends nats-server \
    && rm -rf /var/lib/apt/lists/* && mkdir /data && chown nobody /data
USER nobody
ENTRYPOINT ["nats-server"]
