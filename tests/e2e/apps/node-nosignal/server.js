const fastify = require("fastify")();

fastify.get("/", async () => ({ greeting: "hello from nosignal", uid: process.getuid() }));

// No handler for SIGTERM anywhere: as process 1 this would be killed after ten seconds.
fastify.listen({ port: process.env.PORT || 3000, host: "0.0.0.0" });
